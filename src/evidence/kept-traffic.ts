import { type Columns, cutColumns, makeColumns } from '../core/columns.ts'
import { FLAG_WEBSOCKET } from '../core/request-batch.ts'
import { sortTimes } from '../core/sort-times.ts'
import { type KeptRows, type RowChunk, WINDOW_MS } from './row-windows.ts'

const targetColumns = {
  start: Float64Array,
  end: Float64Array,
  requestMs: Int32Array,
  targetMs: Int32Array,
  elbStatus: Uint16Array,
  targetStatus: Uint16Array,
  flow: Int32Array,
  route: Int32Array,
} as const

/** All kept rows of one target, by end. */
export interface TargetRows extends Readonly<Columns<typeof targetColumns>> {
  readonly length: number
}

export interface KeptTraffic {
  /** By target key, rows of complete windows only. */
  readonly byTarget: ReadonlyMap<string, TargetRows>
  /** Windows that any worker gave up: whatever is left of them is incomplete. */
  readonly lost: ReadonlySet<number>
}

/** What one scanner kept, and the run's ids for its own. */
export interface KeptPart extends KeptRows {
  readonly flows: Int32Array
  readonly routes: Int32Array
}

/** Has no place among the rows that are judged: no target, a WebSocket, a window that is not complete. */
const NOWHERE = 0xffff_ffff

/**
 * Joins what the workers kept, target by target and in order. A row's place is found first, from its end and its index
 * alone; then each column moves once. `keyOf` names the target of a flow of the run, '' when there is none.
 */
export function joinKept(parts: readonly KeptPart[], keyOf: (flow: number) => string): KeptTraffic {
  const lost = new Set(parts.flatMap((part) => part.lost))
  const targets = new Targets(keyOf)
  let base = 0
  const chunks = parts.flatMap((part) => {
    const slots = part.flows.map((flow) => targets.slotOf(flow))
    return part.chunks.map((chunk) => {
      const from = base
      base += chunk.end.length
      return { chunk, slots, part, from, to: base }
    })
  })
  const place = new Uint32Array(base)
  const counts = new Uint32Array(targets.keys.length)
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const { chunk, slots, from, to } of chunks) {
    min = Math.min(min, chunk.minEnd)
    max = Math.max(max, chunk.maxEnd)
    assignSlots(place.subarray(from, to), chunk, slots, counts, lost)
  }
  const all = makeColumns(targetColumns, orderRows(place, chunks, counts, min, max))
  for (const { chunk, part, from, to } of chunks) {
    const places = place.subarray(from, to)
    moveTimes(all, chunk, places)
    moveWaits(all, chunk, places)
    moveStatuses(all, chunk, places)
    moveIds(all, chunk, places, part)
  }
  const byTarget = new Map<string, TargetRows>()
  let first = 0
  for (const [slot, key] of targets.keys.entries()) {
    const length = counts[slot] as number
    if (length > 0) byTarget.set(key, { length, ...cutColumns(targetColumns, all, first, first + length) })
    first += length
  }
  return { byTarget, lost }
}

/** Targets get a number, one for all flows to them. */
class Targets {
  readonly keys: string[] = []
  readonly #slots = new Map<string, number>()
  readonly #keyOf: (flow: number) => string

  constructor(keyOf: (flow: number) => string) {
    this.#keyOf = keyOf
  }

  /** -1: there is none. */
  slotOf(flow: number): number {
    const key = this.#keyOf(flow)
    if (key === '') return -1
    let slot = this.#slots.get(key)
    if (slot === undefined) {
      slot = this.keys.push(key) - 1
      this.#slots.set(key, slot)
    }
    return slot
  }
}

/** The slot of each row's target, for now, in its place. */
function assignSlots(
  place: Uint32Array,
  { end, flow, flags, minEnd, maxEnd }: RowChunk,
  slots: Int32Array,
  counts: Uint32Array,
  lost: ReadonlySet<number>,
): void {
  const last = Math.floor(maxEnd / WINDOW_MS)
  let isAnyLost = last - Math.floor(minEnd / WINDOW_MS) > 1_000
  for (let each = Math.floor(minEnd / WINDOW_MS); each <= last && !isAnyLost; each++) isAnyLost = lost.has(each)
  let window = Number.NaN
  let isWindowLost = false
  for (let i = 0; i < end.length; i++) {
    if (isAnyLost) {
      // Neighbours share their window.
      const mine = Math.floor((end[i] as number) / WINDOW_MS)
      if (mine !== window) {
        window = mine
        isWindowLost = lost.has(mine)
      }
    }
    const slot = slots[flow[i] as number] as number
    if (isWindowLost || slot < 0 || ((flags[i] as number) & FLAG_WEBSOCKET) !== 0) {
      place[i] = NOWHERE
      continue
    }
    place[i] = slot
    counts[slot] = (counts[slot] as number) + 1
  }
}

