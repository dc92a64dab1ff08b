import { binomialSurprise } from '../core/binomial-surprise.ts'
import type { TargetRows } from './kept-traffic.ts'

/** One request that asks: did an answer on my node and target end exactly T before me? */
export interface EchoProbe {
  /** Id of the (node, target) flow. */
  readonly flow: number
  /** When the load balancer handed the request over: creation + request time, epoch ms. */
  readonly handOverMs: number
  readonly route: number
}

/** A keep-alive that some server has by default. */
export interface KnownLag {
  readonly ms: number
  /** Idle connections are looked at only now and then: closed up to this much later. */
  readonly sweepMs: number
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
  /** The lag is some server's default keep-alive, and was asked for; otherwise it stands out among all lags. */
  readonly isKnownLag: boolean
  /** Decimal exponent of how unlikely this many echoes are by chance, all lags tried included: 6 = once in a million. */
  readonly surprise: number
  /** Share of moments with an echo beyond what is usual: 1 when every moment has one and healthy requests have none. */
  readonly excess: number
  /** For drawing: 20 ms bins around the window; control scaled to the number of probes. */
  readonly bins: {
    readonly edges: readonly number[]
    readonly counts: readonly number[]
    readonly control: readonly number[]
  }
  /** Share of probes with an earlier answer in windows of this width beside it: how dense the traffic is. */
  readonly background: number
  /** Moments (a quarter of a second) in which a probe with an echo stands: bursts count once. */
  readonly moments: number
  /** The same per node and target, all probes. */
  readonly units: number
  /** Which probes have an echo inside the window or within 10 ms of it. */
  readonly isHit: readonly boolean[]
}

const BIN_MS = 20
const LONGEST_MS = 130_000
const SHORTEST_MS = 700
const BINS = LONGEST_MS / BIN_MS
/** Rising. uvicorn's band is a round trip wide, gunicorn's threads sweep every half second. */
const WIDTHS = [1, 2, 5, 30]
/** Bins drawn to either side of the window. */
const DRAWN_BINS = 15
const MOST_PROBES = 600
const LEAST_OF_ROUTE = 5
const MOMENT_MS = 250
const MOST_CONTROLS = 1_500
/** Some 20,000 windows are looked at. */
const TRIALS_EXPONENT = 4.3
const LEAST_SURPRISE = 5

/**
 * The keep-alive echo test: for each failed request, the lags to all earlier answers on the same node and target, up to
 * 130 s, against the same lags of healthy requests of the same routes. A target that closes idle connections after T
 * leaves a spike at T; with many connections the answer that used this connection need not be the latest one. Where few
 * failed, the lags that are some server's default are asked for alone, moment by moment. reference: causes.md 1.2 (1).
 */
export function echoTest(
  probes: readonly EchoProbe[],
  byTarget: readonly TargetRows[],
  knownLags: readonly KnownLag[] = [],
): EchoResult | undefined {
  const probed = idsOf(probes.map((probe) => probe.flow))
  const ends = endsByFlow(byTarget, probed)
  const healthy = healthyOf(byTarget, probed)
  if (healthy.length < 20 || probes.length === 0) return undefined
  const asked = thin(probes, MOST_PROBES)
  const controls = alike(probes, healthy)
  const moments = momentsOf(asked)
  const units = unitsOf(moments)
  // Flows that fail in one moment have much in common: they count for more than one event, and for less than each alone.
  const independence = Math.sqrt(moments.length / units.length)
  const known = askKnownLags(units, independence, controls, ends, knownLags)
  const spike = findSpike(units, independence, controls, ends)
  const best = known && (spike === undefined || known.surprise >= spike.surprise - TRIALS_EXPONENT) ? known : spike
  if (best === undefined) return undefined
  const isKnownLag = best === known

  const fromMs = best.from * BIN_MS
  const toMs = best.to * BIN_MS
  // ±10 ms: creation times have ms precision and hand-over is rounded to 1 ms on each side.
  const isHit = probes.map((probe) => hasEchoIn(probe, ends, fromMs - 10, toMs + 10))
  const hits = countEchoes(probes, ends, fromMs, toMs)
  const controlHits = countEchoes(controls, ends, fromMs, toMs)
  const lags = asked.flatMap((probe) => lagsIn(probe, ends, fromMs, toMs)).sort((a, b) => a - b)
  const scale = asked.length / controls.length
  const drawnFrom = Math.max(0, Math.floor(best.from) - DRAWN_BINS)
  const drawnTo = Math.min(BINS, Math.ceil(best.to) + DRAWN_BINS)
  return {
    fromMs,
    toMs,
    seconds: Math.round((lags[Math.floor(lags.length / 2)] ?? toMs) / 100) / 10,
    hits,
    of: probes.length,
    controlHits,
    controlOf: controls.length,
    isKnownLag,
    surprise: isKnownLag ? best.surprise : best.surprise - TRIALS_EXPONENT,
    excess: best.excess,
    background: backgroundOf(asked, ends, fromMs, toMs),
    moments: momentsOf(probes.filter((_, n) => isHit[n])).length,
    units: units.length,
    bins: {
      edges: Array.from({ length: drawnTo - drawnFrom + 1 }, (_, n) => ((drawnFrom + n) * BIN_MS) / 1000),
      counts: countDrawn(asked, ends, drawnFrom, drawnTo),
      control: countDrawn(controls, ends, drawnFrom, drawnTo).map((value) => Math.round(value * scale * 10) / 10),
    },
    isHit,
  }
}

