import type { Diagnosis, Finding, TimeWindow } from '../core/diagnosis.ts'
import { type Confidence, confidences, type Symptom } from '../core/vocabulary.ts'
import { formatCount, formatDecimal, formatDuration, formatShare, plural } from '../report/format-number.ts'
import { clumpingOf, timeBins } from './clumping.ts'
import type { CauseChange, Change, ChangeVerdict, Comparison, Side, SymptomChange, TrafficMix } from './comparison.ts'
import { type Ratio, rateOf, ratioOf } from './rates.ts'
import { judgeChange, percent, sayChange, sayRate } from './say-change.ts'
import { causeFailuresByPart, failuresByPart, type Parts, partsOf, rateByMix } from './traffic-mix.ts'

export interface NamedDiagnosis {
  readonly name: string
  readonly diagnosis: Diagnosis
}

/** Everything that changed between two diagnoses, with the intervals that say how sure that is. */
export function compareDiagnoses(
  before: NamedDiagnosis,
  after: NamedDiagnosis,
  tool: { readonly version: string; readonly now: Date },
): Comparison {
  const one = before.diagnosis
  const other = after.diagnosis
  const parts = partsOf(one, other)
  const overall = changeOf(one, other, one.books.failures, other.books.failures, allClumping(one, other))
  const causes = causeChanges(one, other, parts)
  const mix = mixOf(parts, one, overall)
  return {
    schemaVersion: 1,
    tool: { name: 'why5xx', version: tool.version, generatedAt: tool.now.toISOString() },
    headline: headlineOf(overall, causes),
    before: sideOf(before),
    after: sideOf(after),
    overall,
    causes,
    symptoms: symptomChanges(one, other),
    mix,
    notes: notesOf(one, other, causes),
  }
}

function sideOf({ name, diagnosis }: NamedDiagnosis): Side {
  const { complete, window, books, settings } = diagnosis
  return {
    name,
    complete,
    window,
    books,
    requestsPerSecond: perSecond(diagnosis),
    loadBalancers: settings.byLoadBalancer.map((balancer) => balancer.loadBalancer),
  }
}

function changeOf(one: Diagnosis, other: Diagnosis, before: number, after: number, clumping: number): Change {
  const first = rateOf(before, one.books.requests, clumping)
  const second = rateOf(after, other.books.requests, clumping)
  const ratio = ratioOf(first, second, clumping)
  const verdict = judgeChange(first, second, ratio)
  return {
    before: first,
    after: second,
    ratio,
    clumping,
    verdict,
    sentence: sayChange(verdict, first, second, ratio, clumping),
  }
}

/** Findings of one side under one name: the cause, or the symptom of what stayed undetermined. */
interface Tally {
  readonly cause: string | null
  readonly symptom: Symptom
  failures: number
  confidence: Confidence | null
}

function tallyFindings(diagnosis: Diagnosis): Map<string, Tally> {
  const tallies = new Map<string, Tally>()
  for (const finding of diagnosis.findings) {
    if (finding.failures === 0) continue
    const key = finding.cause ?? finding.symptom
    const tally = tallies.get(key)
    if (!tally) {
      const { cause, symptom, failures, confidence } = finding
      tallies.set(key, { cause, symptom, failures, confidence })
      continue
    }
    tally.failures += finding.failures
    tally.confidence = surest(tally.confidence, finding.confidence)
  }
  return tallies
}

function surest(one: Confidence | null, other: Confidence | null): Confidence | null {
  return confidences.find((word) => word === one || word === other) ?? null
}

/** Undetermined failures that this cause may have made. */
function possibleOf(diagnosis: Diagnosis, cause: string | null): number {
  if (cause === null) return 0
  const isPossible = (finding: Finding): boolean =>
    finding.cause === null && finding.candidates.some((candidate) => candidate.cause === cause)
  return diagnosis.findings.filter(isPossible).reduce((sum, finding) => sum + finding.failures, 0)
}

