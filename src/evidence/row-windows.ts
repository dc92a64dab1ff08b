import { FLAG_WEBSOCKET, type RequestBatch } from '../core/request-batch.ts'

/** Rows as they were read, with the run's or the scanner's ids. Sorted by nothing. */
export interface RowChunk {
  readonly start: Float64Array
  readonly end: Float64Array
  readonly requestMs: Int32Array
  readonly targetMs: Int32Array
  readonly elbStatus: Uint16Array
  readonly targetStatus: Uint16Array
  readonly flow: Int32Array
  readonly route: Int32Array
  readonly flags: Uint8Array
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
    this.#chunks.push({
      start: batch.start.slice(0, length),
      end: batch.end.slice(0, length),
      requestMs: batch.requestMs.slice(0, length),
      targetMs: batch.targetMs.slice(0, length),
      elbStatus: batch.elbStatus.slice(0, length),
      targetStatus: batch.targetStatus.slice(0, length),
      flow: batch.flow.slice(0, length),
      route: batch.route.slice(0, length),
      flags: batch.flags.slice(0, length),
      minEnd,
      maxEnd,
      failures,
    })
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
  const isKept = (chunk: RowChunk, i: number): boolean =>
    ((chunk.flags[i] as number) & FLAG_WEBSOCKET) === 0 &&
    (lost.size === 0 || !lost.has(Math.floor((chunk.end[i] as number) / WINDOW_MS)))

  for (const chunk of chunks)
    for (let i = 0; i < chunk.end.length; i++)
      if (isKept(chunk, i)) {
        const slot = slotOf(chunk.flow[i] as number)
        counts[slot] = (counts[slot] as number) + 1
      }
  const places = counts.map((count) => ({ chunk: new Int32Array(count), row: new Int32Array(count), filled: 0 }))
  for (const [c, chunk] of chunks.entries())
    for (let i = 0; i < chunk.end.length; i++)
      if (isKept(chunk, i)) {
        const place = places[slotOfFlow[chunk.flow[i] as number] as number] as (typeof places)[number]
        place.chunk[place.filled] = c
        place.row[place.filled++] = i
      }
  const byTarget = new Map<string, TargetRows>()
  for (const [slot, key] of keys.entries())
    if (key !== '') byTarget.set(key, gather(chunks, places[slot] as (typeof places)[number]))
  return { byTarget, lost }
}

function gather(
  chunks: readonly RowChunk[],
  place: { readonly chunk: Int32Array; readonly row: Int32Array },
): TargetRows {
  const length = place.row.length
  const order = sortedByEnd(chunks, place)
  const rows: TargetRows = {
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
  for (let n = 0; n < length; n++) {
    const at = order[n] as number
    const chunk = chunks[place.chunk[at] as number] as RowChunk
    const i = place.row[at] as number
    rows.start[n] = chunk.start[i] as number
    rows.end[n] = chunk.end[i] as number
    rows.requestMs[n] = chunk.requestMs[i] as number
    rows.targetMs[n] = chunk.targetMs[i] as number
    rows.elbStatus[n] = chunk.elbStatus[i] as number
    rows.targetStatus[n] = chunk.targetStatus[i] as number
    rows.flow[n] = chunk.flow[i] as number
    rows.route[n] = chunk.route[i] as number
  }
  return rows
}

/** Rows of one file are nearly sorted, and a native sort of numbers beats one with a callback ten times. */
function sortedByEnd(
  chunks: readonly RowChunk[],
  place: { readonly chunk: Int32Array; readonly row: Int32Array },
): Float64Array | Uint32Array {
  const length = place.row.length
  const ends = new Float64Array(length)
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let n = 0; n < length; n++) {
    const end = (chunks[place.chunk[n] as number] as RowChunk).end[place.row[n] as number] as number
    ends[n] = end
    if (end < min) min = end
    if (end > max) max = end
  }
  // Tenths of a millisecond and the index share the 53 bits of one number, unless the log spans too long for that.
  const bits = 2 ** Math.ceil(Math.log2(length + 1))
  if ((max - min) * 10 * bits < Number.MAX_SAFE_INTEGER) {
    for (let n = 0; n < length; n++) ends[n] = Math.floor(((ends[n] as number) - min) * 10) * bits + n
    ends.sort()
    for (let n = 0; n < length; n++) {
      const packed = ends[n] as number
      ends[n] = packed - Math.floor(packed / bits) * bits
    }
    return ends
  }
  return Uint32Array.from({ length }, (_, n) => n).sort((a, b) => (ends[a] as number) - (ends[b] as number) || a - b)
}
