import { sortTimes } from '../core/sort-times.ts'
import { openTimes } from './open-requests.ts'
import { WINDOW_MS } from './row-windows.ts'

/** What the two functions need of the kept rows of a target. */
interface Rows {
  readonly length: number
  readonly start: Float64Array
  readonly end: Float64Array
  readonly requestMs: Int32Array
  readonly elbStatus: Uint16Array
}

export interface OpenAtArrival {
  readonly edges: readonly number[]
  readonly counts: readonly number[]
  /** Requests that were answered, scaled to as many as there are failures. */
  readonly control: readonly number[]
  /** The number that parts them best; undefined: none does. */
  readonly knee: { readonly from: number; readonly failedShare: number; readonly answeredShare: number } | undefined
}

const MOST_BINS = 50
const LEAST_FAILURES = 5
/** How much larger a share of the failures than of the answers has to lie at the knee and above. */
const KNEE = 0.3
/** A number that holds for some of the failures is no limit. */
const MOST_OF_THEM = 0.9

/**
 * How many requests the target held when a failed request came to it, against those that it answered. A limit (workers,
 * threads, a queue's length) shows as a knee: no failure below a number, and most answers there.
 */
export function openAtArrival(
  targets: readonly { readonly rows: Rows; readonly failedAt: readonly number[] }[],
  lost: ReadonlySet<number>,
): OpenAtArrival | undefined {
  const failed: number[] = []
  const answered: number[] = []
  for (const { rows, failedAt } of targets) {
    const { levelAt, answeredAt } = levelsOf(rows)
    for (const at of failedAt)
      if (!Number.isNaN(at) && !lost.has(Math.floor(at / WINDOW_MS))) count(failed, levelAt(at))
    for (const [level, more] of answeredAt.entries()) count(answered, level, more)
  }
  const failures = sum(failed)
  const answers = sum(answered)
  const most = Math.max(failed.length, answered.length) - 1
  if (failures < LEAST_FAILURES || answers === 0 || most < 2) return undefined
  const width = Math.max(1, Math.ceil((most + 1) / MOST_BINS))
  const bins = Math.floor(most / width) + 1
  const fold = (levelCounts: readonly number[], scale: number): number[] =>
    Array.from({ length: bins }, (_, bin) => {
      let all = 0
      for (let level = bin * width; level < (bin + 1) * width; level++) all += levelCounts[level] ?? 0
      return Math.round(all * scale * 10) / 10
    })
  return {
    edges: Array.from({ length: bins + 1 }, (_, bin) => bin * width),
    counts: fold(failed, 1),
    control: fold(answered, failures / answers),
    knee: kneeOf(failed, answered, failures, answers),
  }
}

function kneeOf(
  failed: readonly number[],
  answered: readonly number[],
  failures: number,
  answers: number,
): OpenAtArrival['knee'] {
  let best: OpenAtArrival['knee']
  let [failedBelow, answeredBelow] = [0, 0]
  for (let from = 0; from < failed.length; from++) {
    const found = { from, failedShare: 1 - failedBelow / failures, answeredShare: 1 - answeredBelow / answers }
    const isCandidate = from >= 2 && found.failedShare >= MOST_OF_THEM
    if (isCandidate && (best === undefined || gap(found) > gap(best))) best = found
    failedBelow += failed[from] ?? 0
    answeredBelow += answered[from] ?? 0
  }
  return best !== undefined && gap(best) >= KNEE ? best : undefined
}

function gap(knee: NonNullable<OpenAtArrival['knee']>): number {
  return knee.failedShare - knee.answeredShare
}

interface Levels {
  readonly levelAt: (at: number) => number
  /** Answered requests by the level they came at. */
  readonly answeredAt: readonly number[]
}

const known = new WeakMap<Rows, Levels>()

/** Of one target; once, however many findings ask. */
function levelsOf(rows: Rows): Levels {
  const before = known.get(rows)
  if (before) return before
  const { begins, ends } = openTimes(rows)
  const made = {
    levelAt: (at: number) => Math.max(0, below(begins, at) - below(ends, at)),
    answeredAt: levelsOfAnswered(rows, begins, ends),
  }
  known.set(rows, made)
  return made
}

/** Moments in order, so that one walk over hand-overs and ends serves them all. */
function levelsOfAnswered(rows: Rows, begins: Float64Array, ends: Float64Array): number[] {
  const starts = new Float64Array(rows.length)
  const used = fillStarts(starts, rows)
  const counts = new Uint32Array(begins.length + 1)
  const most = countLevels(counts, sortTimes(starts.subarray(0, used)), begins, ends)
  return Array.from(counts.subarray(0, most + 1))
}

function fillStarts(starts: Float64Array, { length, start, elbStatus }: Rows): number {
  let used = 0
  for (let i = 0; i < length; i++) {
    const at = start[i] as number
    if (!Number.isNaN(at) && isAnswered(elbStatus[i] as number)) starts[used++] = at
  }
  return used
}

/** Returns the highest level that there was, -1 without starts. */
function countLevels(counts: Uint32Array, starts: Float64Array, begins: Float64Array, ends: Float64Array): number {
  let most = -1
  let [begun, done] = [0, 0]
  for (let n = 0; n < starts.length; n++) {
    const at = starts[n] as number
    while (begun < begins.length && (begins[begun] as number) < at) begun++
    while (done < ends.length && (ends[done] as number) < at) done++
    const level = Math.max(0, begun - done)
    counts[level] = (counts[level] as number) + 1
    if (level > most) most = level
  }
  return most
}

/** Values of a sorted list that are less than a limit. */
function below(sorted: Float64Array, limit: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] as number) < limit) low = middle + 1
    else high = middle
  }
  return low
}

function isAnswered(elbStatus: number): boolean {
  return elbStatus > 0 && elbStatus < 500 && elbStatus !== 460
}

function count(counts: number[], level: number, more = 1): void {
  while (counts.length <= level) counts.push(0)
  counts[level] = (counts[level] as number) + more
}

function sum(values: readonly number[]): number {
  let all = 0
  for (const value of values) all += value
  return all
}
