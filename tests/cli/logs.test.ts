import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scratchFolder } from './incidents.ts'
import { runCli } from './run-cli.ts'

const window = ['--since', '2026-11-23T02:00Z', '--until', '2026-11-23T03:30Z']

test('logs prints a script that a shell understands, and runs nothing', () => {
  for (const kind of ['alb', 'classic']) {
    const { stdout, stderr, exitCode } = runCli(['logs', '--load-balancer', 'shop', '--kind', kind, ...window])
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
    const shell = spawnSync('bash', ['-n'], { input: stdout, encoding: 'utf8' })
    expect({ status: shell.status, stderr: shell.stderr }).toEqual({ status: 0, stderr: '' })
    expect(
      Math.max(
        ...stdout
          .split('\n')
          .filter((line) => !line.includes('{"'))
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(90)
  }
})

test('an ARN gives region, account and id', () => {
  const { stdout } = runCli([
    'logs',
    '--load-balancer',
    'arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/7e13d860e39e867e',
    ...window,
  ])
  expect(stdout).toContain('/AWSLogs/123456789012/elasticloadbalancing/eu-west-1/2026/11/23/')
  expect(stdout).toContain("'*_app.shop.7e13d860e39e867e_20261123T0205Z*'")
})

test('a value that could break out of its command is refused', () => {
  for (const args of [
    ['--load-balancer', 'shop; rm -rf /'],
    ['--load-balancer', 'shop', '--bucket', "a'b"],
    ['--load-balancer', 'shop', '--prefix', '$(id)'],
    ['--load-balancer', 'shop', '--to', 'a b'],
    ['--load-balancer', 'shop', '--region', 'here'],
    ['--load-balancer', 'shop', '--account', '1'],
    [],
  ])
    expect(runCli(['logs', ...args, ...window])).toMatchObject({ exitCode: 2, stdout: '' })
})

test('who meant the folder called logs is told so', () => {
  const cwd = scratchFolder()
  expect(runCli(['logs'], { cwd }).stderr).not.toContain('why5xx ./logs')
  mkdirSync(join(cwd, 'logs'))
  const { exitCode, stderr } = runCli(['logs'], { cwd })
  expect(exitCode).toBe(2)
  expect(stderr).toContain('to diagnose the folder of that name here: why5xx ./logs')
})

test('since and until must make a window', () => {
  const run = runCli([
    'logs',
    '--load-balancer',
    'shop',
    '--since',
    '2026-11-23T04:00Z',
    '--until',
    '2026-11-23T03:30Z',
  ])
  expect(run).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--until must be later') })
})

test('formats lists every format, and the fields of one', () => {
  expect(runCli(['formats']).stdout).toContain('alb-health-check')
  expect(runCli(['formats', 'alb']).stdout).toContain(' 36 elb_error_code')
  expect(JSON.parse(runCli(['formats', '--format', 'json']).stdout)).toHaveLength(5)
  expect(runCli(['formats', 'none'])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('alb-connection') })
})
