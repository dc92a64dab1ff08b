import { describe, expect, it } from 'vitest'
import type { Diagnosis, Finding } from '../core/diagnosis.ts'
import { neutralise } from '../report/neutralise.ts'
import { widthOf } from '../report/width.ts'
import { shopDiagnosis } from '../testing/shop-diagnosis.ts'
import { compareDiagnoses } from './compare-diagnoses.ts'
import { renderComparisonMarkdown } from './comparison-markdown.ts'
import { renderComparisonText } from './comparison-text.ts'

const tool = { version: '0.0.0', now: new Date('2026-11-24T00:00:00Z') }
const someFinding = shopDiagnosis.findings[0] as Finding

interface Spec {
  readonly day: string
  readonly requests: number
  /** Failures by cause, spread evenly over the hour; the undetermined ones by their candidates. */
  readonly causes?: Readonly<Record<string, number>>
  readonly undetermined?: { readonly failures: number; readonly candidates: readonly string[] }
  /** Requests and failures by route. */
  readonly routes?: Readonly<Record<string, readonly [requests: number, failures: number]>>
  /** All failures within one minute. */
  readonly isBurst?: boolean
}

/** An hour of a shop behind one load balancer. */
function hour(spec: Spec): Diagnosis {
  const causes = spec.causes ?? {}
  const findings: Finding[] = Object.entries(causes).map(([cause, failures]) => finding(spec, cause, failures))
  const open = spec.undetermined
  if (open) findings.push(finding(spec, null, open.failures, open.candidates))
  const failures = findings.reduce((sum, one) => sum + one.failures, 0)
  const explained = failures - (open?.failures ?? 0)
  const routes = Object.entries(spec.routes ?? {})
  const routeOf = routes.flatMap(([, [, count]], route) => new Array<number>(count).fill(route))
  const rows = findings.flatMap((one, index) => new Array<number>(one.failures).fill(index))
  const shareOfHour = findings.flatMap((one) =>
    Array.from({ length: one.failures }, (_, place) => (place + 0.5) / one.failures),
  )
  const startMs = Date.parse(`${spec.day}T14:00:00Z`)
  const steps = new Array<number>(60).fill(0)
  return {
    ...shopDiagnosis,
    complete: true,
    inputs: [],
    books: {
      rows: spec.requests,
      parsed: spec.requests,
      skipped: 0,
      bad: 0,
      requests: spec.requests,
      failures,
      elb5xx: failures,
      target5xx: 0,
      clientLeft: 0,
      rejected: 0,
      explained,
      undetermined: failures - explained,
    },
    window: { start: `${spec.day}T14:00:00Z`, end: `${spec.day}T15:00:00Z` },
    symptoms: failures === 0 ? [] : [{ symptom: 'closed-before-response', failures }],
    findings,
    top: {
      targets: [],
      minutes: [],
      targetGroups: [],
      routes: routes.map(([key, [requests, count]]) => ({
        key,
        requests,
        failures: count,
        elb5xx: count,
        target5xx: 0,
      })),
    },
    load: [],
    series: {
      stepSeconds: 60,
      start: new Date(startMs).toISOString(),
      columns: {
        requests: steps.map(() => spec.requests / 60),
        answeredBy: { 'load-balancer': steps, target: steps, nobody: steps },
        status: {},
      },
    },
    failureRows: {
      total: failures,
      kept: failures,
      names: {
        inputs: [],
        loadBalancers: [],
        targetGroups: [],
        targets: [],
        nodes: [],
        routes: routes.map(([name]) => name),
        symptoms: ['closed-before-response'],
        findings: findings.map((one) => one.id),
      },
      columns: {
        ...shopDiagnosis.failureRows?.columns,
        time: shareOfHour.map((share, row) =>
          new Date(startMs + (spec.isBurst ? 30 * 60_000 + row : share * 3_600_000)).toISOString(),
        ),
        finding: rows,
        symptom: rows.map(() => 0),
        route: rows.map((_, row) => routeOf[row] ?? -1),
      } as NonNullable<Diagnosis['failureRows']>['columns'],
    },
  }
}

function finding(spec: Spec, cause: string | null, failures: number, candidates: readonly string[] = []): Finding {
  return {
    ...someFinding,
    id: `${cause ?? 'closed-before-response'}-1`,
    cause,
    symptom: 'closed-before-response',
    otherSymptoms: [],
    confidence: cause === null ? null : 'likely',
    failures,
    window: { start: `${spec.day}T14:01:00Z`, end: `${spec.day}T14:59:00Z` },
    candidates: candidates.map((name) => ({ cause: name, settledBy: ['the app log'] })),
  }
}

const monday = '2026-11-23'
const tuesday = '2026-11-24'
const race = 'keepalive-shorter-than-idle-timeout'

function compare(before: Spec, after: Spec) {
  return compareDiagnoses(
    { name: 'monday', diagnosis: hour(before) },
    { name: 'tuesday', diagnosis: hour(after) },
    tool,
  )
}

