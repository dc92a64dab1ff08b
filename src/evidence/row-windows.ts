import { BATCH_ROWS, FLAG_WEBSOCKET, type RequestBatch } from '../core/request-batch.ts'

interface RowColumns {
  readonly start: Float64Array
  readonly end: Float64Array
  readonly requestMs: Int32Array
  readonly targetMs: Int32Array
  readonly elbStatus: Uint16Array
  readonly targetStatus: Uint16Array
  readonly flow: Int32Array
  readonly route: Int32Array
  readonly flags: Uint8Array
}

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
  /** Columns of whole batches that were given up, to be filled again. */
  readonly #free: RowColumns[] = []

  constructor(budgetRows: number) {
    this.#budget = budgetRows
  }

  add(batch: RequestBatch): void {
    const { length } = batch
    if (length === 0) return
    let [minEnd, maxEnd, failures] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]
    for (let i = 0; i < length; i++) {
      const end = batch.end[i] as number
      if (end < minEnd) minEnd = end
      if (end > maxEnd) maxEnd = end
    }
    for (const { index } of batch.details)
      if (batch.targetStatus[index] === 0 && isFailure(batch.elbStatus[index] as number)) failures++
    const columns = (length === BATCH_ROWS ? this.#free.pop() : undefined) ?? makeColumns(length)
    for (const name of columnNames) columns[name].set(batch[name].subarray(0, length))
    this.#chunks.push({ ...columns, minEnd, maxEnd, failures })
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
      if (chunk.end.length === BATCH_ROWS) this.#free.push(chunk)
      this.#rows -= chunk.end.length
      const last = Math.floor(chunk.maxEnd / WINDOW_MS)
      const first = Math.floor(chunk.minEnd / WINDOW_MS)
      // One stray timestamp must not list millions of windows.
      for (let window = first; window <= Math.min(last, first + 1_440); window++) this.#lost.add(window)
    }
    this.#chunks = this.#chunks.filter((chunk) => !gone.has(chunk))
  }

  finish(): KeptRows {
    return { chunks: this.#chunks, lost: [...this.#lost] }
  }
}

function makeColumns(length: number): RowColumns {
  return {
    start: new Float64Array(length),
    end: new Float64Array(length),
    requestMs: new Int32Array(length),
    targetMs: new Int32Array(length),
    elbStatus: new Uint16Array(length),
    targetStatus: new Uint16Array(length),
    flow: new Int32Array(length),
    route: new Int32Array(length),
    flags: new Uint8Array(length),
  }
}

const columnNames = [
  'start',
  'end',
  'requestMs',
  'targetMs',
  'elbStatus',
  'targetStatus',
  'flow',
  'route',
  'flags',
] as const

function isFailure(elbStatus: number): boolean {
  return elbStatus >= 500 || elbStatus === 460
}

/** Deterministic, so that all workers give up the same windows first. */
function rank(end: number): number {
  const together = Math.floor(end / WINDOW_MS / WINDOWS_TOGETHER)
  return Math.imul(together ^ (together >>> 15), 0x9e3779b1) >>> 0
}

/** All kept rows of one target, by end. */
export interface TargetRows {
  readonly length: number
  readonly start: Float64Array
  readonly end: Float64Array
  readonly requestMs: Int32Array
  readonly targetMs: Int32Array
  readonly elbStatus: Uint16Array
  readonly targetStatus: Uint16Array
  readonly flow: Int32Array
  readonly route: Int32Array
}

export interface KeptTraffic {
  /** By target key (see `keyOf`), rows of complete windows only. */
  readonly byTarget: ReadonlyMap<string, TargetRows>
  /** Windows that are complete although others were given up; null: nothing was given up. */
  readonly lost: ReadonlySet<number>
}

