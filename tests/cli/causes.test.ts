import { describe, expect, it } from 'vitest'
import { runCli } from './run-cli.ts'

describe('why5xx causes', () => {
  it('lists every cause within 80 columns, with what it needs', () => {
    const { exitCode, stdout, stderr } = runCli(['causes'])
    expect(exitCode).toBe(0)
    expect(stderr).toBe('')
    expect(stdout).toContain('keepalive-shorter-than-idle-timeout')
    expect(stdout).toMatch(/needs: witness \+ .*proxy-log/)
    for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
  })

  it('prints the same list as JSON', () => {
    const list = JSON.parse(runCli(['causes', '--format', 'json']).stdout) as { id: string; decidedBy: string }[]
    expect(list.length).toBeGreaterThanOrEqual(61)
    expect(list.find(({ id }) => id === 'no-registered-targets')?.decidedBy).toBe('row')
  })

  it('refuses a format it does not have', () => {
    expect(runCli(['causes', '--format', 'yaml']).exitCode).toBe(2)
  })
})
