import type { TargetRows } from './row-windows.ts'

/** A stretch in which a target that had requests finished none of them, and then several at once. */
export interface Stall {
  readonly from: number
  readonly to: number
  /** Requests that were handed over before it ended and were still open then. */
  readonly open: number
  /** Answers within {@link TOGETHER_MS} of its end, to requests handed over at moments at least half a stall apart. */
  readonly together: number
  /** The shortest that any of the last answers before it had taken, ms. */
  readonly waitBeforeMs: number
}

const LEAST_STALL_MS = 1_500
const TOGETHER_MS = 400
const LEAST_TOGETHER = 3
const ANSWERS_BEFORE = 5

/**
 * The staircase of a blocked event loop: open requests grow, nothing ends, then a batch ends at one instant. Busy threads
 * finish one after another instead. reference: causes.md, entry 35.
 */
export function findStalls(rows: TargetRows): Stall[] {
  const handed: number[] = []
  const ended: { readonly at: number; readonly handed: number }[] = []
  for (let i = 0; i < rows.length; i++) {
    const start = rows.start[i] as number
    if (Number.isNaN(start) || (rows.requestMs[i] as number) < 0) continue
    const at = start + (rows.requestMs[i] as number)
    handed.push(at)
    if (rows.targetStatus[i] !== 0) ended.push({ at: rows.end[i] as number, handed: at })
  }
  handed.sort((a, b) => a - b)
  const stalls: Stall[] = []
  for (let i = 1; i < ended.length; i++) {
    const from = (ended[i - 1] as { at: number }).at
    const to = (ended[i] as { at: number }).at
    if (to - from < LEAST_STALL_MS) continue
    let together = 0
    let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (let n = i; n < ended.length && (ended[n] as { at: number }).at <= to + TOGETHER_MS; n++) {
      const each = ended[n] as { handed: number }
      if (each.handed >= to) continue
      together++
      first = Math.min(first, each.handed)
      last = Math.max(last, each.handed)
    }
    if (together < LEAST_TOGETHER || last - first < (to - from) / 3) continue
    const before = ended.slice(Math.max(0, i - ANSWERS_BEFORE), i).map((each) => each.at - each.handed)
    const arrived = countUpTo(handed, to) - countUpTo(handed, from)
    stalls.push({ from, to, open: Math.max(arrived, together), together, waitBeforeMs: Math.min(...before) })
  }
  return stalls
}

/** How many values of a sorted list are <= limit. */
function countUpTo(sorted: readonly number[], limit: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] as number) <= limit) low = middle + 1
    else high = middle
  }
  return low
}
