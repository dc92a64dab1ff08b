import type { Confidence } from '../../core/vocabulary.ts'

/** One row of `--verdicts` (docs/cli.md), as far as the score needs it. */
export interface Verdict {
  readonly traceId: string | null
  readonly answeredBy: string
  readonly symptom: string
  readonly cause: string | null
  readonly confidence: Confidence | null
  readonly candidates: readonly string[]
}
