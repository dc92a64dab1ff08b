import type { TargetRows } from './kept-traffic.ts'
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

/** Every edge of every width lies on a multiple of this, so counts of it can be joined into any of them. */
const FINE_MS = 25
/** Up to 20 minutes; what took longer is counted in the last bin and drawn nowhere. */
const FINE_BINS = 1_200_000 / FINE_MS + 1

/** How long requests took: the fine bins that hold some, rising, and how many each. */
export interface FineCounts {
  readonly bins: Uint32Array
  readonly counts: Uint32Array
}

/** Of healthy requests, once for all histograms that they are the control of. */
export function countHealthy(targets: readonly TargetRows[]): FineCounts {
  const all = new Uint32Array(FINE_BINS)
  for (const rows of targets) addHealthy(all, rows)
  const bins = new Uint32Array(FINE_BINS)
  const used = listFilled(bins, all)
  return { bins: bins.slice(0, used), counts: Uint32Array.from(bins.subarray(0, used), (bin) => all[bin] as number) }
}

function listFilled(bins: Uint32Array, counts: Uint32Array): number {
  let used = 0
  for (let bin = 0; bin < counts.length; bin++) if (counts[bin] !== 0) bins[used++] = bin
  return used
}

function addHealthy(counts: Uint32Array, { length, start, end, elbStatus, targetStatus }: TargetRows): void {
  for (let i = 0; i < length; i++) {
    const ms = (end[i] as number) - (start[i] as number)
    if (targetStatus[i] === 0 || (elbStatus[i] as number) >= 400 || !(ms >= 0)) continue
    const bin = Math.min(FINE_BINS - 1, Math.floor(ms / FINE_MS))
    counts[bin] = (counts[bin] as number) + 1
  }
}

/** Undefined when hardly a failure took long: then the wait says nothing. */
export function elapsedHistogram(
  failedMs: readonly number[],
  /** From {@link countHealthy}. */
  healthyFine: FineCounts,
): ElapsedHistogram | undefined {
  const usable = failedMs.filter((ms) => Number.isFinite(ms) && ms >= 0)
  const slow = usable.filter((ms) => ms >= SLOW_MS)
  if (slow.length === 0 || slow.length * 10 < usable.length) return undefined
  let most = 0
  for (const ms of usable) most = Math.max(most, ms)
  const width = WIDTHS.find((each) => most / 1000 / each < MOST_BINS - 1) ?? 240
  const bins = Math.floor(most / 1000 / width) + 2
  // A timer of 10 s ends a millisecond early or late: half a bin to the left keeps its pile in one bar.
  const binOf = (ms: number): number => Math.floor(ms / 1000 / width + 0.5)
  const counts = new Array<number>(bins).fill(0)
  for (const ms of usable) counts[binOf(ms)] = (counts[binOf(ms)] as number) + 1
  const healthy = new Array<number>(bins).fill(0)
  let healthyAll = 0
  for (const [n, fine] of healthyFine.bins.entries()) {
    const here = healthyFine.counts[n] as number
    healthyAll += here
    const bin = binOf((fine + 0.5) * FINE_MS)
    if (bin < bins && fine < FINE_BINS - 1) healthy[bin] = (healthy[bin] as number) + here
  }
  return {
    edges: Array.from({ length: bins + 1 }, (_, bin) => round(Math.max(0, (bin - 0.5) * width))),
    counts,
    control:
      healthyAll === 0 ? null : healthy.map((value) => Math.round((value * usable.length * 10) / healthyAll) / 10),
    timers: findSpikes(usable)
      .map((spike) => spike.seconds)
      .filter((seconds) => seconds * 1000 >= SLOW_MS)
      .slice(0, 3),
  }
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000
}