function causeChanges(one: Diagnosis, other: Diagnosis, parts: Parts | null): CauseChange[] {
  const before = tallyFindings(one)
  const after = tallyFindings(other)
  const byPart = parts ? causeFailuresByPart(parts, one) : null
  const changes: CauseChange[] = []
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const known = before.get(key) ?? after.get(key)
    if (!known) continue
    const clumping = Math.max(clumpingOfCause(one, key), clumpingOfCause(other, key))
    const plain = changeOf(one, other, before.get(key)?.failures ?? 0, after.get(key)?.failures ?? 0, clumping)
    const possible = { before: possibleOf(one, known.cause), after: possibleOf(other, known.cause) }
    const partial = byPart?.get(key)
    const mixRate = parts && partial ? rateByMix(parts, partial) : null
    changes.push({
      cause: known.cause,
      symptom: known.symptom,
      confidence: { before: before.get(key)?.confidence ?? null, after: after.get(key)?.confidence ?? null },
      ...restrained(plain, possible, mixRate, parts),
      possible,
      rateByMix: mixRate,
    })
  }
  const rank: Record<ChangeVerdict, number> = { new: 0, more: 1, gone: 2, fewer: 3, 'cannot-tell': 4, same: 5 }
  const size = (change: CauseChange): number => change.before.failures + change.after.failures
  return changes.sort((a, b) => rank[a.verdict] - rank[b.verdict] || size(b) - size(a))
}

/** A verdict that undetermined failures or the mix of requests could overturn is taken back, with the reason. */
function restrained(
  change: Change,
  possible: { readonly before: number; readonly after: number },
  mixRate: number | null,
  parts: Parts | null,
): Change {
  const { before, after, ratio, clumping, verdict } = change
  const say = (to: ChangeVerdict, why: string): Change => ({
    ...change,
    verdict: to,
    sentence: sayChange(to, before, after, ratio, clumping, why),
  })
  if ((verdict === 'gone' || verdict === 'fewer') && possible.after > 0) {
    const worst = rateOf(after.failures + possible.after, after.requests, clumping)
    const high = ratioOf(before, worst, clumping).high
    const could = `${plural(possible.after, 'undetermined failure')} after may be its own`
    if (high === null || high >= 1) return say('cannot-tell', could)
    if (verdict === 'gone') return say('fewer', could)
  }
  if ((verdict === 'new' || verdict === 'more') && possible.before > 0) {
    const worst = rateOf(before.failures + possible.before, before.requests, clumping)
    const could = `${plural(possible.before, 'undetermined failure')} before may be its own`
    if (ratioOf(worst, after, clumping).low <= 1) return say('cannot-tell', could)
    if (verdict === 'new') return say('more', could)
  }
  if (mixRate !== null && parts && before.rate > 0 && isOverturned(verdict, ratio, mixRate / before.rate))
    return say(
      'cannot-tell',
      `the other mix of ${parts.by}s alone would give ${percent(mixRate)}, so it may be the traffic that changed`,
    )
  return change
}

/** Whether the change is no longer beyond chance once the part that the mix alone brings is taken out. */
function isOverturned(verdict: ChangeVerdict, ratio: Ratio, byMix: number): boolean {
  if (verdict === 'gone' || verdict === 'fewer') return ratio.high === null || byMix <= 0 || ratio.high / byMix >= 1
  if (verdict === 'more') return byMix > 0 && ratio.low / byMix <= 1
  return false
}

function symptomChanges(one: Diagnosis, other: Diagnosis): SymptomChange[] {
  const count = (diagnosis: Diagnosis, symptom: Symptom): number =>
    diagnosis.symptoms.find((entry) => entry.symptom === symptom)?.failures ?? 0
  const names = new Set([...one.symptoms, ...other.symptoms].map((entry) => entry.symptom))
  return [...names]
    .map((symptom) => {
      const clumping = Math.max(clumpingOfSymptom(one, symptom), clumpingOfSymptom(other, symptom))
      return { symptom, ...changeOf(one, other, count(one, symptom), count(other, symptom), clumping) }
    })
    .filter((change) => change.before.failures + change.after.failures > 0)
    .sort((a, b) => b.before.failures + b.after.failures - a.before.failures - a.after.failures)
}

