// The package as a library: the same diagnosis as the command line, as a value. docs/library.md has an example.
import type { Diagnosis } from './core/diagnosis.ts'
import { type DiagnoseOptions as EngineOptions, diagnose as run } from './engine/diagnose.ts'
import { packageVersion } from './engine/package-version.ts'
import type { Verdict } from './engine/verdicts.ts'

export type * from './core/diagnosis.ts'
export { AppError } from './core/errors.ts'
export type { AnsweredBy, Confidence, Hop, Symptom } from './core/vocabulary.ts'
export type { Progress } from './engine/diagnose.ts'
export type { FilterSpec } from './engine/row-filter.ts'
export type { Verdict } from './engine/verdicts.ts'
export { renderMarkdown } from './report/markdown.ts'
export { redact } from './report/redact.ts'

/** What to read and how; every field but `paths` has a default. */
export type DiagnoseOptions = Omit<EngineOptions, 'version' | 'isSaved'>

export interface DiagnoseResult {
  /** The whole result; `schema/diagnosis.schema.json` describes it. Not redacted. */
  readonly diagnosis: Diagnosis
  /** One per failure, in time order. */
  readonly verdicts: () => Iterable<Verdict>
  /** Inputs that could not be read, or not to their end, although others could. */
  readonly hasUnreadable: boolean
}

/**
 * Reads access logs, collects evidence over all rows and judges every failure.
 *
 * @throws {AppError} `INPUT_NONE`, `INPUT_UNREADABLE`: nothing could be read (docs/cli.md has all codes).
 */
export async function diagnose(options: DiagnoseOptions): Promise<DiagnoseResult> {
  const { diagnosis, verdicts, hasUnreadable } = await run({ ...options, version: packageVersion })
  return { diagnosis, verdicts, hasUnreadable }
}
