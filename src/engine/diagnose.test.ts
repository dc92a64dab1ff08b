import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import type { Diagnosis } from '../core/diagnosis.ts'
import { diagnose } from './diagnose.ts'
import { parseFilter } from './parse-filter.ts'

const folder = mkdtempSync(join(tmpdir(), 'why5xx-diagnose-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0

function rowsOf(incident: string): string[] {
  const from = join('fixtures/incidents', incident)
  return readdirSync(from)
    .filter((name) => name.includes('_elasticloadbalancing_'))
    .flatMap((name) =>
      gunzipSync(readFileSync(join(from, name)))
        .toString()
        .trimEnd()
        .split('\n'),
    )
}

async function run(rows: readonly string[], extra: Partial<Parameters<typeof diagnose>[0]> = {}): Promise<Diagnosis> {
  const path = join(folder, `${files++}.log`)
  writeFileSync(path, `${rows.join('\n')}\n`)
  return (await diagnose({ paths: [path], jobs: 0, version: '0', ...extra })).diagnosis
}

function balance(diagnosis: Diagnosis): void {
  const { books, findings, inputs } = diagnosis
  expect(books.rows).toBe(books.parsed + books.skipped + books.bad)
  expect(books.failures).toBe(books.elb5xx + books.target5xx + books.clientLeft)
  expect(books.failures).toBe(books.explained + books.undetermined)
  expect(findings.reduce((sum, finding) => sum + finding.failures, 0)).toBe(books.failures)
  expect(inputs.reduce((sum, input) => sum + input.rows, 0)).toBe(books.rows)
}

const race = rowsOf('keepalive-race-uvicorn')
const noEndpoints = rowsOf('nodeport-no-endpoints')
const slow = rowsOf('idle-timeout')

describe('a recorded incident', () => {
  it('the keep-alive race: the cause, its seconds and the control', async () => {
    const diagnosis = await run(race)
    balance(diagnosis)
    expect(diagnosis.findings).toHaveLength(1)
    const [finding] = diagnosis.findings
    expect(finding).toMatchObject({ cause: 'keepalive-shorter-than-idle-timeout', confidence: 'likely', failures: 77 })
    expect(finding?.evidence.find((each) => each.id === 'echo')).toMatchObject({
      kind: 'histogram',
      marks: [{ at: 5 }],
    })
    expect(diagnosis.settings.byTargetGroup[0]?.keepAliveSeconds).toMatchObject({ value: 5, source: 'inferred' })
    expect(finding?.fixes.length).toBeGreaterThan(0)
  })

  it('a Service without endpoints is told from a keep-alive race and from a dead listener', async () => {
    const diagnosis = await run(noEndpoints)
    balance(diagnosis)
    const causes = new Set(diagnosis.findings.map((finding) => finding.cause))
    expect(causes).toContain('service-without-endpoints')
    expect(causes).not.toContain('keepalive-shorter-than-idle-timeout')
    expect(causes).not.toContain('connection-refused')
  })

  it('the idle timeout is read from the rows', async () => {
    const diagnosis = await run(slow)
    expect(diagnosis.settings.byLoadBalancer[0]?.idleTimeoutSeconds).toMatchObject({ value: 20, source: 'inferred' })
    expect(diagnosis.findings).toMatchObject([{ cause: 'target-idle-timeout', failures: 81 }])
  })

  it('nothing wrong: no finding, and it says what it looked at', async () => {
    const diagnosis = await run(rowsOf('healthy-control'))
    balance(diagnosis)
    expect(diagnosis.findings).toEqual([])
    expect(diagnosis.books).toMatchObject({ requests: 1_889, failures: 0 })
  })
})

describe('the drawings of a finding', () => {
  it('elapsed names the timer, with the healthy requests as control', async () => {
    const [finding] = (await run(slow)).findings
    const elapsed = finding?.evidence.find((each) => each.id === 'elapsed')
    if (elapsed?.kind !== 'histogram') throw new Error('no histogram')
    expect(elapsed.marks).toEqual([{ at: 20, label: 'idle timeout 20 s' }])
    const bin = elapsed.edges.findLastIndex((edge) => edge <= 20)
    expect(elapsed.counts[bin]).toBe(81)
    expect(elapsed.control?.counts[bin]).toBeLessThan(1)
    expect(elapsed.control?.counts.reduce((sum, value) => sum + value, 0)).toBeCloseTo(81, 0)
  })

  it('the failures of a Service without endpoints pile up at once and at the connect timeout', async () => {
    const finding = (await run(noEndpoints)).findings.find((each) => each.cause === 'service-without-endpoints')
    const elapsed = finding?.evidence.find((each) => each.id === 'elapsed')
    if (elapsed?.kind !== 'histogram') throw new Error('no histogram')
    expect(elapsed.marks.map((mark) => mark.label)).toContain('connect timeout 10 s')
  })

  it('a race of milliseconds has no drawing of how long it took', async () => {
    const [finding] = (await run(race)).findings
    expect(finding?.evidence.map((each) => each.id)).not.toContain('elapsed')
  })

  it('a rollout shows when each target lived', async () => {
    const { findings } = (
      await diagnose({ paths: ['fixtures/accuracy/rolling-deploy-without-prestop-1/logs'], jobs: 0, version: '0' })
    ).diagnosis
    const lives = findings[0]?.evidence.find((each) => each.id === 'lifelines')
    if (lives?.kind !== 'table') throw new Error('no lifelines')
    expect(lives.rows).toHaveLength(6)
    const gone = lives.rows.find(([target]) => target === '10.0.32.10:8000')
    expect(String(gone?.[3])).toMatch(/T06:43:0[01]/)
    expect(lives.rows.reduce((sum, row) => sum + Number(row[6]), 0)).toBe(findings[0]?.failures)
  })

  it('a full accept queue shows its knee in the open requests', async () => {
    const { findings } = (
      await diagnose({ paths: ['fixtures/accuracy/listen-backlog-overflow-1/logs'], jobs: 0, version: '0' })
    ).diagnosis
    const finding = findings.find((each) => each.cause === 'listen-backlog-overflow')
    const open = finding?.evidence.find((each) => each.id === 'open-requests')
    if (open?.kind !== 'histogram') throw new Error('no open requests')
    expect(open.marks[0]?.label).toMatch(/^10 or more: 100 % of failures, \d\d % of answered$/)
  })
})

describe('a claim holds no more than its evidence', () => {
  it('without the rows of its scope the finding is gone', async () => {
    const failedRace = (row: string): boolean => / 502 - /.test(row)
    expect((await run(race.filter((row) => !failedRace(row)))).findings).toEqual([])
  })

  it('two failures are not enough for a race', async () => {
    let kept = 0
    const diagnosis = await run(race.filter((row) => !/ 502 - /.test(row) || kept++ < 2))
    expect(diagnosis.findings).toMatchObject([{ cause: null, failures: 2 }])
  })

  it('failures without the healthy requests around them stay undetermined', async () => {
    const diagnosis = await run(race.filter((row) => / 502 - /.test(row)))
    expect(diagnosis.findings.every((finding) => finding.confidence !== 'likely')).toBe(true)
    expect(diagnosis.findings[0]?.candidates.map((each) => each.cause)).toContain('keepalive-shorter-than-idle-timeout')
  })

  it('two incidents in one folder come out as they do alone', async () => {
    const diagnosis = await run([...race, ...slow])
    balance(diagnosis)
    const counts = Object.fromEntries(diagnosis.findings.map((finding) => [finding.cause, finding.failures]))
    expect(counts).toEqual({ 'keepalive-shorter-than-idle-timeout': 77, 'target-idle-timeout': 81 })
  })
})

describe('the books', () => {
  it('balance under every filter, and filters recompute', async () => {
    for (const where of [['status=502'], ['path=/api/*'], ['target=10.32.1.1:*'], ['node=10.32.0.12', 'status=5*']]) {
      const diagnosis = await run(race, { filter: parseFilter(where, undefined, undefined, new Date()) })
      balance(diagnosis)
      expect(diagnosis.books.rows).toBe(1_341)
      expect(diagnosis.books.skipped).toBeGreaterThan(0)
    }
  })

  it('--since and --until are half-open', async () => {
    const at = '2026-11-23T02:21:00Z'
    const before = await run(race, { filter: parseFilter([], undefined, at, new Date()) })
    const after = await run(race, { filter: parseFilter([], at, undefined, new Date()) })
    expect(before.books.requests + after.books.requests).toBe(1_341)
  })

  it('count a row that stands twice once, and say so', async () => {
    const diagnosis = await run([...race, ...race.slice(0, 100)])
    balance(diagnosis)
    expect(diagnosis.books).toMatchObject({ requests: 1_341, skipped: 100, failures: 77 })
    expect(diagnosis.inputs[0]?.note).toContain('100 rows')
  })

  it('keep rubbish apart: a cut row, a row of the future, NaN times', async () => {
    const [first = '', second = '', third = ''] = race
    const diagnosis = await run([
      first,
      `${second} "a" "b" c d e f`,
      third.replace(/ \d\.\d{3} \d\.\d{3} /, ' NaN NaN '),
      first.slice(0, 120),
    ])
    balance(diagnosis)
    expect(diagnosis.books).toMatchObject({ rows: 4, parsed: 2, bad: 2 })
    expect(diagnosis.inputs[0]?.badSamples).toHaveLength(2)
  })
})

describe('rows of one microsecond', () => {
  const [row = ''] = slow.filter((each) => each.includes(' 504 - '))

  it('are told apart by what else they say, without a second reading', async () => {
    const rows = ['504', '502', '503', '561'].map((status) => row.replace(' 504 - ', ` ${status} - `))
    const diagnosis = await run(rows)
    expect(diagnosis.books).toMatchObject({ rows: 4, parsed: 4, skipped: 0, failures: 4 })
    expect(diagnosis.inputs[0]?.note).toBeNull()
  })

  it('that are the same row count once', async () => {
    const diagnosis = await run([row, row, ...slow.slice(0, 50)])
    expect(diagnosis.inputs[0]?.note).toMatch(/^\d rows? also stands? in another input or twice in this one/)
    balance(diagnosis)
  })
})

it('rows of a log that cannot be read are not called another kind of log', async () => {
  const diagnosis = await run([(race[0] ?? '').replace(/ \d\.\d{3} \d\.\d{3} /, ' NaN NaN ')])
  expect(diagnosis.books).toMatchObject({ requests: 0, bad: 1 })
  expect(diagnosis.missing.map((each) => each.what)).not.toContain('requests')
})