function clumpingOfCause(diagnosis: Diagnosis, key: string): number {
  const ids = new Set(
    diagnosis.findings.filter((finding) => (finding.cause ?? finding.symptom) === key).map((finding) => finding.id),
  )
  return clumpingOfRows(diagnosis, (row, { names, columns }) =>
    ids.has(names.findings[columns.finding[row] ?? -1] ?? ''),
  )
}

function clumpingOfSymptom(diagnosis: Diagnosis, symptom: Symptom): number {
  return clumpingOfRows(diagnosis, (row, { names, columns }) => names.symptoms[columns.symptom[row] ?? -1] === symptom)
}

type Rows = NonNullable<Diagnosis['failureRows']>

/** From the rows that were kept; without them (or with a part of them only) all failures of the series stand in. */
function clumpingOfRows(diagnosis: Diagnosis, isIn: (row: number, rows: Rows) => boolean): number {
  const { failureRows, series } = diagnosis
  if (!series) return 1
  if (!failureRows || failureRows.kept < failureRows.total) return clumpingOfSeries(diagnosis)
  const bins = timeBins(series)
  const counts = new Array<number>(bins.requests.length).fill(0)
  for (const [row, time] of failureRows.columns.time.entries()) {
    if (time === null || !isIn(row, failureRows)) continue
    const bin = bins.binOf(Date.parse(time))
    if (bin >= 0 && bin < counts.length) counts[bin] = (counts[bin] ?? 0) + 1
  }
  return clumpingOf(counts, bins.requests)
}

function clumpingOfSeries({ series }: Diagnosis): number {
  if (!series) return 1
  const { requests, answeredBy } = series.columns
  const failures = requests.map(
    (_, step) =>
      (answeredBy['load-balancer'][step] ?? 0) + (answeredBy.target[step] ?? 0) + (answeredBy.nobody[step] ?? 0),
  )
  return clumpingOf(failures, requests)
}

function allClumping(one: Diagnosis, other: Diagnosis): number {
  return Math.max(
    clumpingOfRows(one, () => true),
    clumpingOfRows(other, () => true),
  )
}

function mixOf(parts: Parts | null, one: Diagnosis, overall: Change): TrafficMix {
  if (!parts)
    return {
      by: null,
      parts: 0,
      covered: { before: 0, after: 0 },
      rate: null,
      sentence: 'Not known: the diagnoses share neither enough routes nor several target groups.',
    }
  const rate = rateByMix(parts, failuresByPart(parts, one))
  const covered = `${parts.names.length} ${parts.by}s with ${formatShare(parts.covered.before, 1)} of the requests before and ${formatShare(parts.covered.after, 1)} after`
  const shift =
    rate === null
      ? 'nothing to weigh'
      : `had each ${parts.by} failed as before, the other mix alone would give ${percent(rate)} instead of ${percent(overall.before.rate)}; it is ${sayRate(overall.after)}`
  return { by: parts.by, parts: parts.names.length, covered: parts.covered, rate, sentence: `${covered}: ${shift}.` }
}

function headlineOf(overall: Change, causes: readonly CauseChange[]): string {
  const { before, after, verdict } = overall
  if (before.failures === 0 && after.failures === 0)
    return `No failures on either side: at most ${percent(before.high)} before and ${percent(after.high)} after.`
  const words: Record<ChangeVerdict, string> = {
    gone: 'Failures are gone',
    fewer: 'Failures fell',
    same: 'Failures stayed as they were',
    more: 'Failures rose',
    new: 'Failures are new',
    'cannot-tell': 'Whether failures changed cannot be told',
  }
  const named = (wanted: ChangeVerdict): string[] =>
    causes
      .filter((change) => change.verdict === wanted)
      .map((change) => change.cause ?? `${change.symptom} (undetermined)`)
  const parts = (['new', 'more', 'gone', 'fewer'] as const)
    .map((wanted) => ({ wanted, names: named(wanted) }))
    .filter(({ names }) => names.length > 0)
    .map(({ wanted, names }) => `${wanted}: ${few(names)}`)
  const counts = `${words[verdict]}: ${sayRate(before)} before, ${sayRate(after)} after.`
  return parts.length === 0 ? counts : `${counts} ${capital(parts.join('; '))}.`
}