/** 1 for each id that is in: a look into a set for each of a million rows would be most of the work. */
type Ids = Uint8Array

function idsOf(some: Iterable<number>): Ids {
  const list = [...some]
  const ids = new Uint8Array(list.reduce((most, id) => Math.max(most, id), -1) + 1)
  for (const id of list) ids[id] = 1
  return ids
}

/** Share of probes with an echo in windows of the same width to either side. */
function backgroundOf(probes: readonly EchoProbe[], ends: Ends, fromMs: number, toMs: number): number {
  const shiftMs = Math.max(100, (toMs - fromMs) * 1.1)
  let hits = 0
  for (const probe of probes) {
    if (hasEchoIn(probe, ends, fromMs - shiftMs, toMs - shiftMs)) hits++
    if (hasEchoIn(probe, ends, fromMs + shiftMs, toMs + shiftMs)) hits++
  }
  return hits / (probes.length * 2)
}

/**
 * Healthy requests of the routes that fail, as many of each as it has of the failures: a poller's own period is then in
 * the control too. Routes without healthy requests are stood for by all.
 */
function alike(probes: readonly EchoProbe[], healthy: Healthy): EchoProbe[] {
  const failed = new Map<number, number>()
  for (const { route } of probes) failed.set(route, (failed.get(route) ?? 0) + 1)
  const byRoute = healthyByRoute(healthy, [...failed.keys()])
  const probeAt = (n: number): EchoProbe => ({
    flow: healthy.flow[n] as number,
    handOverMs: healthy.handOverMs[n] as number,
    route: healthy.route[n] as number,
  })
  const any = (most: number): EchoProbe[] =>
    Array.from({ length: Math.min(most, healthy.length) }, (_, n) => probeAt(placeOf(n, healthy.length, most)))
  const controls: EchoProbe[] = []
  let others = 0
  for (const [route, failures] of failed) {
    const list = byRoute.get(route) as Uint32Array
    const share = Math.ceil((MOST_CONTROLS * failures) / probes.length)
    if (list.length >= LEAST_OF_ROUTE) for (const n of thin(list, share)) controls.push(probeAt(n))
    else others += share
  }
  if (controls.length < 20) return any(MOST_CONTROLS)
  if (others > 0) controls.push(...any(Math.min(others, controls.length)))
  return controls
}

/** By route, those asked for only, in order. */
function healthyByRoute({ length, route }: Healthy, routes: readonly number[]): ReadonlyMap<number, Uint32Array> {
  const mine = route.subarray(0, length)
  const counts = new Uint32Array(idsOf(routes).length)
  countRoutes(counts, mine)
  const lists = new Map<number, Uint32Array>()
  const next = new Uint32Array(counts.length).fill(NOT_ASKED)
  let from = 0
  for (const id of routes) {
    next[id] = from
    from += counts[id] as number
  }
  const all = new Uint32Array(from)
  listRoutes(all, next, mine)
  for (const id of routes) {
    const end = next[id] as number
    lists.set(id, all.subarray(end - (counts[id] as number), end))
  }
  return lists
}

const NOT_ASKED = 0xffff_ffff