describe('comparing two diagnoses', () => {
  it('calls a cause gone, with the upper end of what may be left', () => {
    const { causes, headline } = compare(
      { day: monday, requests: 1_341, causes: { [race]: 77 } },
      { day: tuesday, requests: 2_010 },
    )
    expect(causes[0]).toMatchObject({ cause: race, verdict: 'gone', confidence: { before: 'likely', after: null } })
    expect(causes[0]?.sentence).toBe('gone: 77 of 1,341 (5.7 %) before, 0 of 2,010 (at most 0.18 %) after')
    expect(headline).toContain(`Gone: ${race}.`)
  })

  it('says fewer, more, new and the same with the interval of the ratio', () => {
    const { causes } = compare(
      {
        day: monday,
        requests: 100_000,
        causes: { 'worker-timeout': 400, [race]: 100, 'connection-refused': 2_000 },
      },
      {
        day: tuesday,
        requests: 100_000,
        causes: { 'worker-timeout': 80, [race]: 300, 'connection-refused': 2_040, 'deregistration-race': 60 },
      },
    )
    expect(causes.map((change) => [change.cause, change.verdict])).toEqual([
      ['deregistration-race', 'new'],
      [race, 'more'],
      ['worker-timeout', 'fewer'],
      ['connection-refused', 'same'],
    ])
    expect(causes[2]?.sentence).toMatch(/; 0\.2 times the rate \(0\.1[56] to 0\.2[56]\)$/)
  })

  it('does not call three failures gone, and says how many requests would settle it', () => {
    const { causes } = compare(
      { day: monday, requests: 1_000, causes: { [race]: 3 } },
      { day: tuesday, requests: 1_000 },
    )
    expect(causes[0]?.verdict).toBe('cannot-tell')
    expect(causes[0]?.sentence).toMatch(/about 2,400 requests without one would settle it$/)
  })

  it('does not take one burst that did not come again for a proof', () => {
    const { causes } = compare(
      { day: monday, requests: 6_000, causes: { [race]: 60 }, isBurst: true },
      { day: tuesday, requests: 6_000 },
    )
    expect(causes[0]).toMatchObject({ verdict: 'cannot-tell' })
    expect(causes[0]?.sentence).toContain('they came in bursts')
  })

  it('does not call a cause gone while undetermined failures may be its own', () => {
    const { causes } = compare(
      { day: monday, requests: 10_000, causes: { [race]: 50 } },
      { day: tuesday, requests: 10_000, undetermined: { failures: 45, candidates: ['worker-recycling', race] } },
    )
    const change = causes.find((one) => one.cause === race)
    expect(change).toMatchObject({ verdict: 'cannot-tell', possible: { before: 0, after: 45 } })
    expect(change?.sentence).toContain('45 undetermined failures after may be its own')
  })

  it('takes "fewer" back where the mix of routes alone explains it', () => {
    const before: Spec = {
      day: monday,
      requests: 10_000,
      causes: { [race]: 200 },
      routes: { 'GET /reports': [2_000, 200], 'GET /': [8_000, 0] },
    }
    const moved = compare(before, {
      day: tuesday,
      requests: 10_000,
      causes: { [race]: 21 },
      routes: { 'GET /reports': [200, 21], 'GET /': [9_800, 0] },
    })
    expect(moved.mix).toMatchObject({ by: 'route', parts: 2, rate: 0.002 })
    expect(moved.causes[0]).toMatchObject({ verdict: 'cannot-tell', rateByMix: 0.002 })
    expect(moved.causes[0]?.sentence).toContain('the other mix of routes alone would give 0.2 %')
    const fixed = compare(before, {
      day: tuesday,
      requests: 10_000,
      causes: { [race]: 21 },
      routes: { 'GET /reports': [2_000, 21], 'GET /': [8_000, 0] },
    })
    expect(fixed.causes[0]?.verdict).toBe('fewer')
  })

  it('does not call a cause gone when nobody asks for its route any more', () => {
    const { causes } = compare(
      {
        day: monday,
        requests: 10_000,
        causes: { [race]: 200 },
        routes: { 'GET /reports': [2_000, 200], 'GET /': [8_000, 0] },
      },
      { day: tuesday, requests: 10_000, routes: { 'GET /': [10_000, 0] } },
    )
    expect(causes[0]?.verdict).toBe('cannot-tell')
  })

  it('warns of logs that overlap, of other load balancers, of less load', () => {
    const same = compare({ day: monday, requests: 5_000 }, { day: monday, requests: 1_000 })
    expect(same.notes.join(' ')).toMatch(/overlap in time.*load fell from 1\.39 to 0\.278 requests per second/)
    expect(same.headline).toMatch(/^No failures on either side: at most 0\.074 % before/)
  })

  it('keeps lines within the terminal, and a hostile name harmless', () => {
    const comparison = compareDiagnoses(
      {
        name: 'a\u001b[2J\n`x`|<img src=x>@team',
        diagnosis: hour({ day: monday, requests: 900, causes: { [race]: 44 } }),
      },
      { name: 'b', diagnosis: shopDiagnosis },
      tool,
    )
    for (const columns of [60, 80, 120]) {
      const text = renderComparisonText(comparison, { columns, color: false, unicode: true })
      for (const line of text.split('\n')) {
        expect(widthOf(line)).toBeLessThanOrEqual(columns)
        expect(neutralise(line)).toBe(line)
      }
    }
    const markdown = renderComparisonMarkdown(comparison)
    for (const armed of ['<img', '\u001b', '\n`x`']) expect(markdown).not.toContain(armed)
  })
})
