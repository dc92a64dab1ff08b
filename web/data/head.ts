import type { Diagnosis, FailureRows } from '../../src/core/diagnosis.ts'

/** A diagnosis without its failure rows: small, and all that the first paint needs. */
export interface Head extends Omit<Diagnosis, 'failureRows'> {
  readonly failureRows: Omit<FailureRows, 'columns'> | null
  /** The sentence that every report begins with; not a part of the diagnosis. */
  readonly headline: string
}

export type Columns = FailureRows['columns']

/** A run of failure rows, in the order of the diagnosis. */
export interface RowChunk {
  readonly from: number
  readonly columns: Columns
}
