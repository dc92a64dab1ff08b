import { addScores, type Score, type ScoredTruth, score } from '../score/score.ts'
import type { Verdict } from '../score/verdict.ts'

/**
 * Causes that a load balancer's log decides alone, or with enough rows. The others look alike there (a full accept queue,
 * a filtered port and an empty node are all 504 at 10 s; a refusal does not say why nothing listens) and need a witness.
 */
const decidable: ReadonlySet<string> = new Set([
  'application-error',
  'client-gave-up',
  'deregistration-delay-exceeded',
  'deregistration-race',
  'desync-blocked',
  'event-loop-blocked',
  'event-loop-stall-resets-idle-connections',
  'fixed-response-rule',
  'keepalive-shorter-than-idle-timeout',
  'no-registered-targets',
  'target-idle-timeout',
  'waf-blocked',
  'worker-killed-mid-request',
  'worker-pool-exhausted',
  'worker-recycling',
])

/** What one diagnosis adds to the four rows. */
export interface Accuracy {
  readonly all: Score
  /** Failures whose true cause the log can decide. */
  readonly decidable: Score
}

export function accuracyOf(truth: readonly ScoredTruth[], verdicts: readonly Verdict[]): Accuracy {
  const isDecidable = (row: ScoredTruth): boolean => row.causes.some((cause) => decidable.has(cause))
  return { all: score(truth, verdicts), decidable: score(truth.filter(isDecidable), verdicts) }
}

export function addAccuracy(parts: readonly Accuracy[]): Accuracy {
  return {
    all: addScores(parts.map((part) => part.all)),
    decidable: addScores(parts.map((part) => part.decidable)),
  }
}

export interface TargetRow {
  readonly what: string
  readonly right: number
  readonly of: number
  readonly atLeast: number
  /** The same per recording, averaged: a large incident hides a small one in the sum. */
  readonly mean: number
  readonly isMet: boolean
}

type Measure = Pick<TargetRow, 'what' | 'right' | 'of' | 'atLeast'>

/** What must hold over all recorded incidents. */
export function targetRows(parts: readonly Accuracy[]): readonly TargetRow[] {
  const each = parts.map(measures)
  return measures(addAccuracy(parts)).map((measure, index) => {
    const shares = each.flatMap((one) => {
      const { right = 0, of = 0 } = one[index] ?? {}
      return of === 0 ? [] : [right / of]
    })
    const mean = shares.length === 0 ? 1 : shares.reduce((sum, share) => sum + share, 0) / shares.length
    return { ...measure, mean, isMet: measure.of === 0 || measure.right / measure.of >= measure.atLeast }
  })
}

function measures({ all, decidable: clear }: Accuracy): readonly Measure[] {
  const named = Object.values(all.byConfidence).reduce((sum, { right }) => sum + right, 0)
  const { certain, likely } = all.byConfidence
  const sure = clear.byConfidence.certain.right + clear.byConfidence.likely.right
  const measure = (what: string, right: number, of: number, atLeast: number): Measure => ({ what, right, of, atLeast })
  return [
    measure('answeredBy and symptom right', Math.min(all.answeredByRight, all.symptomRight), all.failures, 1),
    measure('precision of certain', certain.right, certain.total, 1),
    measure('precision of likely', likely.right, likely.total, 0.98),
    measure('the true cause, or undetermined with it among four', named + all.undeterminedCovered, all.failures, 0.95),
    measure('... likely or certain, where the log can decide', sure, clear.failures, 0.8),
    measure('... undetermined: the first candidate is the true one', all.undeterminedFirst, all.undetermined, 0.7),
  ]
}
