import type { TargetRows } from './row-windows.ts'

export interface OpenRequests {
  readonly p99: number
  readonly max: number
}

/** What is needed of the kept rows of a target. */
interface Rows {
  readonly length: number
  readonly start: Float64Array
  readonly end: Float64Array
  readonly requestMs: Int32Array
}

/** Of the requests that were handed to a target, each in rising order. */
interface OpenTimes {
  /** Hand-overs: creation + request time. */
  readonly begins: Float64Array
  readonly ends: Float64Array
}

const known = new WeakMap<Rows, OpenTimes>()

/** Of one target; once, however many ask. */
export function openTimes(rows: Rows): OpenTimes {
  const before = known.get(rows)
  if (before) return before
  const begins = new Float64Array(rows.length)
  const ends = new Float64Array(rows.length)
  let used = 0
  for (let i = 0; i < rows.length; i++) {
    const begin = (rows.start[i] as number) + (rows.requestMs[i] as number)
    if (Number.isNaN(begin) || (rows.requestMs[i] as number) < 0) continue
    begins[used] = begin
    ends[used++] = Math.max(rows.end[i] as number, begin)
  }
  const made = { begins: begins.subarray(0, used).sort(), ends: ends.subarray(0, used).sort() }
  known.set(rows, made)
  return made
}

/**
 * Requests open on a target at the arrival of each request, from hand-over (creation + request time) to the end. Rows
 * of complete windows only, so a level right behind a gap is a lower bound.
 */
export function countOpenRequests(rows: TargetRows): OpenRequests | undefined {
  const { begins, ends } = openTimes(rows)
  const used = begins.length
  if (used === 0) return undefined
  const histogram: number[] = []
  let gone = 0
  let max = 0
  for (let n = 0; n < used; n++) {
    while (gone < used && (ends[gone] as number) <= (begins[n] as number)) gone++
    const open = Math.max(1, n + 1 - gone)
    histogram[open] = (histogram[open] ?? 0) + 1
    if (open > max) max = open
  }
  let left = used * 0.99
  for (let level = 1; level <= max; level++) {
    left -= histogram[level] ?? 0
    if (left <= 0) return { p99: level, max }
  }
  return { p99: max, max }
}