function countRoutes(counts: Uint32Array, route: Int32Array): void {
  for (let n = 0; n < route.length; n++) {
    const id = route[n] as number
    if (id < counts.length) counts[id] = (counts[id] as number) + 1
  }
}

function listRoutes(all: Uint32Array, next: Uint32Array, route: Int32Array): void {
  for (let n = 0; n < route.length; n++) {
    const id = route[n] as number
    if (id >= next.length) continue
    const at = next[id] as number
    if (at === NOT_ASKED) continue
    all[at] = n
    next[id] = at + 1
  }
}

/** Healthy requests as columns: an object for each would be most of the work. */
interface Healthy {
  readonly length: number
  readonly flow: Int32Array
  readonly handOverMs: Float64Array
  readonly route: Int32Array
}

function healthyOf(byTarget: readonly TargetRows[], probed: Ids): Healthy {
  const room = byTarget.reduce((sum, rows) => sum + rows.length, 0)
  const into = {
    length: 0,
    flow: new Int32Array(room),
    handOverMs: new Float64Array(room),
    route: new Int32Array(room),
  }
  for (const rows of byTarget) into.length = addHealthy(into, rows, probed)
  return into
}

// What goes over all rows goes over one target's at a time: a function that is called again is compiled once for all,
// a loop that never ends is compiled in the middle and again behind it.

function addHealthy(into: Healthy, rows: TargetRows, probed: Ids): number {
  const { targetStatus, requestMs, start, flow, route } = rows
  let { length } = into
  for (let i = 0; i < rows.length; i++) {
    const status = targetStatus[i] as number
    if (status === 0 || status >= 500 || probed[flow[i] as number] !== 1) continue
    const handOver = (start[i] as number) + (requestMs[i] as number)
    if ((requestMs[i] as number) < 0 || Number.isNaN(handOver)) continue
    into.flow[length] = flow[i] as number
    into.handOverMs[length] = handOver
    into.route[length++] = route[i] as number
  }
  return length
}

/** By flow, in order; empty for flows that nobody asks about. */
type Ends = readonly Float64Array[]

/** Ends of the answers of each flow. */
function endsByFlow(byTarget: readonly TargetRows[], probed: Ids): Ends {
  const counts = new Uint32Array(probed.length)
  for (const rows of byTarget) countEnds(counts, rows, probed)
  const ends = Array.from(counts, (count) => new Float64Array(count))
  counts.fill(0)
  for (const rows of byTarget) addEnds(ends, counts, rows, probed)
  return ends
}

function countEnds(counts: Uint32Array, { length, flow, targetStatus }: TargetRows, probed: Ids): void {
  for (let i = 0; i < length; i++) {
    const id = flow[i] as number
    if (targetStatus[i] !== 0 && probed[id] === 1) counts[id] = (counts[id] as number) + 1
  }
}

function addEnds(ends: Ends, counts: Uint32Array, rows: TargetRows, probed: Ids): void {
  const { flow, targetStatus } = rows
  for (let i = 0; i < rows.length; i++) {
    const id = flow[i] as number
    if (targetStatus[i] === 0 || probed[id] !== 1) continue
    const list = ends[id] as Float64Array
    const end = rows.end[i] as number
    // Rows are in order to a tenth of a millisecond; what is left is a step or two.
    let at = counts[id] as number
    counts[id] = at + 1
    for (; at > 0 && (list[at - 1] as number) > end; at--) list[at] = list[at - 1] as number
    list[at] = end
  }
}

/** Failures within a quarter of a second are one moment: what the clients do together is one event. */
function momentsOf(probes: readonly EchoProbe[]): EchoProbe[][] {
  const moments: EchoProbe[][] = []
  let last = Number.NEGATIVE_INFINITY
  for (const probe of [...probes].sort((a, b) => a.handOverMs - b.handOverMs)) {
    if (probe.handOverMs - last > MOMENT_MS) moments.push([])
    moments.at(-1)?.push(probe)
    last = probe.handOverMs
  }
  return moments
}

/** What failed on one node and target in one moment. */
function unitsOf(moments: readonly (readonly EchoProbe[])[]): EchoProbe[][] {
  return moments.flatMap((moment) => {
    const byFlow = new Map<number, EchoProbe[]>()
    for (const probe of moment) {
      const list = byFlow.get(probe.flow)
      if (list) list.push(probe)
      else byFlow.set(probe.flow, [probe])
    }
    return [...byFlow.values()]
  })
}

