import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { scratchFolder } from './incidents.ts'
import { main, root, runCli } from './run-cli.ts'

const log = 'fixtures/incidents/idle-timeout'

describe('what cannot be done is said before anything is read', () => {
  test.each([
    ['an unknown option', ['--bogus'], "unknown option '--bogus'"],
    ['an unknown format', ['--format', 'yaml'], 'Allowed choices are terminal, json'],
    ['--since after --until', ['--since', '2026-11-24', '--until', '2026-11-23'], 'is not before --until 2026-11-23'],
    ['a report into a folder', ['--output', 'src'], 'Cannot write src: it is a folder'],
    ['verdicts into nowhere', ['--verdicts', 'no/such/v.ndjson'], 'Cannot write no/such/v.ndjson'],
  ])('%s', (_, args, message) => {
    const { exitCode, stdout, stderr } = runCli([log, ...args])
    expect(exitCode).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^why5xx: /)
    expect(stderr).toContain(message)
  })

  test('two diagnoses compared into a folder', () => {
    expect(runCli(['compare', log, log, '--output', 'src'])).toMatchObject({ exitCode: 2, stdout: '' })
  })

  test('a file that may be written is not made by looking', () => {
    const path = join(scratchFolder(), 'report.txt')
    expect(runCli(['no-such.log', '--output', path]).exitCode).toBe(3)
    expect(existsSync(path)).toBe(false)
  })
})

test('a folder that has the name of a command is told from it', () => {
  const cwd = scratchFolder()
  const args = ['logs', '--with', 'app.log']
  expect(runCli(args, { cwd }).stderr).not.toContain('./logs')
  mkdirSync(join(cwd, 'logs'))
  const { exitCode, stderr } = runCli(args, { cwd })
  expect(exitCode).toBe(2)
  expect(stderr).toContain("unknown option '--with'")
  expect(stderr).toContain('to diagnose the folder of that name here: why5xx ./logs')
})

test('a filter that keeps nothing is named as the reason, not the log', () => {
  const { exitCode, stdout } = runCli([log, '--since', '2030-01-01'])
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/^No requests: all 1,765 rows that were read lie outside --where, --since and\s--until\.\n/)
  expect(stdout).toMatch(/Next: {2}the same line without --where, --since and --until\n$/)
})

test('explain takes more than fits into a pipe at once', () => {
  const story = readFileSync(join(root, 'fixtures/explain/lost-spaces.txt'), 'utf8').trim()
  const path = join(scratchFolder(), 'rows.txt')
  writeFileSync(path, `${story}\n`.repeat(500))
  const piped = spawnSync('sh', ['-c', 'cat "$1" | "$2" "$3" explain -', 'sh', path, process.execPath, main], {
    encoding: 'utf8',
  })
  expect(piped.stderr).toBe('')
  expect(piped.stdout).toMatch(/^The load balancer answered 502 itself\./)
  expect(piped.stdout).toContain('more rows were pasted: only the first is explained')
})
