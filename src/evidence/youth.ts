import { binomialSurprise } from '../core/binomial-surprise.ts'
import type { TargetRows } from './kept-traffic.ts'

/** A target that was first seen in the middle of the log. */
export interface YoungTarget {
  readonly rows: TargetRows
  readonly bornMs: number
  /** Shortly after the last failure of its youth began. */
  readonly coldUntilMs: number
}

interface Crowd {
  readonly requests: number
  readonly failures: number
  /** Median wait for the target; a failure counts with the time it had waited. */
  readonly medianMs: number
}

export interface Youth {
  readonly cold: Crowd
  /** The same targets, for ten minutes from then on. */
  readonly later: Crowd
  /** Targets that were there before, while the young ones were cold. */
  readonly siblings: Crowd
  /** -log10 of the chance of so many failures of the young at the rate of their siblings. */
  readonly surprise: number
  /** -log10 of the chance of so few failures later at the rate of the youth. */
  readonly mended: number
  /** By age, s. */
  readonly steps: readonly (Crowd & { readonly from: number; readonly to: number })[]
}

const LATER_MS = 600_000
const STEPS_SECONDS = [0, 10, 20, 30, 60, LATER_MS / 1_000] as const

/** What new targets did with the requests of their first minute, against what they did later and what older targets did. */
export function youthTest(young: readonly YoungTarget[], siblings: readonly TargetRows[]): Youth {
  const cold = crowdIn(young.map(({ rows, bornMs, coldUntilMs }) => ({ rows, from: bornMs, to: coldUntilMs })))
  const later = crowdIn(young.map(({ rows, coldUntilMs }) => ({ rows, from: coldUntilMs, to: coldUntilMs + LATER_MS })))
  const meanwhile = merged(young.map(({ bornMs, coldUntilMs }) => ({ from: bornMs, to: coldUntilMs })))
  const theirs = crowdIn(siblings.flatMap((rows) => meanwhile.map((stretch) => ({ rows, ...stretch }))))
  // A control is a sample too, and never taken as exactly none.
  const usual = (theirs.failures + 1) / (theirs.requests + 2)
  const rate = (cold.failures + 1) / (cold.requests + 2)
  return {
    cold,
    later,
    siblings: theirs,
    surprise: cold.failures > usual * cold.requests ? binomialSurprise(cold.failures, cold.requests, usual) : 0,
    mended:
      later.failures < rate * later.requests
        ? binomialSurprise(later.requests - later.failures, later.requests, 1 - rate)
        : 0,
    steps: STEPS_SECONDS.slice(0, -1).map((from, n) => {
      const to = STEPS_SECONDS[n + 1] as number
      const parts = young.map(({ rows, bornMs }) => ({ rows, from: bornMs + from * 1_000, to: bornMs + to * 1_000 }))
      return { from, to, ...crowdIn(parts) }
    }),
  }
}

/** Requests that were handed over and began in the stretch of their target. */
function crowdIn(parts: readonly { readonly rows: TargetRows; readonly from: number; readonly to: number }[]): Crowd {
  const waits: number[] = []
  let failures = 0
  for (const { rows, from, to } of parts)
    for (let i = 0; i < rows.length; i++) {
      const start = rows.start[i] as number
      const requestMs = rows.requestMs[i] as number
      if (!(start >= from && start < to) || requestMs < 0) continue
      const targetMs = rows.targetMs[i] as number
      waits.push(targetMs >= 0 ? targetMs : (rows.end[i] as number) - start - requestMs)
      if ((rows.elbStatus[i] as number) >= 500) failures++
    }
  const sorted = Float64Array.from(waits).sort()
  return { requests: sorted.length, failures, medianMs: sorted[sorted.length >> 1] ?? 0 }
}

/** Stretches that overlap become one, so that no request is counted twice. */
function merged(stretches: readonly { readonly from: number; readonly to: number }[]): { from: number; to: number }[] {
  const apart: { from: number; to: number }[] = []
  for (const { from, to } of [...stretches].sort((a, b) => a.from - b.from)) {
    const last = apart.at(-1)
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to)
    else apart.push({ from, to })
  }
  return apart
}
