import type { Diagnosis } from '../../src/core/diagnosis.ts'

export interface MakeOptions {
  readonly failures?: number
  readonly hostile?: boolean
  /** Rows kept of them. */
  readonly kept?: number
}

export function makeDiagnosis(options?: MakeOptions): Diagnosis
export const hostileTexts: readonly string[]
