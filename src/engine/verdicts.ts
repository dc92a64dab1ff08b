import type { AnsweredBy, Confidence, Symptom } from '../core/vocabulary.ts'

/** One failure's verdict: what `--verdicts` writes. Absent values are null. */
export interface Verdict {
  readonly input: string
  /** 1-based line number in the input. */
  readonly row: number
  readonly traceId: string | null
  readonly time: string
  readonly loadBalancer: string
  readonly node: string | null
  readonly target: string | null
  readonly elbStatus: number
  readonly targetStatus: number | null
  readonly elapsedMs: number | null
  readonly answeredBy: AnsweredBy
  readonly symptom: Symptom
  readonly cause: string | null
  readonly confidence: Confidence | null
  readonly candidates: readonly string[]
}