/** Windows at the default keep-alives only: so few trials that a handful of failures can stand out. */
function askKnownLags(
  units: readonly (readonly EchoProbe[])[],
  independence: number,
  controls: readonly EchoProbe[],
  ends: Ends,
  knownLags: readonly KnownLag[],
): Spike | undefined {
  const windows = knownLags.flatMap(({ ms, sweepMs }) => [
    { fromMs: ms - 4, toMs: ms + 2 },
    { fromMs: ms - 15, toMs: ms + 4 },
    { fromMs: ms - 30, toMs: ms + 10 },
    { fromMs: ms - 30, toMs: ms + 60 },
    ...(sweepMs > 0 ? [{ fromMs: ms - 30, toMs: ms + sweepMs + 60 }] : []),
  ])
  // Windows at one lag lie in each other: they are hardly more than two trials.
  const trials = Math.log10(knownLags.length * 2)
  let best: Spike | undefined
  for (const { fromMs, toMs } of windows) {
    const found = countHitUnits(units, ends, fromMs, toMs)
    if (found < 2 || found < units.length * 0.4) continue
    const controlHits = countEchoes(controls, ends, fromMs, toMs)
    const usual = (controlHits + 1) / (controls.length + 2)
    const share = found / units.length
    const surprise =
      share <= usual ? 0 : Math.max(0, binomialSurprise(found, units.length, usual) * independence - trials)
    const isAll = share >= 0.8
    // The highest by far, else the narrowest: a wide window holds the narrow one.
    if ((surprise >= 1 || isAll) && (best === undefined || surprise > best.surprise + 0.5))
      best = { from: fromMs / BIN_MS, to: toMs / BIN_MS, surprise, excess: share - usual }
  }
  return best
}

/** Evenly over time, first and last included. */
function thin<T>(items: ArrayLike<T>, most: number): T[] {
  if (items.length <= most) return Array.from(items)
  return Array.from({ length: most }, (_, n) => items[placeOf(n, items.length, most)] as T)
}

/** The n-th of `most` among `length`. */
function placeOf(n: number, length: number, most: number): number {
  return length <= most ? n : Math.floor((n * length) / most)
}

/** Windows of one width, by their first bin. */
const WINDOWS = BINS + 1

/**
 * How many units have an echo in each window, for each width. However many answers to one unit fall in, it counts once:
 * what clients do together would else look like chance beaten many times.
 */
function countUnits(units: readonly (readonly EchoProbe[])[], ends: Ends): Int32Array[] {
  const gaps = makeGaps()
  for (const unit of units) addGaps(gaps, binsOfUnit(unit, ends))
  return windowsOf(gaps)
}

function countProbes(probes: readonly EchoProbe[], ends: Ends): Int32Array[] {
  const gaps = makeGaps()
  for (const probe of probes) addGaps(gaps, binsOf(probe, ends, BINS))
  return windowsOf(gaps)
}

/**
 * The windows that hold a bin follow on those that hold the one before it, unless a gap as wide as they are lies between.
 * Only gaps are written down, and only once for all widths: how many begin at a bin and end at one, by the widest
 * windows that fit in.
 */
interface Gaps {
  readonly from: Int32Array
  readonly to: Int32Array
}

function makeGaps(): Gaps {
  return { from: new Int32Array(WIDTHS.length * WINDOWS), to: new Int32Array(WIDTHS.length * WINDOWS) }
}

const WIDEST = WIDTHS.at(-1) as number
/** Where in {@link Gaps} one of so many bins stands: by how many widths are smaller, those behind the widest alike. */
const placeOfGap = Int32Array.from(
  { length: WIDEST + 2 },
  (_, gap) => (WIDTHS.filter((width) => width < gap).length - 1) * WINDOWS,
)

/** The unit's bins are the first `length` of {@link foundBins}. */
function addGaps({ from, to }: Gaps, length: number): void {
  if (length === 0) return
  const widest = placeOfGap[WIDEST + 1] as number
  let before = foundBins[0] as number
  add(from, widest + before + 1)
  for (let n = 1; n < length; n++) {
    const bin = foundBins[n] as number
    const gap = before - bin
    if (gap > 1) {
      const place = placeOfGap[gap > WIDEST ? WIDEST + 1 : gap] as number
      add(from, place + bin + 1)
      add(to, place + before)
    }
    before = bin
  }
  add(to, widest + before)
}

