import type { TargetRows } from './row-windows.ts'

export interface OpenRequests {
  readonly p99: number
  readonly max: number
}

/**
 * Requests open on a target at the arrival of each request, from hand-over (creation + request time) to the end. Rows
 * of complete windows only, so a level right behind a gap is a lower bound.
 */
export function countOpenRequests(rows: TargetRows): OpenRequests | undefined {
  const arrivals = new Float64Array(rows.length)
  const departures = new Float64Array(rows.length)
  let used = 0
  for (let i = 0; i < rows.length; i++) {
    const start = rows.start[i] as number
    const requestMs = rows.requestMs[i] as number
    if (Number.isNaN(start) || requestMs < 0) continue
    arrivals[used] = start + requestMs
    departures[used++] = Math.max(rows.end[i] as number, start + requestMs)
  }
  if (used === 0) return undefined
  const begins = arrivals.subarray(0, used).sort()
  const ends = departures.subarray(0, used).sort()
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