function notesOf(one: Diagnosis, other: Diagnosis, causes: readonly CauseChange[]): string[] {
  const notes: string[] = []
  for (const [name, diagnosis] of [
    ['before', one],
    ['after', other],
  ] as const) {
    if (!diagnosis.complete) notes.push(`The run ${name} was interrupted: it holds what was read by then.`)
    if (diagnosis.books.bad > 0)
      notes.push(`${plural(diagnosis.books.bad, 'row')} ${name} did not parse and count on no side.`)
    const { failureRows } = diagnosis
    if (!failureRows || failureRows.kept < failureRows.total)
      notes.push(
        `The diagnosis ${name} ${failureRows ? `keeps ${formatCount(failureRows.kept)} of ${formatCount(failureRows.total)} failures` : 'keeps no rows'}: how much a cause comes in bursts is taken from all failures, and its mix is not known.`,
      )
  }
  if (one.window && other.window) {
    if (
      Date.parse(other.window.start) <= Date.parse(one.window.end) &&
      Date.parse(one.window.start) <= Date.parse(other.window.end)
    )
      notes.push('The two sets of logs overlap in time: a change between them cannot be told from chance.')
    const [first, second] = [secondsOf(one.window), secondsOf(other.window)]
    if (second < first / 2)
      notes.push(
        `The logs after cover ${formatDuration(Math.round(second))}, those before ${formatDuration(Math.round(first))}: what comes once in a while had less time to show.`,
      )
  }
  const balancers = new Set(one.settings.byLoadBalancer.map((entry) => entry.loadBalancer))
  if (balancers.size > 0 && !other.settings.byLoadBalancer.some((entry) => balancers.has(entry.loadBalancer)))
    notes.push('The two sides share no load balancer.')
  const [load, later] = [perSecond(one), perSecond(other)]
  if (load !== null && later !== null && later < 0.8 * load)
    notes.push(
      `The load fell from ${formatDecimal(load)} to ${formatDecimal(later)} requests per second: what comes with load (full accept queues, busy workers) may come back with it.`,
    )
  notes.push(...occasions(one, causes))
  return notes
}

/** A cause that came on one occasion is not proven gone by a time without that occasion. */
function occasions(one: Diagnosis, causes: readonly CauseChange[]): string[] {
  if (!one.window) return []
  const whole = secondsOf(one.window)
  return causes
    .filter((change) => change.verdict === 'gone' && change.cause !== null)
    .flatMap((change) => {
      const windows = one.findings.filter((finding) => finding.cause === change.cause && finding.failures > 0)
      const seconds = Math.min(
        whole,
        windows.reduce((sum, finding) => sum + secondsOf(finding.window), 0),
      )
      return seconds > 0.6 * whole
        ? []
        : [
            `${change.cause} came within ${formatDuration(Math.round(seconds))} of ${formatDuration(Math.round(whole))} before: that it is gone supposes that what set it off (a deploy, a peak, a stalled pod) happened after as well.`,
          ]
    })
}

function perSecond({ window, books }: Diagnosis): number | null {
  return window === null || books.requests < 2 ? null : books.requests / Math.max(1, secondsOf(window))
}

function secondsOf(window: TimeWindow): number {
  return Math.max(0, (Date.parse(window.end) - Date.parse(window.start)) / 1000)
}

function few(names: readonly string[]): string {
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
