import { type Confidence, confidences } from '../../core/vocabulary.ts'
import type { TruthRow } from '../truth/truth-rows.ts'
import type { Verdict } from './verdict.ts'

/** What of a truth row is compared. */
export type ScoredTruth = Pick<TruthRow, 'traceId' | 'answeredBy' | 'symptom' | 'causes' | 'why'>

export interface Mismatch {
  readonly traceId: string
  readonly what: 'answeredBy' | 'symptom' | 'cause' | 'no-verdict' | 'no-failure'
  readonly truth: string
  readonly verdict: string
  readonly why: string
}

/** How right a diagnosis was. All numbers are counts of failures, so that runs can be added up. */
export interface Score {
  readonly failures: number
  readonly answeredByRight: number
  readonly symptomRight: number
  readonly byConfidence: Readonly<Record<Confidence, { readonly total: number; readonly right: number }>>
  readonly undetermined: number
  /** Undetermined, the true cause among at most four candidates; and those where it came first. */
  readonly undeterminedCovered: number
  readonly undeterminedFirst: number
  /** True cause → what the diagnosis said (`undetermined` included) → failures. */
  readonly confusion: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly mismatches: readonly Mismatch[]
}

/** Joins truth and verdicts by trace id. Every failure without a verdict, and every verdict without a failure, is a mismatch. */
export function score(truth: readonly ScoredTruth[], verdicts: readonly Verdict[]): Score {
  const byTrace = new Map(verdicts.map((verdict) => [verdict.traceId ?? '', verdict]))
  const known = new Set(truth.map((row) => row.traceId))
  const byConfidence: Record<Confidence, { total: number; right: number }> = {
    certain: { total: 0, right: 0 },
    likely: { total: 0, right: 0 },
    possible: { total: 0, right: 0 },
  }
  const confusion: Record<string, Record<string, number>> = {}
  const mismatches: Mismatch[] = []
  let [answeredByRight, symptomRight, undetermined, undeterminedCovered, undeterminedFirst] = [0, 0, 0, 0, 0]
  for (const row of truth) {
    const verdict = byTrace.get(row.traceId)
    const miss = (what: Mismatch['what'], of: string, said: string): void => {
      mismatches.push({ traceId: row.traceId, what, truth: of, verdict: said, why: row.why })
    }
    if (!verdict) {
      miss('no-verdict', row.symptom, 'none')
      continue
    }
    if (verdict.answeredBy === row.answeredBy) answeredByRight += 1
    else miss('answeredBy', row.answeredBy, verdict.answeredBy)
    if (verdict.symptom === row.symptom) symptomRight += 1
    else miss('symptom', row.symptom, verdict.symptom)
    const trueCause = row.causes[0] ?? 'unknown-to-the-lab'
    const isRight = verdict.cause !== null && row.causes.includes(verdict.cause)
    const said = isRight ? trueCause : (verdict.cause ?? 'undetermined')
    count(confusion, trueCause, said, 1)
    if (verdict.cause === null || verdict.confidence === null) {
      undetermined += 1
      const place = verdict.candidates.slice(0, 4).findIndex((candidate) => row.causes.includes(candidate))
      if (place >= 0) undeterminedCovered += 1
      if (place === 0) undeterminedFirst += 1
      continue
    }
    const bucket = byConfidence[verdict.confidence]
    bucket.total += 1
    if (isRight) bucket.right += 1
    else miss('cause', row.causes.join(' or '), `${verdict.cause} (${verdict.confidence})`)
  }
  for (const verdict of verdicts)
    if (!known.has(verdict.traceId ?? ''))
      mismatches.push({
        traceId: verdict.traceId ?? '-',
        what: 'no-failure',
        truth: 'no such failure',
        verdict: verdict.symptom,
        why: 'the load balancer reported no failure for this trace id',
      })
  return {
    failures: truth.length,
    answeredByRight,
    symptomRight,
    byConfidence,
    undetermined,
    undeterminedCovered,
    undeterminedFirst,
    confusion,
    mismatches,
  }
}

export function addScores(scores: readonly Score[]): Score {
  const byConfidence: Record<Confidence, { total: number; right: number }> = {
    certain: { total: 0, right: 0 },
    likely: { total: 0, right: 0 },
    possible: { total: 0, right: 0 },
  }
  const confusion: Record<string, Record<string, number>> = {}
  for (const one of scores) {
    for (const word of confidences) {
      byConfidence[word].total += one.byConfidence[word].total
      byConfidence[word].right += one.byConfidence[word].right
    }
    for (const [trueCause, said] of Object.entries(one.confusion))
      for (const [verdict, failures] of Object.entries(said)) {
        count(confusion, trueCause, verdict, failures)
      }
  }
  const sum = (of: (one: Score) => number): number => scores.map(of).reduce((total, value) => total + value, 0)
  return {
    failures: sum((one) => one.failures),
    answeredByRight: sum((one) => one.answeredByRight),
    symptomRight: sum((one) => one.symptomRight),
    byConfidence,
    undetermined: sum((one) => one.undetermined),
    undeterminedCovered: sum((one) => one.undeterminedCovered),
    undeterminedFirst: sum((one) => one.undeterminedFirst),
    confusion,
    mismatches: scores.flatMap((one) => one.mismatches),
  }
}

/** What must hold: answeredBy and symptom always; `certain` is never wrong, `likely` in at most 2 of 100. */
export function missedTargets(one: Score): readonly string[] {
  const missed: string[] = []
  const rows = one.mismatches.filter((miss) => miss.what !== 'cause').length
  if (one.answeredByRight < one.failures)
    missed.push(`answeredBy is right for ${one.answeredByRight} of ${one.failures} failures`)
  if (one.symptomRight < one.failures)
    missed.push(`the symptom is right for ${one.symptomRight} of ${one.failures} failures`)
  if (rows > 0 && missed.length === 0) missed.push(`${rows} verdicts belong to no failure`)
  const { certain, likely } = one.byConfidence
  if (certain.right < certain.total) missed.push(`certain is right for ${certain.right} of ${certain.total} failures`)
  if (likely.total > 0 && likely.right / likely.total < 0.98)
    missed.push(`likely is right for ${likely.right} of ${likely.total} failures (0.98 wanted)`)
  return missed
}

function count(
  confusion: Record<string, Record<string, number>>,
  trueCause: string,
  said: string,
  failures: number,
): void {
  const counts = confusion[trueCause] ?? {}
  counts[said] = (counts[said] ?? 0) + failures
  confusion[trueCause] = counts
}
