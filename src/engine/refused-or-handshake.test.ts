import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Finding } from '../core/diagnosis.ts'
import { diagnose } from './diagnose.ts'

const folder = mkdtempSync(join(tmpdir(), 'why5xx-refused-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0

const T0 = Date.UTC(2026, 10, 23, 2, 0, 0)
const [one, other] = ['10.0.32.10:8000', '10.0.33.11:8000']

type Fate = 'answered' | 'refused' | 'broken' | 'unanswered' | 'unanswered502'

function row(atMs: number, target: string, fate: Fate): string {
  const times = {
    answered: ['0.001 0.020 0.000', 200, 200],
    refused: ['-1 -1 -1', 502, '-'],
    broken: ['0.001 0.400 -1', 502, '-'],
    unanswered: ['-1 -1 -1', 504, '-'],
    unanswered502: ['-1 -1 -1', 502, '-'],
  }
  const [spent, elb, own] = times[fate]
  const tookMs = { answered: 21, refused: 3, broken: 401, unanswered: 10_001, unanswered502: 10_001 }[fate]
  const at = (ms: number): string => new Date(T0 + ms).toISOString().replace('Z', '000Z')
  return `http ${at(atMs + tookMs)} app/shop/50dc6c495c0c9188 203.0.113.9:2817 ${target} ${spent} ${elb} ${own} 200 300 "GET http://shop.example:80/cart HTTP/1.1" "curl" - - arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/shop/73e2d6bc24d8a067 "Root=1-6b03a28e-${String(Math.round(atMs)).padStart(24, '0')}" "-" "-" 0 ${at(atMs)} "forward" "-" "-" "${target}" "${own}" "-" "-"`
}

/** Two requests a second to a target, for as long as the log lasts. */
function rows(target: string, fate: (seconds: number, n: number) => Fate, seconds = 180): string[] {
  return Array.from({ length: seconds * 2 }, (_, n) => row(n * 500 + 7, target, fate(n / 2, n)))
}

const healthy = (target: string): string[] => rows(target, () => 'answered')

async function findingsOf(
  lines: readonly string[],
  metrics?: Record<string, readonly number[]>,
): Promise<readonly Finding[]> {
  const path = join(folder, String(files++))
  writeFileSync(`${path}.log`, `${lines.join('\n')}\n`)
  if (metrics === undefined)
    return (await diagnose({ paths: [`${path}.log`], jobs: 0, version: '0' })).diagnosis.findings
  const results = Object.entries(metrics).map(([name, values], n) => ({
    Id: `m${n}`,
    Label: name,
    Timestamps: values.map((_, minute) => new Date(T0 + minute * 60_000).toISOString()),
    Values: values,
  }))
  writeFileSync(`${path}.json`, JSON.stringify({ MetricDataResults: results }))
  return (await diagnose({ paths: [`${path}.log`, `${path}.json`], jobs: 0, version: '0' })).diagnosis.findings
}

const isDown = (seconds: number): boolean => seconds >= 60 && seconds < 75

describe('a refused connection and a failed TLS handshake are the same row', () => {
  it('a target that is gone for a while between its answers was restarted', async () => {
    const [finding] = await findingsOf([...healthy(one), ...rows(other, (s) => (isDown(s) ? 'refused' : 'answered'))])
    expect(finding).toMatchObject({ cause: 'connection-refused', confidence: 'likely', failures: 30 })
    expect(finding?.ruledOut.map(({ cause }) => cause)).toContain('target-tls-handshake-failure')
  })

  it.each<[string, (seconds: number, n: number) => Fate]>([
    ['never answered', () => 'refused'],
    ['answers nothing more from some moment on', (s) => (s < 60 ? 'answered' : 'refused')],
    ['refuses every third request among answers', (_, n) => (n % 3 === 0 ? 'refused' : 'answered')],
  ])('a target that %s leaves both open', async (_, fate) => {
    const [finding] = await findingsOf([...healthy(one), ...rows(other, fate)])
    expect(finding).toMatchObject({ cause: null, confidence: null })
    const candidates = finding?.candidates.map(({ cause }) => cause)
    expect(candidates?.[0]).toBe('connection-refused')
    expect(candidates).toContain('target-tls-handshake-failure')
  })

  it('a target whose open connections broke as the refusals began had a process that ended', async () => {
    const dead = rows(other, (s) => (s < 60 ? 'answered' : s === 60 ? 'broken' : 'refused'))
    const finding = (await findingsOf([...healthy(one), ...dead])).find(({ symptom }) => symptom === 'connect-refused')
    expect(finding).toMatchObject({ cause: 'connection-refused', confidence: 'likely' })
  })

  it('but not where no target answers any more: a new version without TLS does that too', async () => {
    const dead = (s: number): Fate => (s < 60 ? 'answered' : s === 60 ? 'broken' : 'refused')
    const findings = await findingsOf([...rows(one, dead), ...rows(other, dead)])
    expect(findings.find(({ symptom }) => symptom === 'connect-refused')).toMatchObject({ cause: null })
  })
})

describe('10 s without an answer are the connection or the handshake', () => {
  it.each<[Fate, string]>([
    ['unanswered', 'security-group-or-nacl-block'],
    ['unanswered502', 'target-tls-handshake-failure'],
  ])('%s: first %s', async (fate, first) => {
    const [finding] = await findingsOf([...healthy(one), ...rows(other, (s) => (s < 60 ? 'answered' : fate))])
    expect(finding).toMatchObject({ cause: null, symptom: 'connect-timeout' })
    const candidates = finding?.candidates.map(({ cause }) => cause)
    expect(candidates?.[0]).toBe(first)
    expect(candidates).toContain('target-tls-handshake-failure')
  })
})

describe("CloudWatch's two counts tell them apart", () => {
  const broken = [...healthy(one), ...rows(other, () => 'refused')]
  const counts = {
    HTTPCode_ELB_5XX_Count: [120, 120, 120],
    HTTPCode_Target_5XX_Count: [0, 0, 0],
    RequestCount: [240, 240, 240],
  }

  it('handshakes that failed', async () => {
    const metrics = { ...counts, TargetTLSNegotiationErrorCount: [120, 120, 120], TargetConnectionErrorCount: [] }
    const [finding] = await findingsOf(broken, metrics)
    expect(finding).toMatchObject({ cause: 'target-tls-handshake-failure', confidence: 'likely', failures: 360 })
    expect(finding?.because.join()).toContain('TargetTLSNegotiationErrorCount')
  })

  it('connections that were not made', async () => {
    const metrics = { ...counts, TargetTLSNegotiationErrorCount: [], TargetConnectionErrorCount: [120, 120, 120] }
    const [finding] = await findingsOf(broken, metrics)
    expect(finding).toMatchObject({ cause: 'connection-refused', confidence: 'likely', failures: 360 })
    expect(finding?.ruledOut.map(({ cause }) => cause)).toContain('target-tls-handshake-failure')
  })

  it('both in the same minutes: whose is whose stays open', async () => {
    const metrics = {
      ...counts,
      TargetTLSNegotiationErrorCount: [60, 60, 60],
      TargetConnectionErrorCount: [60, 60, 60],
    }
    expect((await findingsOf(broken, metrics))[0]).toMatchObject({ cause: null })
  })

  it('contradict what the log alone made likely', async () => {
    const lines = [...healthy(one), ...rows(other, (s) => (isDown(s) ? 'refused' : 'answered'))]
    const metrics = {
      HTTPCode_ELB_5XX_Count: [0, 30, 0],
      RequestCount: [240, 240, 240],
      TargetTLSNegotiationErrorCount: [0, 30, 0],
      TargetConnectionErrorCount: [0, 0, 0],
    }
    expect((await findingsOf(lines, metrics))[0]).toMatchObject({ cause: 'target-tls-handshake-failure', failures: 30 })
  })
})
