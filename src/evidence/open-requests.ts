import { sortTimes } from '../core/sort-times.ts'
import type { TargetRows } from './kept-traffic.ts'

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
  const used = fillTimes(rows, begins, ends)
  const made = { begins: sortTimes(begins.subarray(0, used)), ends: sortTimes(ends.subarray(0, used)) }
  known.set(rows, made)
  return made
}

function fillTimes({ length, start, end, requestMs }: Rows, begins: Float64Array, ends: Float64Array): number {
  let used = 0
  for (let i = 0; i < length; i++) {
    const begin = (start[i] as number) + (requestMs[i] as number)
    if (Number.isNaN(begin) || (requestMs[i] as number) < 0) continue
    begins[used] = begin
    ends[used++] = Math.max(end[i] as number, begin)
  }
  return used
}

/**
 * Requests open on a target at the arrival of each request, from hand-over (creation + request time) to the end. Rows
 * of complete windows only, so a level right behind a gap is a lower bound.
 */
export function countOpenRequests(rows: TargetRows): OpenRequests | undefined {
  const { begins, ends } = openTimes(rows)
  const used = begins.length
  if (used === 0) return undefined
  const histogram = new Uint32Array(used + 1)
  const max = countLevels(histogram, begins, ends)
  let left = used * 0.99
  for (let level = 1; level <= max; level++) {
    left -= histogram[level] as number
    if (left <= 0) return { p99: level, max }
  }
  return { p99: max, max }
}

/** By level, from 1; a request counts itself. Returns the highest. */
function countLevels(histogram: Uint32Array, begins: Float64Array, ends: Float64Array): number {
  let max = 1
  let gone = 0
  for (let n = 0; n < begins.length; n++) {
    const begin = begins[n] as number
    while (gone < ends.length && (ends[gone] as number) <= begin) gone++
    const open = Math.max(1, n + 1 - gone)
    histogram[open] = (histogram[open] as number) + 1
    if (open > max) max = open
  }
  return max
}
