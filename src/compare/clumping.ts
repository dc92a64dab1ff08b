import type { Series } from '../core/diagnosis.ts'

const BINS = 30

/**
 * How many failures make one independent event, from 1 up: Pearson's chi-square of the failures per bin of time, over its
 * degrees of freedom, with the requests of each bin as what was to be expected. A drizzle gives 1. Sixty failures in one
 * burst are one event, and their absence on another day proves as little as the absence of one.
 */
export function clumpingOf(failures: readonly number[], requests: readonly number[]): number {
  const all = sum(requests)
  const total = sum(failures)
  if (requests.length < 5 || all === 0 || total < 2) return 1
  let chiSquare = 0
  let bins = 0
  for (const [bin, count] of requests.entries()) {
    if (count === 0) continue
    const expected = (total * count) / all
    chiSquare += ((failures[bin] ?? 0) - expected) ** 2 / expected
    bins += 1
  }
  return bins < 5 ? 1 : Math.min(total, Math.max(1, chiSquare / (bins - 1)))
}

/** About thirty bins over a series, and where a moment falls among them. */
export interface TimeBins {
  readonly requests: readonly number[]
  readonly binOf: (ms: number) => number
}

export function timeBins(series: Series): TimeBins {
  const { start, stepSeconds, columns } = series
  const startMs = Date.parse(start)
  const steps = columns.requests.length
  // A short log has few steps; the bins are then parts of a step, with its requests spread evenly.
  const parts = Math.max(1, Math.floor(BINS / Math.max(1, steps)))
  const joined = Math.max(1, Math.ceil(steps / BINS))
  const bins = Math.ceil((steps * parts) / joined)
  const requests = new Array<number>(bins).fill(0)
  for (const [step, count] of columns.requests.entries())
    for (let part = 0; part < parts; part++) {
      const bin = Math.floor((step * parts + part) / joined)
      requests[bin] = (requests[bin] ?? 0) + count / parts
    }
  return {
    requests,
    binOf: (ms) => Math.floor((((ms - startMs) / 1000 / stepSeconds) * parts) / joined),
  }
}

function sum(values: readonly number[]): number {
  let total = 0
  for (const value of values) total += value
  return total
}
