import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { sarifErrors } from '../../src/testing/sarif-schema.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

function why5xx(args: readonly string[], input?: string): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [join(root, 'dist/cli/main.js'), 'check', ...args], {
    cwd: root,
    encoding: 'utf8',
    ...(input === undefined ? {} : { input }),
  })
}

test("the story's manifests: each mistake with its line", () => {
  const { status, stdout } = why5xx(['fixtures/settings/story'])
  expect(status).toBe(0)
  const found = [...stdout.matchAll(/^ {2}(\d+):\d+ {2}(error|warning|note) {2}.* {2}(\S+)$/gm)].map(
    (match) => `${match[1]} ${match[2]} ${match[3]}`,
  )
  expect(found).toEqual([
    '20 error app-keepalive-not-above-idle-timeout',
    '20 error prestop-shorter-than-propagation',
    '20 warning backlog-smaller-than-burst',
    '29 warning readiness-timeout-shorter-than-busy-answer',
    '37 warning liveness-kills-busy-pod',
    '8 note single-replica',
    '31 note liveness-shares-readiness-path',
  ])
  expect(stdout).toContain('502: at most 0.015 % of requests for Poisson traffic and a 2 ms race window')
  expect(stdout).toContain('--timeout-keep-alive 75')
})

test('--fail-on decides the exit code', () => {
  expect(why5xx(['fixtures/settings/good.yaml', '--fail-on', 'warning']).status).toBe(0)
  expect(why5xx(['fixtures/settings/story', '--fail-on', 'error']).status).toBe(10)
  expect(why5xx(['fixtures/settings/haproxy.cfg', '--fail-on', 'warning']).status).toBe(10)
})

test('standard input, and what was not rendered exits 4 with what to run', () => {
  const { status, stdout } = why5xx(
    ['-'],
    'kind: Deployment\nmetadata:\n  name: {{ .Release.Name }}\n  x: {{- if .Values.x }}\n',
  )
  expect(status).toBe(4)
  expect(stdout).toContain('helm template')
})

test('a file that is no configuration is refused, a missing one as well', () => {
  const folder = mkdtempSync(join(tmpdir(), 'why5xx-check-'))
  writeFileSync(join(folder, 'notes.txt'), 'hello')
  expect(why5xx([join(folder, 'notes.txt')])).toMatchObject({ status: 3 })
  expect(why5xx([join(folder, 'gone.yaml')])).toMatchObject({ status: 3 })
  expect(why5xx([]).status).toBe(2)
})

test('SARIF has a rule, a region and a suppression for what is ignored', () => {
  const { stdout } = why5xx(['fixtures/settings/nginx-folder', '--format', 'sarif'])
  expect(sarifErrors(stdout)).toEqual([])
  const log = JSON.parse(stdout)
  const [run] = log.runs
  expect(log.version).toBe('2.1.0')
  for (const result of run.results) {
    expect(run.tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId)
    expect(result.locations[0].physicalLocation.region.startLine).toBeGreaterThan(0)
  }
  expect(run.results.filter((result: { suppressions?: unknown[] }) => result.suppressions)).toHaveLength(1)
})

test('GitHub annotations are one line each, with file and line', () => {
  const { stdout } = why5xx(['fixtures/settings/story', '--format', 'github'])
  const lines = stdout.trimEnd().split('\n')
  expect(lines).toHaveLength(7)
  expect(lines[0]).toMatch(/^::error file=fixtures\/settings\/story\/deployment\.yaml,line=20,col=\d+,title=/)
})

test('JSON carries what to write', () => {
  const result = JSON.parse(why5xx(['fixtures/settings/sidecar.yaml', '--format', 'json']).stdout)
  expect(result.schemaVersion).toBe(1)
  expect(result.findings[0]).toMatchObject({ rule: 'upstream-keepalive-not-below-app-keepalive', severity: 'error' })
  expect(result.findings[0].write).toContain('--keep-alive 75')
})

test('a terminal escape in a manifest does not reach the terminal', () => {
  const text =
    'apiVersion: v1\nkind: Service\nmetadata: {name: a, annotations: {"alb.ingress.kubernetes.io/healthcheck-interval-seconds": "\\e[31m5s"}}\n'
  const { stdout } = why5xx(['-'], text)
  expect(stdout).toContain('value-not-a-number')
  expect(stdout).not.toContain('\u001b')
})
