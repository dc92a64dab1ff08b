import type { AnsweredBy, Confidence, Symptom } from '../core/vocabulary.ts'
import { jsonLine } from './json.ts'

/** One failure's verdict, one line of `--verdicts`. Absent values are null. */
export interface VerdictRow {
  readonly input: string
  /** 1-based line number in the input. */
  readonly row: number
  /** The whole field. */
  readonly traceId: string | null
  readonly time: string | null
  readonly loadBalancer: string | null
  readonly node: string | null
  readonly target: string | null
  readonly elbStatus: number | null
  readonly targetStatus: number | null
  readonly elapsedMs: number | null
  readonly answeredBy: AnsweredBy
  readonly symptom: Symptom
  readonly cause: string | null
  readonly confidence: Confidence | null
  /** Cause ids, best first, at most four. */
  readonly candidates: readonly string[]
}

/** One NDJSON line with its newline; the keys always in the same order. */
export function formatVerdict(row: VerdictRow): string {
  const line: VerdictRow = {
    input: row.input,
    row: row.row,
    traceId: row.traceId,
    time: row.time,
    loadBalancer: row.loadBalancer,
    node: row.node,
    target: row.target,
    elbStatus: row.elbStatus,
    targetStatus: row.targetStatus,
    elapsedMs: row.elapsedMs,
    answeredBy: row.answeredBy,
    symptom: row.symptom,
    cause: row.cause,
    confidence: row.confidence,
    candidates: row.candidates.slice(0, 4),
  }
  return `${jsonLine(line)}\n`
}
