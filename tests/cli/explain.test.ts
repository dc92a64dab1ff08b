import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root, runCli } from './run-cli.ts'

const story = readFileSync(join(root, 'fixtures/explain/lost-spaces.txt'), 'utf8')

test('the published row, from standard input and as an argument, comes out right', () => {
  for (const run of [runCli(['explain', '-'], { input: story }), runCli(['explain', story.trim()])]) {
    expect(run).toMatchObject({ exitCode: 0, stderr: '' })
    expect(run.stdout).toContain('The load balancer answered 502 itself. The target, 10.0.0.1:80, gave no answer.')
    expect(run.stdout.match(/put back a space after/g)).toHaveLength(5)
    expect(run.stdout).toContain('This row contradicts itself')
    expect(Math.max(...run.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
  }
})

test('a row that a shell has split and stripped of its quotes is understood', () => {
  const { stdout, exitCode } = runCli(['explain', ...story.replaceAll('"', ' ').split(/\s+/).filter(Boolean)])
  expect(exitCode).toBe(0)
  expect(stdout).toContain('answered by  the load balancer')
})

test('--format json is the explanation as data', () => {
  const { stdout } = runCli(['explain', '--format', 'json', '-'], { input: story })
  expect(JSON.parse(stdout)).toMatchObject({
    kind: 'row',
    format: 'alb',
    verdict: { answeredBy: 'load-balancer', symptom: 'closed-before-response' },
  })
})

test('a symptom and a cause have a page', () => {
  expect(runCli(['explain', 'connect-timeout']).stdout).toMatch(/^connect-timeout\n/)
  expect(runCli(['explain', 'listen-backlog-overflow']).stdout).toMatch(/^listen-backlog-overflow\n/)
  expect(runCli(['explain', '-'], { input: 'no-target\n' }).stdout).toMatch(/^no-target\n/)
})

test('what is neither says so, with what is near', () => {
  expect(runCli(['explain', 'conect-timeout'])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('perhaps'),
  })
  expect(runCli(['explain', 'the app is down'])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("is no row of a load balancer's log"),
  })
  expect(runCli(['explain', '-'], { input: '\n' }).exitCode).toBe(2)
})

test('a row that is cut before its status codes is not taken for another kind of row', () => {
  const row =
    'https 2026-11-23T02:19:59.646366Z app/shop/7e13d860e39e867e 203.0.113.9:44321 10.0.1.5:31080 -1 -1 -1 502 - 512'
  for (const length of [60, 75]) {
    const { exitCode, stdout, stderr } = runCli(['explain', '-'], { input: row.slice(0, length) })
    expect(exitCode).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain('is cut before its status codes')
  }
  expect(runCli(['explain', '-'], { input: row.slice(0, 95) }).stdout).toContain('a row that is cut')
  expect(runCli(['explain', '-'], { input: row }).stdout).toMatch(/^The load balancer answered 502 itself\./)
})
