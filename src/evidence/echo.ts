import type { TargetRows } from './row-windows.ts'

/** One request that asks: did an answer on my node and target end exactly T before me? */
export interface EchoProbe {
  /** Id of the (node, target) flow. */
  readonly flow: number
  /** When the load balancer handed the request over: creation + request time, epoch ms. */
  readonly handOverMs: number
}

export interface EchoResult {
  /** Lag window with the largest excess, ms: `[fromMs, toMs)`. */
  readonly fromMs: number
  readonly toMs: number
  /** Median lag of the echoes inside the window, s. */
  readonly seconds: number
  /** Probes with an earlier answer inside the window, of all probes. */
  readonly hits: number
  readonly of: number
  /** The same for healthy requests of the same flows. */
  readonly controlHits: number
  readonly controlOf: number
  /** Decimal exponent of how unlikely this many echoes are by chance, all lags tried included: 6 = once in a million. */
  readonly surprise: number
  /** Echoes per probe beyond the control: 1 when every probe has its own. */
  readonly excessPerProbe: number
  /** For drawing: 20 ms bins around the window; control scaled to the number of probes. */
  readonly bins: {
    readonly edges: readonly number[]
    readonly counts: readonly number[]
    readonly control: readonly number[]
  }
  /** Earlier answers per probe that fall into a window of this width at the lags beside it: how dense the traffic is. */
  readonly background: number
  /** Distinct seconds in which a probe with an echo stands: bursts of a client count once. */
  readonly moments: number
  /** Which probes have an echo inside the window or within 10 ms of it. */
  readonly isHit: readonly boolean[]
}

const BIN_MS = 20
const LONGEST_MS = 130_000
const SHORTEST_MS = 700
const BINS = LONGEST_MS / BIN_MS
/** uvicorn's band is a round trip wide, gunicorn's threads sweep every half second. */
const WIDTHS = [1, 2, 5, 30]
/** Bins drawn to either side of the window. */
const DRAWN_BINS = 15
const MOST_PROBES = 600
const MOST_CONTROLS = 1_500
/** Some 20,000 windows are looked at. */
const TRIALS_EXPONENT = 4.3
const LEAST_SURPRISE = 5

/**
 * The keep-alive echo test: for each failed request, the lags to all earlier answers on the same node and target, up to
 * 130 s, against the same lags of healthy requests. A target that closes idle connections after T leaves a spike at T;
 * with many connections the answer that used this connection need not be the latest one. reference: causes.md 1.2 (1).
 */
export function echoTest(probes: readonly EchoProbe[], byTarget: readonly TargetRows[]): EchoResult | undefined {
  const ends = new Map<number, number[]>()
  const healthy: EchoProbe[] = []
  const probed = new Set(probes.map((probe) => probe.flow))
  for (const rows of byTarget)
    for (let i = 0; i < rows.length; i++) {
      const flow = rows.flow[i] as number
      if (!probed.has(flow) || rows.targetStatus[i] === 0) continue
      const list = ends.get(flow)
      if (list) list.push(rows.end[i] as number)
      else ends.set(flow, [rows.end[i] as number])
      if ((rows.targetStatus[i] as number) < 500 && (rows.requestMs[i] as number) >= 0)
        healthy.push({ flow, handOverMs: (rows.start[i] as number) + (rows.requestMs[i] as number) })
    }
  if (healthy.length < 20) return undefined
  const asked = thin(probes, MOST_PROBES)
  const controls = thin(
    healthy.filter((probe) => !Number.isNaN(probe.handOverMs)),
    MOST_CONTROLS,
  )
  const counts = countLags(asked, ends)
  const controlCounts = countLags(controls, ends)
  const best = findSpike(counts, controlCounts, asked.length, controls.length)
  if (best === undefined) return undefined

  const fromMs = best.from * BIN_MS
  const toMs = best.to * BIN_MS
  // ±10 ms: creation times have ms precision and hand-over is rounded to 1 ms on each side.
  const isHit = probes.map((probe) => hasEchoIn(probe, ends, fromMs - 10, toMs + 10))
  const hits = probes.filter((probe) => hasEchoIn(probe, ends, fromMs, toMs)).length
  const controlHits = controls.filter((probe) => hasEchoIn(probe, ends, fromMs, toMs)).length
  const lags = asked.flatMap((probe) => lagsIn(probe, ends, fromMs, toMs)).sort((a, b) => a - b)
  const scale = asked.length / controls.length
  const drawnFrom = Math.max(0, best.from - DRAWN_BINS)
  const drawnTo = Math.min(BINS, best.to + DRAWN_BINS)
  return {
    fromMs,
    toMs,
    seconds: Math.round((lags[Math.floor(lags.length / 2)] ?? toMs) / 100) / 10,
    hits,
    of: probes.length,
    controlHits,
    controlOf: controls.length,
    surprise: best.surprise - TRIALS_EXPONENT,
    excessPerProbe: best.excess / asked.length,
    background: (localRate(prefix(counts), best.from, best.to - best.from, 50) * (best.to - best.from)) / asked.length,
    moments: new Set(probes.filter((_, n) => isHit[n]).map((probe) => Math.floor(probe.handOverMs / 1000))).size,
    bins: {
      edges: Array.from({ length: drawnTo - drawnFrom + 1 }, (_, n) => ((drawnFrom + n) * BIN_MS) / 1000),
      counts: Array.from(counts.subarray(drawnFrom, drawnTo)),
      control: Array.from(controlCounts.subarray(drawnFrom, drawnTo), (value) => Math.round(value * scale * 10) / 10),
    },
    isHit,
  }
}

