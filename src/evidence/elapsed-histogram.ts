import { findSpikes } from './spikes.ts'

export interface ElapsedHistogram {
  /** s */
  readonly edges: readonly number[]
  readonly counts: readonly number[]
  /** Healthy requests in the same bins, scaled to as many as there are failures; null when there are none. */
  readonly control: readonly number[] | null
  /** Waits that many failures share, s: each names a timer. */
  readonly timers: readonly number[]
}

/** Seconds to a bin: the least that makes at most 60 bins. */
const WIDTHS = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120]
const MOST_BINS = 60
/** Below this a failure is quick, and its wait names no timer. */
const SLOW_MS = 500

/** Undefined when hardly a failure took long: then the wait says nothing. */
export function elapsedHistogram(
  failedMs: readonly number[],
  healthyMs: Iterable<number>,
): ElapsedHistogram | undefined {
  const usable = failedMs.filter((ms) => Number.isFinite(ms) && ms >= 0)
  const slow = usable.filter((ms) => ms >= SLOW_MS)
  if (slow.length === 0 || slow.length * 10 < usable.length) return undefined
  let most = 0
  for (const ms of usable) most = Math.max(most, ms)
  const width = WIDTHS.find((each) => most / 1000 / each < MOST_BINS - 1) ?? 240
  const bins = Math.floor(most / 1000 / width) + 2
  const fold = (waits: Iterable<number>): { counts: number[]; all: number } => {
    const counts = new Array<number>(bins).fill(0)
    let all = 0
    for (const ms of waits) {
      all++
      // A timer of 10 s ends a millisecond early or late: half a bin to the left keeps its pile in one bar.
      const bin = Math.floor(ms / 1000 / width + 0.5)
      if (bin < bins) counts[bin] = (counts[bin] as number) + 1
    }
    return { counts, all }
  }
  const failed = fold(usable)
  const healthy = fold(healthyMs)
  return {
    edges: Array.from({ length: bins + 1 }, (_, bin) => round(Math.max(0, (bin - 0.5) * width))),
    counts: failed.counts,
    control:
      healthy.all === 0
        ? null
        : healthy.counts.map((value) => Math.round((value * usable.length * 10) / healthy.all) / 10),
    timers: findSpikes(usable)
      .map((spike) => spike.seconds)
      .filter((seconds) => seconds * 1000 >= SLOW_MS)
      .slice(0, 3),
  }
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000
}
