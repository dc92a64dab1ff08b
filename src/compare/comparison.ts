import type { Books, TimeWindow } from '../core/diagnosis.ts'
import type { Confidence, Symptom } from '../core/vocabulary.ts'
import type { Rate, Ratio } from './rates.ts'

/** The result of `why5xx compare`. Plain data; `--format json` prints it as it is. */
export interface Comparison {
  readonly schemaVersion: 1
  readonly tool: { readonly name: 'why5xx'; readonly version: string; readonly generatedAt: string }
  readonly headline: string
  readonly before: Side
  readonly after: Side
  /** All failures: 5XX and 460. */
  readonly overall: Change
  /** Causes that were named, and undetermined failures by symptom; what changed most first. */
  readonly causes: readonly CauseChange[]
  /** By what the load balancer saw: does not depend on a cause having been named. */
  readonly symptoms: readonly SymptomChange[]
  readonly mix: TrafficMix
  /** What limits the comparison. */
  readonly notes: readonly string[]
}

export interface Side {
  readonly name: string
  readonly complete: boolean
  readonly window: TimeWindow | null
  readonly books: Books
  readonly requestsPerSecond: number | null
  readonly loadBalancers: readonly string[]
}

/** `same`: the ratio lies surely between two thirds and one and a half. */
export const changeVerdicts = ['gone', 'fewer', 'same', 'more', 'new', 'cannot-tell'] as const
export type ChangeVerdict = (typeof changeVerdicts)[number]

export interface Change {
  readonly before: Rate
  readonly after: Rate
  readonly ratio: Ratio
  /** Failures that count as one event, because they come in bursts. */
  readonly clumping: number
  readonly verdict: ChangeVerdict
  readonly sentence: string
}

export interface CauseChange extends Change {
  /** null: undetermined. */
  readonly cause: string | null
  readonly symptom: Symptom
  readonly confidence: { readonly before: Confidence | null; readonly after: Confidence | null }
  /** Undetermined failures that have this cause among their candidates. */
  readonly possible: { readonly before: number; readonly after: number }
  /** The rate that the other mix of requests alone would give after the change; null where it cannot be known. */
  readonly rateByMix: number | null
}

export interface SymptomChange extends Change {
  readonly symptom: Symptom
}

/** Direct standardisation: the failure rate of each part before, weighted with the requests after. */
export interface TrafficMix {
  readonly by: 'route' | 'target group' | null
  /** Parts compared, the rest counted as one. */
  readonly parts: number
  /** Share of the requests that lie in parts known on both sides. */
  readonly covered: { readonly before: number; readonly after: number }
  readonly rate: number | null
  readonly sentence: string
}
