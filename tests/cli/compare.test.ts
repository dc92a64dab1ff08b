import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { incidents, scratchFolder } from './incidents.ts'
import { runCli } from './run-cli.ts'

const race = join(incidents, 'keepalive-race-uvicorn')
const healthy = join(incidents, 'healthy-control')

describe('why5xx compare', () => {
  test('two folders of logs: the headline first, nothing wider than 80 columns, exit 0', () => {
    const { exitCode, stdout, stderr } = runCli(['compare', race, healthy])
    expect(stderr).toBe('')
    expect(exitCode).toBe(0)
    expect(stdout.split('\n')[0]).toMatch(/^Failures are gone: 5\.7 % \(77 of 1,341\) before/)
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    expect(stdout).toContain('1,341 rows = 1,341 parsed')
  })

  test('a diagnosis file says the same as the logs it was made from', () => {
    const folder = scratchFolder()
    const file = join(folder, 'before.json')
    runCli(['diagnose', race, '--format', 'json', '--output', file, '--quiet'])
    const fromFile = JSON.parse(runCli(['compare', file, healthy, '--format', 'json', '--quiet']).stdout)
    const fromLogs = JSON.parse(runCli(['compare', race, healthy, '--format', 'json', '--quiet']).stdout)
    expect(fromFile.causes).toEqual(fromLogs.causes)
    expect(fromFile.overall).toEqual(fromLogs.overall)
    expect(fromFile.before.books).toMatchObject({ requests: 1341, failures: 77 })
  })

  test('--fail-on ends with 10 where a cause is new, and --at splits one set of logs', () => {
    expect(runCli(['compare', healthy, race, '--fail-on', 'new', '--quiet']).exitCode).toBe(10)
    expect(runCli(['compare', race, healthy, '--fail-on', 'worse', '--quiet']).exitCode).toBe(0)
    const split = JSON.parse(
      runCli(['compare', race, '--at', '2026-11-23T02:21:00Z', '--format', 'json', '--quiet']).stdout,
    )
    expect(split.before.books.requests + split.after.books.requests).toBe(1341)
    expect(split.notes.join(' ')).not.toContain('overlap')
  })

  test('what cannot be compared says why', () => {
    const one = runCli(['compare', race])
    expect(one.exitCode).toBe(2)
    expect(one.stderr).toContain('--at TIME')
    const missing = runCli(['compare', race, '/nowhere/at/all'])
    expect(missing.exitCode).toBe(3)
    const empty = runCli(['compare', race, '--at', '2020-01-01T00:00:00Z', '--quiet'])
    expect(empty.exitCode).toBe(3)
    expect(empty.stderr).toContain('No requests before')
    const folder = scratchFolder()
    const file = join(folder, 'broken.json')
    writeFileSync(file, '{"schemaVersion": 1}')
    expect(runCli(['compare', file, race]).stderr).toContain('Not a diagnosis')
  })

  test('markdown is for a pull request', () => {
    const { stdout } = runCli(['compare', race, healthy, '--format', 'markdown', '--quiet'])
    expect(stdout).toMatch(/^## Failures are gone/)
    expect(stdout).toContain('| what the load balancer saw | before | after | |')
  })
})
