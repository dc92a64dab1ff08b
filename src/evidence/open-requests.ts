import type { RowCell } from './row-cells.ts'

export interface OpenRequests {
  readonly p99: number
  readonly max: number
}

/**
 * Requests open on each target at the arrival of each request, from hand-over (creation + request time) to the end, by
 * `load balancer|target group|target`. Only rows of complete cells, so a level right behind a gap is a lower bound.
 */
export function countOpenRequests(cells: readonly RowCell[]): Map<string, OpenRequests> {
  const byKey = new Map<string, RowCell[]>()
  for (const cell of cells) {
    const list = byKey.get(cell.key)
    if (list) list.push(cell)
    else byKey.set(cell.key, [cell])
  }
  const result = new Map<string, OpenRequests>()
  for (const [key, list] of byKey) {
    const levels = levelsOf(list)
    if (levels !== undefined) result.set(key, levels)
  }
  return result
}

function levelsOf(cells: readonly RowCell[]): OpenRequests | undefined {
  let size = 0
  for (const cell of cells) size += cell.length
  const begins = new Float64Array(size)
  const ends = new Float64Array(size)
  let rows = 0
  for (const cell of cells)
    for (let i = 0; i < cell.length; i++) {
      const start = cell.start[i] as number
      const requestMs = cell.requestMs[i] as number
      if (Number.isNaN(start) || requestMs < 0) continue
      begins[rows] = start + requestMs
      ends[rows] = Math.max(cell.end[i] as number, start + requestMs)
      rows++
    }
  if (rows === 0) return undefined
  const arrivals = begins.subarray(0, rows).sort()
  const departures = ends.subarray(0, rows).sort()
  const histogram: number[] = []
  let gone = 0
  let max = 0
  for (let n = 0; n < rows; n++) {
    while (gone < rows && (departures[gone] as number) <= (arrivals[n] as number)) gone++
    const open = Math.max(1, n + 1 - gone)
    histogram[open] = (histogram[open] ?? 0) + 1
    if (open > max) max = open
  }
  let left = rows * 0.99
  let p99 = max
  for (let level = 1; level <= max; level++) {
    left -= histogram[level] ?? 0
    if (left <= 0) {
      p99 = level
      break
    }
  }
  return { p99, max }
}