function add(counts: Int32Array, at: number): void {
  counts[at] = (counts[at] as number) + 1
}

/** A window holds a bin unless it lies in a gap: one that ends further than the window is wide behind its first bin. */
function windowsOf({ from, to }: Gaps): Int32Array[] {
  for (let w = WIDTHS.length - 2; w >= 0; w--) {
    addWider(from, w)
    addWider(to, w)
  }
  return WIDTHS.map((width, w) =>
    windowsOfWidth(width, from.subarray(w * WINDOWS, (w + 1) * WINDOWS), to.subarray(w * WINDOWS, (w + 1) * WINDOWS)),
  )
}

/** What is a gap for wide windows is one for narrow ones. */
function addWider(counts: Int32Array, w: number): void {
  for (let at = w * WINDOWS; at < (w + 1) * WINDOWS; at++)
    counts[at] = (counts[at] as number) + (counts[at + WINDOWS] as number)
}

function windowsOfWidth(width: number, from: Int32Array, to: Int32Array): Int32Array {
  const windows = new Int32Array(WINDOWS)
  let now = 0
  for (let bin = 0; bin < width - 1; bin++) now += to[bin] as number
  for (let first = 0; first < WINDOWS; first++) {
    const last = first + width - 1
    now += (last < WINDOWS ? (to[last] as number) : 0) - (from[first] as number)
    windows[first] = now
  }
  return windows
}

/** Bins of the probe or unit that was looked at last, in falling order, each once. */
const foundBins = new Uint16Array(BINS)
const isFound = new Uint8Array(BINS)

function binsOfUnit(unit: readonly EchoProbe[], ends: Ends): number {
  if (unit.length === 1) return binsOf(unit[0] as EchoProbe, ends, BINS)
  isFound.fill(0)
  for (const probe of unit) {
    const length = binsOf(probe, ends, BINS)
    for (let n = 0; n < length; n++) isFound[foundBins[n] as number] = 1
  }
  let found = 0
  for (let bin = BINS - 1; bin >= 0; bin--) if (isFound[bin] === 1) foundBins[found++] = bin
  return found
}

/** Finds every bin up to one: earlier answers have longer lags. How many there are. */
function binsOf({ flow, handOverMs }: EchoProbe, ends: Ends, last: number): number {
  const list = ends[flow]
  if (list === undefined) return 0
  let found = 0
  let before = BINS
  for (let i = firstAbove(list, handOverMs - Math.min(LONGEST_MS, (last + 1) * BIN_MS)); i < list.length; i++) {
    const lag = handOverMs - (list[i] as number)
    if (lag < SHORTEST_MS) break
    // As an integer, which a lag is small enough for.
    const bin = (lag / BIN_MS) | 0
    if (bin < before) {
      foundBins[found++] = bin
      before = bin
    }
  }
  return found
}

/** Probes with an echo in each of some bins: what is drawn. */
function countDrawn(probes: readonly EchoProbe[], ends: Ends, from: number, to: number): number[] {
  const counts = new Array<number>(to - from).fill(0)
  for (const probe of probes) {
    const length = binsOf(probe, ends, to)
    for (let n = 0; n < length; n++) {
      const bin = foundBins[n] as number
      if (bin >= from && bin < to) counts[bin - from] = (counts[bin - from] as number) + 1
    }
  }
  return counts
}

function hasEchoIn(probe: EchoProbe, ends: Ends, fromMs: number, toMs: number): boolean {
  const list = ends[probe.flow]
  if (list === undefined) return false
  const end = list[firstAbove(list, probe.handOverMs - toMs)]
  return end !== undefined && end <= probe.handOverMs - fromMs
}

// A hundred windows are asked about: until they are compiled, loops by index cost no object for each step.

/** Units of which most have an echo. */
function countHitUnits(units: readonly (readonly EchoProbe[])[], ends: Ends, fromMs: number, toMs: number): number {
  let found = 0
  for (let n = 0; n < units.length; n++) {
    const unit = units[n] as readonly EchoProbe[]
    if (countEchoes(unit, ends, fromMs, toMs) * 2 > unit.length) found++
  }
  return found
}

