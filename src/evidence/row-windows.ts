import { type Columns, copyRows, cutColumns, makeColumns } from '../core/columns.ts'
import { BATCH_ROWS, type RequestBatch } from '../core/request-batch.ts'
import type { Span } from './traffic-tally.ts'

const rowColumns = {
  start: Float64Array,
  end: Float64Array,
  requestMs: Int32Array,
  targetMs: Int32Array,
  elbStatus: Uint16Array,
  targetStatus: Uint16Array,
  flow: Int32Array,
  route: Int32Array,
  flags: Uint8Array,
} as const

type RowColumns = Readonly<Columns<typeof rowColumns>>

/** Rows as they were read, with the run's or the scanner's ids. Sorted by nothing. */
export interface RowChunk extends RowColumns {
  readonly minEnd: number
  readonly maxEnd: number
  /** Failures that the load balancer made, and 460. */
  readonly failures: number
}

export interface KeptRows {
  readonly chunks: readonly RowChunk[]
  /** Windows (`floor(end / WINDOW_MS)`) of which rows were given up. */
  readonly lost: readonly number[]
}

export const WINDOW_MS = 60_000
const LEAST_ROOM = 64
/** Neighbouring windows are kept or given up together, so that lags of minutes fit in. */
const WINDOWS_TOGETHER = 5

/**
 * A bounded share of all rows: windows of time that are complete, so that lags, open requests and shared ends can be
 * measured exactly inside them. Windows with failures that the load balancer made outlive healthy ones; among equals a
 * hash of the time decides, so the same input keeps the same windows. Copying whole batches costs a hundredth of
 * sorting rows into cells (docs/performance.md).
 */
export class RowWindows {
  readonly #budget: number
  #rows = 0
  #chunks: RowChunk[] = []
  readonly #lost = new Set<number>()
  /** Columns of rows that were given up, to be filled again, by the rows they have room for. */
  readonly #free = new Map<number, RowColumns[]>()
  /** Columns in which a chunk lies. */
  readonly #roomOf = new Map<RowChunk, RowColumns>()

  constructor(budgetRows: number) {
    this.#budget = budgetRows
  }

  /** `span`: first and last end in the batch. */
  add(batch: RequestBatch, { firstEnd, lastEnd }: Span): void {
    const { length } = batch
    if (length === 0) return
    let failures = 0
    for (let n = 0; n < batch.details.length; n++) {
      const row = batch.details.rowOf(n)
      if (batch.targetStatus[row] === 0 && isFailure(batch.elbStatus[row] as number)) failures++
    }
    const room = roomFor(length)
    const columns = this.#free.get(room)?.pop() ?? makeColumns(rowColumns, room)
    copyRows(rowColumns, columns, 0, batch, length)
    const chunk = { ...cutColumns(rowColumns, columns, 0, length), minEnd: firstEnd, maxEnd: lastEnd, failures }
    this.#chunks.push(chunk)
    this.#roomOf.set(chunk, columns)
    this.#rows += length
    if (this.#rows > this.#budget) this.#evict()
  }

  #evict(): void {
    const order = [...this.#chunks].sort(
      (a, b) =>
        Number(a.failures > 0) - Number(b.failures > 0) || rank(a.minEnd) - rank(b.minEnd) || b.minEnd - a.minEnd,
    )
    const gone = new Set<RowChunk>()
    for (const chunk of order) {
      if (this.#rows <= this.#budget * 0.85) break
      gone.add(chunk)
      this.#giveUp(chunk)
      this.#rows -= chunk.end.length
      const last = Math.floor(chunk.maxEnd / WINDOW_MS)
      const first = Math.floor(chunk.minEnd / WINDOW_MS)
      // One stray timestamp must not list millions of windows.
      for (let window = first; window <= Math.min(last, first + 1_440); window++) this.#lost.add(window)
    }
    this.#chunks = this.#chunks.filter((chunk) => !gone.has(chunk))
  }

  #giveUp(chunk: RowChunk): void {
    const columns = this.#roomOf.get(chunk) as RowColumns
    this.#roomOf.delete(chunk)
    const room = columns.end.length
    const free = this.#free.get(room)
    if (free) free.push(columns)
    else this.#free.set(room, [columns])
  }

  finish(): KeptRows {
    return { chunks: this.#chunks, lost: [...this.#lost] }
  }
}

function isFailure(elbStatus: number): boolean {
  return elbStatus >= 500 || elbStatus === 460
}

/** Few different sizes, so that what was given up fits again: a collector does not hurry for memory outside its heap. */
function roomFor(rows: number): number {
  let room = BATCH_ROWS
  while (room / 2 >= rows && room > LEAST_ROOM) room /= 2
  return room
}

/** Deterministic, so that all workers give up the same windows first. */
function rank(end: number): number {
  const together = Math.floor(end / WINDOW_MS / WINDOWS_TOGETHER)
  return Math.imul(together ^ (together >>> 15), 0x9e3779b1) >>> 0
}