/** Parts of a millisecond by which rows are put in order: as the log writes its times, or coarser. */
const PRECISIONS = [1_000, 10]

/**
 * Turns slots into places: target after target, by end, those of one end as they came. A native sort of numbers beats
 * one with a callback ten times, so an end and an index share the 53 bits of one number, unless the log spans too long
 * for that. Returns how many rows there are.
 */
function orderRows(
  place: Uint32Array,
  chunks: readonly { readonly chunk: RowChunk; readonly from: number }[],
  counts: Uint32Array,
  min: number,
  max: number,
): number {
  const next = new Uint32Array(counts.length)
  let rows = 0
  for (let slot = 0; slot < counts.length; slot++) {
    next[slot] = rows
    rows += counts[slot] as number
  }
  const keys = new Float64Array(rows)
  const parts = PRECISIONS.find((each) => (max - min) * each * place.length < Number.MAX_SAFE_INTEGER) ?? 0
  const scale = parts === 0 ? 0 : place.length
  for (const { chunk, from } of chunks) collectKeys(keys, next, place, from, chunk.end, min, parts, scale)
  const ends = parts === 0 ? allEnds(place.length, chunks) : undefined
  let first = 0
  for (const count of counts) {
    const mine = keys.subarray(first, first + count)
    if (ends === undefined) sortTimes(mine)
    else mine.sort((a, b) => (ends[a] as number) - (ends[b] as number) || a - b)
    placeInOrder(place, mine, first, scale)
    first += count
  }
  return rows
}

function allEnds(length: number, chunks: readonly { readonly chunk: RowChunk; readonly from: number }[]): Float64Array {
  const ends = new Float64Array(length)
  for (const { chunk, from } of chunks) ends.set(chunk.end, from)
  return ends
}

/** `scale` 0: the index alone. */
function collectKeys(
  keys: Float64Array,
  next: Uint32Array,
  place: Uint32Array,
  base: number,
  end: Float64Array,
  min: number,
  parts: number,
  scale: number,
): void {
  for (let i = 0; i < end.length; i++) {
    const slot = place[base + i] as number
    if (slot === NOWHERE) continue
    const at = next[slot] as number
    next[slot] = at + 1
    keys[at] = Math.round(((end[i] as number) - min) * parts) * scale + base + i
  }
}

function placeInOrder(place: Uint32Array, keys: Float64Array, from: number, scale: number): void {
  for (let n = 0; n < keys.length; n++) {
    const key = keys[n] as number
    place[scale === 0 ? key : key - Math.floor(key / scale) * scale] = from + n
  }
}

type TargetColumns = Columns<typeof targetColumns>

// A function for each kind of column, and two of a kind at once: one for all kinds is compiled anew with each that it meets.

function moveTimes({ start, end }: TargetColumns, from: RowChunk, to: Uint32Array): void {
  for (let i = 0; i < to.length; i++) {
    const at = to[i] as number
    if (at === NOWHERE) continue
    start[at] = from.start[i] as number
    end[at] = from.end[i] as number
  }
}

function moveWaits({ requestMs, targetMs }: TargetColumns, from: RowChunk, to: Uint32Array): void {
  for (let i = 0; i < to.length; i++) {
    const at = to[i] as number
    if (at === NOWHERE) continue
    requestMs[at] = from.requestMs[i] as number
    targetMs[at] = from.targetMs[i] as number
  }
}

function moveStatuses({ elbStatus, targetStatus }: TargetColumns, from: RowChunk, to: Uint32Array): void {
  for (let i = 0; i < to.length; i++) {
    const at = to[i] as number
    if (at === NOWHERE) continue
    elbStatus[at] = from.elbStatus[i] as number
    targetStatus[at] = from.targetStatus[i] as number
  }
}

function moveIds({ flow, route }: TargetColumns, from: RowChunk, to: Uint32Array, { flows, routes }: KeptPart): void {
  for (let i = 0; i < to.length; i++) {
    const at = to[i] as number
    if (at === NOWHERE) continue
    flow[at] = flows[from.flow[i] as number] as number
    route[at] = routes[from.route[i] as number] as number
  }
}
