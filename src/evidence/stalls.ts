import type { TargetRows } from './kept-traffic.ts'
import { openTimes } from './open-requests.ts'

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
  const { begins } = openTimes(rows)
  const { ended, handed } = answersOf(rows)
  const stalls: Stall[] = []
  for (let i = 1; i < ended.length; i++) {
    const from = ended[i - 1] as number
    const to = ended[i] as number
    if (to - from < LEAST_STALL_MS) continue
    let together = 0
    let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (let n = i; n < ended.length && (ended[n] as number) <= to + TOGETHER_MS; n++) {
      const begin = handed[n] as number
      if (begin >= to) continue
      together++
      first = Math.min(first, begin)
      last = Math.max(last, begin)
    }
    if (together < LEAST_TOGETHER || last - first < (to - from) / 3) continue
    let waitBeforeMs = Number.POSITIVE_INFINITY
    for (let n = Math.max(0, i - ANSWERS_BEFORE); n < i; n++)
      waitBeforeMs = Math.min(waitBeforeMs, (ended[n] as number) - (handed[n] as number))
    const arrived = countUpTo(begins, to) - countUpTo(begins, from)
    stalls.push({ from, to, open: Math.max(arrived, together), together, waitBeforeMs })
  }
  return stalls
}

/** The target's answers in order: when they ended and when their requests were handed over. */
function answersOf({ length, start, end, requestMs, targetStatus }: TargetRows) {
  const ended = new Float64Array(length)
  const handed = new Float64Array(length)
  let used = 0
  for (let i = 0; i < length; i++) {
    const begin = (start[i] as number) + (requestMs[i] as number)
    if (Number.isNaN(begin) || (requestMs[i] as number) < 0 || targetStatus[i] === 0) continue
    ended[used] = end[i] as number
    handed[used++] = begin
  }
  return { ended: ended.subarray(0, used), handed: handed.subarray(0, used) }
}

/** How many values of a sorted list are <= limit. */
function countUpTo(sorted: Float64Array, limit: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] as number) <= limit) low = middle + 1
    else high = middle
  }
  return low
}