/** Joins what the workers kept; windows that any of them gave up are incomplete and left out. */
export function joinKept(parts: readonly KeptRows[], keyOf: (flow: number) => string): KeptTraffic {
  const lost = new Set(parts.flatMap((part) => part.lost))
  const chunks = parts.flatMap((part) => part.chunks)
  const keys: string[] = []
  const slotOfKey = new Map<string, number>()
  const slotOfFlow: number[] = []
  const counts: number[] = []
  const slotOf = (flow: number): number => {
    let slot = slotOfFlow[flow]
    if (slot === undefined) {
      const key = keyOf(flow)
      slot = slotOfKey.get(key) ?? keys.push(key) - 1
      slotOfKey.set(key, slot)
      slotOfFlow[flow] = slot
      counts[slot] ??= 0
    }
    return slot
  }
  let window = Number.NaN
  let isWindowLost = false
  const isKept = (chunk: RowChunk, i: number): boolean => {
    if (((chunk.flags[i] as number) & FLAG_WEBSOCKET) !== 0) return false
    if (lost.size === 0) return true
    // Neighbours share their window.
    const mine = Math.floor((chunk.end[i] as number) / WINDOW_MS)
    if (mine !== window) {
      window = mine
      isWindowLost = lost.has(mine)
    }
    return !isWindowLost
  }

  for (const chunk of chunks)
    for (let i = 0; i < chunk.end.length; i++)
      if (isKept(chunk, i)) {
        const slot = slotOf(chunk.flow[i] as number)
        counts[slot] = (counts[slot] as number) + 1
      }
  const targets = counts.map((count) => makeRows(count))
  const filled = new Int32Array(counts.length)
  for (const chunk of chunks)
    for (let i = 0; i < chunk.end.length; i++) {
      if (!isKept(chunk, i)) continue
      const slot = slotOfFlow[chunk.flow[i] as number] as number
      const rows = targets[slot] as TargetRows
      const at = filled[slot] as number
      filled[slot] = at + 1
      rows.start[at] = chunk.start[i] as number
      rows.end[at] = chunk.end[i] as number
      rows.requestMs[at] = chunk.requestMs[i] as number
      rows.targetMs[at] = chunk.targetMs[i] as number
      rows.elbStatus[at] = chunk.elbStatus[i] as number
      rows.targetStatus[at] = chunk.targetStatus[i] as number
      rows.flow[at] = chunk.flow[i] as number
      rows.route[at] = chunk.route[i] as number
    }
  const byTarget = new Map<string, TargetRows>()
  for (const [slot, key] of keys.entries()) {
    if (key === '') continue
    sortByEnd(targets[slot] as TargetRows)
    byTarget.set(key, targets[slot] as TargetRows)
  }
  return { byTarget, lost }
}

function makeRows(length: number): TargetRows {
  return {
    length,
    start: new Float64Array(length),
    end: new Float64Array(length),
    requestMs: new Int32Array(length),
    targetMs: new Int32Array(length),
    elbStatus: new Uint16Array(length),
    targetStatus: new Uint16Array(length),
    flow: new Int32Array(length),
    route: new Int32Array(length),
  }
}

/** A target's rows fit into the processor's cache, all rows do not: first apart, then in order. */
function sortByEnd(rows: TargetRows): void {
  const order = orderOf(rows.end)
  const { length, ...columns } = rows
  for (const column of Object.values(columns)) {
    const before = column.slice()
    for (let n = 0; n < length; n++) column[n] = before[order[n] as number] as number
  }
}

/** Rows of one file are nearly sorted, and a native sort of numbers beats one with a callback ten times. */
function orderOf(ends: Float64Array): Float64Array | Uint32Array {
  const { length } = ends
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let n = 0; n < length; n++) {
    const end = ends[n] as number
    if (end < min) min = end
    if (end > max) max = end
  }
  // Tenths of a millisecond and the index share the 53 bits of one number, unless the log spans too long for that.
  const bits = 2 ** Math.ceil(Math.log2(length + 1))
  if ((max - min) * 10 * bits < Number.MAX_SAFE_INTEGER) {
    const packed = new Float64Array(length)
    for (let n = 0; n < length; n++) packed[n] = Math.floor(((ends[n] as number) - min) * 10) * bits + n
    packed.sort()
    for (let n = 0; n < length; n++) {
      const value = packed[n] as number
      packed[n] = value - Math.floor(value / bits) * bits
    }
    return packed
  }
  return Uint32Array.from({ length }, (_, n) => n).sort((a, b) => (ends[a] as number) - (ends[b] as number) || a - b)
}