/** Evenly over time, first and last included. */
function thin<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items]
  const out: T[] = []
  for (let n = 0; n < most; n++) out.push(items[Math.floor((n * items.length) / most)] as T)
  return out
}

function countLags(probes: readonly EchoProbe[], ends: ReadonlyMap<number, readonly number[]>): Float64Array {
  const counts = new Float64Array(BINS)
  for (const { flow, handOverMs } of probes) {
    const list = ends.get(flow)
    if (list === undefined) continue
    for (let i = firstAbove(list, handOverMs - LONGEST_MS); i < list.length; i++) {
      const lag = handOverMs - (list[i] as number)
      if (lag < SHORTEST_MS) break
      const bin = Math.floor(lag / BIN_MS)
      if (bin < BINS) counts[bin] = (counts[bin] as number) + 1
    }
  }
  return counts
}

function hasEchoIn(
  probe: EchoProbe,
  ends: ReadonlyMap<number, readonly number[]>,
  fromMs: number,
  toMs: number,
): boolean {
  const list = ends.get(probe.flow)
  if (list === undefined) return false
  const end = list[firstAbove(list, probe.handOverMs - toMs)]
  return end !== undefined && end <= probe.handOverMs - fromMs
}

function lagsIn(
  probe: EchoProbe,
  ends: ReadonlyMap<number, readonly number[]>,
  fromMs: number,
  toMs: number,
): number[] {
  const list = ends.get(probe.flow) ?? []
  const lags: number[] = []
  for (let i = firstAbove(list, probe.handOverMs - toMs); i < list.length; i++) {
    const lag = probe.handOverMs - (list[i] as number)
    if (lag < fromMs) break
    lags.push(lag)
  }
  return lags
}

/** Index of the first value > limit in a sorted list. */
function firstAbove(list: readonly number[], limit: number): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((list[middle] as number) > limit) high = middle
    else low = middle + 1
  }
  return low
}

interface Spike {
  readonly from: number
  readonly to: number
  readonly surprise: number
  readonly excess: number
}

function findSpike(counts: Float64Array, control: Float64Array, probes: number, controls: number): Spike | undefined {
  const scale = probes / controls
  const sum = prefix(counts)
  const controlSum = prefix(control)
  const found: Spike[] = []
  for (const width of WIDTHS)
    for (let from = SHORTEST_MS / BIN_MS; from + width <= BINS; from++) {
      const seen = (sum[from + width] as number) - (sum[from] as number)
      if (seen < 3) continue
      const expected = ((controlSum[from + width] as number) - (controlSum[from] as number)) * scale
      // Failures often come at busy times, when every lag is fuller: measure against the lags around as well.
      const around = Math.max(25, width * 4)
      const near = localRate(sum, from, width, around)
      const controlNear = localRate(controlSum, from, width, around) * scale
      const level = controlNear > 0 ? Math.max(1, near / controlNear) : 1
      const usual = Math.max(expected * level, near * width * 0.8)
      if (seen < usual * (width > 10 ? 3 : 1.35)) continue
      // The control is a sample too, and never taken as exactly none.
      const surprise = poissonSurprise(seen, usual + Math.sqrt(usual * scale) + 0.05)
      if (surprise >= LEAST_SURPRISE) found.push({ from, to: from + width, surprise, excess: seen - usual })
    }
  let best: Spike | undefined
  for (const spike of found) if (best === undefined || spike.surprise > best.surprise) best = spike
  if (best === undefined) return undefined
  // A poller leaves echoes at twice and three times its period: the shortest lag of comparable height is the timer.
  for (const spike of found.sort((a, b) => a.from - b.from))
    if (spike.surprise >= best.surprise * 0.6 && spike.excess >= best.excess * 0.7) return bestAt(spike, found)
  return best
}

/** The highest window that overlaps this one. */
function bestAt(spike: Spike, found: readonly Spike[]): Spike {
  let best = spike
  for (const other of found)
    if (other.from < spike.to + 5 && other.to > spike.from && other.surprise > best.surprise) best = other
  return best
}

/** -log10 of the chance to see at least `seen` when `expected` are usual (Poisson). */
function poissonSurprise(seen: number, expected: number): number {
  if (seen <= expected) return 0
  // ln P(X = seen), then the geometric tail behind it.
  let ln = -expected + seen * Math.log(expected)
  for (let n = 2; n <= seen; n++) ln -= Math.log(n)
  const ratio = expected / (seen + 1)
  return -(ln - Math.log(1 - ratio)) / Math.LN10
}

/** Echoes per bin in the lags beside the window. */
function localRate(sum: Float64Array, from: number, width: number, around: number): number {
  const low = Math.max(SHORTEST_MS / BIN_MS, from - around)
  const high = Math.min(BINS, from + width + around)
  const bins = high - low - width
  const inside = (sum[from + width] as number) - (sum[from] as number)
  return bins <= 0 ? 0 : ((sum[high] as number) - (sum[low] as number) - inside) / bins
}

function prefix(counts: Float64Array): Float64Array {
  const sums = new Float64Array(counts.length + 1)
  for (let i = 0; i < counts.length; i++) sums[i + 1] = (sums[i] as number) + (counts[i] as number)
  return sums
}
