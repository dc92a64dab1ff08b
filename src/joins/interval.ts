/** A constant distance between one asker's requests. */
export interface Interval {
  readonly seconds: number
  /** How many came that long after an earlier one, and of how many. */
  readonly hits: number
  readonly asked: number
  readonly fromSeconds: number
  readonly toSeconds: number
}

const LEAST_GAPS = 8
/** Askers that share one log: two load balancer nodes, a kubelet for each probe. */
const MOST_ASKERS = 4
const TOLERANCE = 0.05
const LEAST_TOLERANCE_MS = 60
const LEAST_SHARE = 0.8

/**
 * Is this series of times (ms, ascending) regular? With `k` askers of one interval in it, each request comes one interval
 * after the `k`-th before it. `stepMs` is the times' resolution. Undefined: too few, or not regular.
 */
export function findInterval(times: readonly number[], stepMs: number): Interval | undefined {
  for (let askers = 1; askers <= MOST_ASKERS; askers++) {
    const gaps = times.slice(askers).map((time, n) => time - (times[n] as number))
    if (gaps.length < LEAST_GAPS) return undefined
    const sorted = [...gaps].sort((a, b) => a - b)
    const middle = sorted[sorted.length >> 1] as number
    const tolerance = Math.max(TOLERANCE * middle, LEAST_TOLERANCE_MS, stepMs)
    const near = sorted.filter((gap) => Math.abs(gap - middle) <= tolerance)
    if (near.length < LEAST_SHARE * gaps.length) continue
    // Everything is regular on a clock that is coarse enough.
    if (middle < 4 * Math.max(stepMs, LEAST_TOLERANCE_MS)) return undefined
    return {
      seconds: Math.round(middle / 100) / 10,
      hits: near.length,
      asked: gaps.length,
      fromSeconds: (near[0] as number) / 1000,
      toSeconds: (near.at(-1) as number) / 1000,
    }
  }
  return undefined
}