function countEchoes(probes: readonly EchoProbe[], ends: Ends, fromMs: number, toMs: number): number {
  let hits = 0
  for (let n = 0; n < probes.length; n++) if (hasEchoIn(probes[n] as EchoProbe, ends, fromMs, toMs)) hits++
  return hits
}

function lagsIn(probe: EchoProbe, ends: Ends, fromMs: number, toMs: number): number[] {
  const list = ends[probe.flow]
  if (list === undefined) return []
  const lags: number[] = []
  for (let i = firstAbove(list, probe.handOverMs - toMs); i < list.length; i++) {
    const lag = probe.handOverMs - (list[i] as number)
    if (lag < fromMs) break
    lags.push(lag)
  }
  return lags
}

/** Index of the first value > limit in a sorted list. */
function firstAbove(list: Float64Array, limit: number): number {
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

function findSpike(
  units: readonly (readonly EchoProbe[])[],
  independence: number,
  controls: readonly EchoProbe[],
  ends: Ends,
): Spike | undefined {
  const seenAt = countUnits(units, ends)
  const controlAt = countProbes(controls, ends)
  const found: Spike[] = []
  for (const [w, width] of WIDTHS.entries()) {
    const [seen, control] = [seenAt[w] as Int32Array, controlAt[w] as Int32Array]
    findOfWidth(found, width, seen, control, units.length, controls.length, independence)
  }
  let best: Spike | undefined
  for (const spike of found) if (best === undefined || spike.surprise > best.surprise) best = spike
  if (best === undefined) return undefined
  // A poller leaves echoes at twice and three times its period: the shortest lag of comparable height is the timer.
  for (const spike of found.sort((a, b) => a.from - b.from))
    if (spike.surprise >= best.surprise * 0.6 && spike.excess >= best.excess * 0.7) return bestAt(spike, found)
  return best
}

function findOfWidth(
  found: Spike[],
  width: number,
  seenAt: Int32Array,
  controlAt: Int32Array,
  units: number,
  controls: number,
  independence: number,
): void {
  const sums = prefix(seenAt)
  const controlSums = prefix(controlAt)
  const around = Math.max(25, width * 4)
  const factor = width > 10 ? 1.3 : 1.15
  for (let from = SHORTEST_MS / BIN_MS; from + width <= BINS; from++) {
    const seen = seenAt[from] as number
    // The control is a sample too, and never taken as exactly none.
    const inControl = ((controlAt[from] as number) + 1) / (controls + 2)
    if (seen < 3 || seen <= inControl * units * factor) continue
    // Failures often come at busy times, when every lag is fuller: measure against the lags around as well.
    const near = besideShare(sums, from, width, around) / units
    const controlNear = besideShare(controlSums, from, width, around) / controls
    const level = controlNear > 0 ? Math.max(1, near / controlNear) : 1
    const usual = Math.max(inControl * Math.min(level, 4), near * 0.8)
    if (usual >= 0.95 || seen <= usual * units * factor) continue
    const surprise = binomialSurprise(seen, units, usual) * independence
    if (surprise >= LEAST_SURPRISE) found.push({ from, to: from + width, surprise, excess: seen / units - usual })
  }
}

/** The highest window that overlaps this one. */
function bestAt(spike: Spike, found: readonly Spike[]): Spike {
  let best = spike
  for (const other of found)
    if (other.from < spike.to + 5 && other.to > spike.from && other.surprise > best.surprise) best = other
  return best
}

/** Mean of the windows to either side that do not overlap this one. */
function besideShare(sums: Float64Array, from: number, width: number, around: number): number {
  const lowest = Math.max(SHORTEST_MS / BIN_MS, from - around)
  const below = Math.max(0, from - width - lowest)
  const above = Math.min(BINS, from + width)
  const highest = Math.min(BINS, above + around)
  if (below + highest - above <= 0) return 0
  let sum = (sums[highest] as number) - (sums[above] as number)
  if (below > 0) sum += (sums[from - width] as number) - (sums[lowest] as number)
  return sum / (below + highest - above)
}

function prefix(counts: Int32Array): Float64Array {
  const sums = new Float64Array(counts.length + 1)
  for (let i = 0; i < counts.length; i++) sums[i + 1] = (sums[i] as number) + (counts[i] as number)
  return sums
}
