import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { Diagnosis } from '../../src/core/diagnosis.ts'
import { runCli } from './run-cli.ts'

function diagnose(...args: string[]): Diagnosis {
  const { stdout } = runCli([...args, '--format', 'json', '--quiet'])
  return JSON.parse(stdout) as Diagnosis
}

function causes({ findings }: Diagnosis): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const finding of findings)
    counts[`${finding.cause} ${finding.confidence}`] =
      (counts[`${finding.cause} ${finding.confidence}`] ?? 0) + finding.failures
  return counts
}

it('finds the witnesses in the folder and names the nginx cause', () => {
  const diagnosis = diagnose('fixtures/incidents/nginx-sidecar')
  expect(causes(diagnosis)).toEqual({ 'nginx-upstream-timeout certain': 92, 'nginx-upstream-refused certain': 86 })
  expect(diagnosis.books.undetermined).toBe(0)
  expect(diagnosis.witnesses.map((witness) => witness.kind).sort()).toEqual([
    'app-log',
    'proxy-log',
    'proxy-log',
    'proxy-log',
    'proxy-log',
  ])
})

it('reads no witness with --with none', () => {
  const diagnosis = diagnose('fixtures/incidents/nginx-sidecar', '--with', 'none')
  expect(diagnosis.witnesses).toEqual([])
  expect(causes(diagnosis)).not.toHaveProperty('nginx-upstream-refused certain')
})

it('takes witnesses from elsewhere', () => {
  const folder = 'fixtures/incidents/nginx-sidecar'
  const logs = readdirSync(folder)
    .filter((name) => name.includes('elasticloadbalancing'))
    .map((name) => `${folder}/${name}`)
  const alone = diagnose(...logs)
  expect(alone.witnesses).toEqual([])
  const { witnesses, findings } = diagnose(
    ...logs,
    '--with',
    `${folder}/nginx-1.error.log`,
    '--with',
    `nginx-error=${folder}/nginx-2.error.log`,
  )
  expect(witnesses).toHaveLength(2)
  expect(new Set(findings.map((finding) => finding.confidence))).toEqual(new Set(['likely']))
})

it('says that no failure of the keep-alive race reached the app', () => {
  const { findings } = diagnose('fixtures/incidents/keepalive-race-uvicorn')
  const sentences = findings.flatMap((finding) => finding.because)
  expect(sentences.join('\n')).toMatch(
    /\d+ of \d+ failures never reached the app's log \(the log covers the window; [\d,]+ healthy requests in it match\)/,
  )
})

it('shows an app that answers after the idle timeout', () => {
  const { findings } = diagnose('fixtures/incidents/idle-timeout')
  expect(
    findings.filter((finding) => finding.cause === 'target-idle-timeout' && finding.confidence === 'certain'),
  ).not.toEqual([])
})

it('never listens to the truth that a recording carries', () => {
  const { witnesses } = diagnose('fixtures/incidents/healthy-control')
  expect(witnesses.map((witness) => witness.name)).toEqual(['fixtures/incidents/healthy-control/app.log.gz'])
})

it('says what an unknown witness is, and goes on', () => {
  const { stdout, exitCode } = runCli([
    'fixtures/incidents/healthy-control',
    '--with',
    'package.json',
    '--format',
    'json',
    '--quiet',
  ])
  expect(exitCode).toBe(4)
  expect((JSON.parse(stdout) as Diagnosis).errors[0]?.message).toContain('no witness that why5xx knows')
})

it('refuses a kind of witness that it does not know', () => {
  const { stderr, exitCode } = runCli(['fixtures/incidents/healthy-control', '--with', 'iis=package.json'])
  expect(exitCode).toBe(2)
  expect(stderr).toContain('nginx-error')
})

it('follows one request through all logs', () => {
  const { stdout, exitCode } = runCli([
    'explain',
    '--trace',
    'Root=1-6b03a28f-b9e5d9eb0c39a427c4b93b83',
    'fixtures/incidents/nginx-sidecar',
  ])
  expect(exitCode).toBe(0)
  const text = stdout.replace(/\s+/g, ' ')
  expect(text).toContain('504 to the client, 504 from the target')
  const order = [
    'load balancer received GET',
    'load balancer handed it to 10.35.1.2:8080',
    'wrote "upstream timed out (110: Connection timed out) while reading response header from upstream"',
    'answered 504 after 5.001 s (upstream 504 in 5.001 s)',
    'load balancer answered 504',
    'app answered 200 after 5.356 s (store-2-app)',
  ].map((part) => text.indexOf(part))
  expect(order).toEqual([...order].sort((a, b) => a - b))
  expect(order[0]).toBeGreaterThan(0)
})

it('says when no log has the request', () => {
  const { stdout } = runCli([
    'explain',
    '--trace',
    '1-6b03a28f-000000000000000000000000',
    'fixtures/incidents/healthy-control',
  ])
  expect(stdout).toContain("No row of the load balancer's log has it")
})
