import { ensureRoom } from '../core/growable.ts'
import { FLAG_CLASSIC, FLAG_GRPC, FLAG_WEBSOCKET, type RequestBatch } from '../core/request-batch.ts'

/** Bins of {@link serviceBin}: exact below 16 ms, then eight per doubling, up to about 4,000 s. */
export const SERVICE_BINS = 168
/** Waits of 0 to 20 s in steps of 0.1 s. */
export const LADDER_BINS = 200
const STEPS_SECONDS = [10, 60, 300, 900, 3_600, 21_600, 86_400, 604_800] as const
const MOST_CELLS = 600_000
const MOST_STEPS_PER_FLOW = 100_000

/**
 * What every request leaves behind, healthy or not: counts per flow and step of time, per route, and how long targets
 * took. Bounded by flows, routes and time steps, never by rows: the step grows when a log spans very long.
 */
export interface TrafficTally {
  stepSeconds: number
  minEnd: number
  maxEnd: number
  /** Per flow. */
  requests: Float64Array
  firstEnd: Float64Array
  lastEnd: Float64Array
  /** Last answer of the target itself below 500. */
  firstSuccess: Float64Array
  lastSuccess: Float64Array
  /** Answers of the target below 500 with a target time: count, sum and sum of squares of it in ms, maximum. */
  served: Float64Array
  servedSum: Float64Array
  servedSquares: Float64Array
  servedMax: Float64Array
  serviceHistogram: Uint32Array[]
  /** Served requests that waited at least 0.5 s before they were handed over, by that wait. */
  connectLadder: (Uint32Array | undefined)[]
  /** Requests per flow and step: `steps[flow]` holds counts from step number `firstStep[flow]` (-1: none yet) on. */
  firstStep: number[]
  steps: Uint32Array[]
  /** Per route. */
  routeRequests: Float64Array
  routeSentBytes: Float64Array
  websocketRows: number
  grpcRows: number
  classicRows: number
  rowsWithoutStart: number
}

export function makeTally(): TrafficTally {
  return {
    stepSeconds: STEPS_SECONDS[0],
    minEnd: Number.POSITIVE_INFINITY,
    maxEnd: Number.NEGATIVE_INFINITY,
    requests: new Float64Array(0),
    firstEnd: new Float64Array(0),
    lastEnd: new Float64Array(0),
    firstSuccess: new Float64Array(0),
    lastSuccess: new Float64Array(0),
    served: new Float64Array(0),
    servedSum: new Float64Array(0),
    servedSquares: new Float64Array(0),
    servedMax: new Float64Array(0),
    serviceHistogram: [],
    connectLadder: [],
    firstStep: [],
    steps: [],
    routeRequests: new Float64Array(0),
    routeSentBytes: new Float64Array(0),
    websocketRows: 0,
    grpcRows: 0,
    classicRows: 0,
    rowsWithoutStart: 0,
  }
}

const perFlow = [
  'requests',
  'firstEnd',
  'lastEnd',
  'firstSuccess',
  'lastSuccess',
  'served',
  'servedSum',
  'servedSquares',
  'servedMax',
] as const

function reserve(tally: TrafficTally, flows: number, routes: number): void {
  const had = tally.requests.length
  if (flows > had) {
    for (const name of perFlow) tally[name] = ensureRoom(tally[name], flows)
    for (let flow = had; flow < tally.requests.length; flow++) {
      tally.firstEnd[flow] = tally.firstSuccess[flow] = Number.POSITIVE_INFINITY
      tally.lastEnd[flow] = tally.lastSuccess[flow] = Number.NEGATIVE_INFINITY
      tally.firstStep[flow] = -1
      tally.steps[flow] = new Uint32Array(0)
      tally.serviceHistogram[flow] = new Uint32Array(0)
      tally.connectLadder[flow] = undefined
    }
  }
  tally.routeRequests = ensureRoom(tally.routeRequests, routes)
  tally.routeSentBytes = ensureRoom(tally.routeSentBytes, routes)
}

export function serviceBin(ms: number): number {
  if (ms < 16) return ms
  const exponent = 31 - Math.clz32(ms)
  const bin = 16 + (exponent - 4) * 8 + ((ms >>> (exponent - 3)) & 7)
  return bin < SERVICE_BINS ? bin : SERVICE_BINS - 1
}

/** Lower edge of a bin, ms. */
export function serviceBinStart(bin: number): number {
  if (bin < 16) return bin
  const exponent = 4 + ((bin - 16) >> 3)
  return (8 + ((bin - 16) & 7)) * 2 ** (exponent - 3)
}

export function foldTraffic(tally: TrafficTally, batch: RequestBatch, flows: number, routes: number): void {
  reserve(tally, flows, routes)
  widen(tally, batch)
  const { requests, firstEnd, lastEnd, firstSuccess, lastSuccess, routeRequests, routeSentBytes } = tally
  const { served, servedSum, servedSquares, servedMax, firstStep } = tally
  const stepMs = tally.stepSeconds * 1000
  for (let i = 0; i < batch.length; i++) {
    const flow = batch.flow[i] as number
    const end = batch.end[i] as number
    const flags = batch.flags[i] as number
    requests[flow] = (requests[flow] as number) + 1
    if (end < (firstEnd[flow] as number)) firstEnd[flow] = end
    if (end > (lastEnd[flow] as number)) lastEnd[flow] = end
    const route = batch.route[i] as number
    routeRequests[route] = (routeRequests[route] as number) + 1
    const targetStatus = batch.targetStatus[i] as number
    if (targetStatus !== 0 && targetStatus < 500) {
      if (end < (firstSuccess[flow] as number)) firstSuccess[flow] = end
      if (end > (lastSuccess[flow] as number)) lastSuccess[flow] = end
      routeSentBytes[route] = (routeSentBytes[route] as number) + (batch.sentBytes[i] as number)
      const targetMs = batch.targetMs[i] as number
      if (targetMs >= 0 && (flags & FLAG_WEBSOCKET) === 0) {
        served[flow] = (served[flow] as number) + 1
        servedSum[flow] = (servedSum[flow] as number) + targetMs
        servedSquares[flow] = (servedSquares[flow] as number) + targetMs * targetMs
        if (targetMs > (servedMax[flow] as number)) servedMax[flow] = targetMs
        let histogram = tally.serviceHistogram[flow] as Uint32Array
        if (histogram.length === 0) histogram = tally.serviceHistogram[flow] = new Uint32Array(SERVICE_BINS)
        const bin = serviceBin(targetMs)
        histogram[bin] = (histogram[bin] as number) + 1
        const requestMs = batch.requestMs[i] as number
        if (requestMs >= 500 && requestMs < LADDER_BINS * 100) climb(tally, flow, requestMs)
      }
    }
    if (flags !== 0) countFlags(tally, flags)
    const start = batch.start[i] as number
    if (Number.isNaN(start)) tally.rowsWithoutStart++
    const step = Math.floor(end / stepMs)
    const offset = step - (firstStep[flow] as number)
    const steps = tally.steps[flow] as Uint32Array
    if (offset >= 0 && offset < steps.length) steps[offset] = (steps[offset] as number) + 1
    else addStep(tally, flow, step, 1)
  }
  let cells = 0
  for (const steps of tally.steps) cells += steps.length
  if (cells > MOST_CELLS) coarsen(tally)
}

function climb(tally: TrafficTally, flow: number, requestMs: number): void {
  let ladder = tally.connectLadder[flow]
  if (ladder === undefined) ladder = tally.connectLadder[flow] = new Uint32Array(LADDER_BINS)
  const rung = Math.floor(requestMs / 100)
  ladder[rung] = (ladder[rung] as number) + 1
}

function countFlags(tally: TrafficTally, flags: number): void {
  if (flags & FLAG_WEBSOCKET) tally.websocketRows++
  if (flags & FLAG_GRPC) tally.grpcRows++
  if (flags & FLAG_CLASSIC) tally.classicRows++
}

/** One row of the year 2100 among today's must not cost a list of all the minutes between. */
function widen(tally: TrafficTally, batch: RequestBatch): void {
  for (let i = 0; i < batch.length; i++) {
    const end = batch.end[i] as number
    if (end < tally.minEnd) tally.minEnd = end
    if (end > tally.maxEnd) tally.maxEnd = end
  }
  while ((tally.maxEnd - tally.minEnd) / (tally.stepSeconds * 1000) > MOST_STEPS_PER_FLOW && coarsen(tally));
}

/** Adds to one flow's steps, which grow to either side. */
function addStep(tally: TrafficTally, flow: number, step: number, count: number): void {
  const steps = tally.steps[flow] as Uint32Array
  const first = tally.firstStep[flow] as number
  if (first === -1) {
    tally.firstStep[flow] = step
    const begun = new Uint32Array(8)
    begun[0] = count
    tally.steps[flow] = begun
    return
  }
  if (step >= first) {
    const grown = ensureRoom(steps, step - first + 1)
    grown[step - first] = (grown[step - first] as number) + count
    tally.steps[flow] = grown
    return
  }
  const grown = new Uint32Array(steps.length + (first - step))
  grown.set(steps, first - step)
  grown[0] = count
  tally.firstStep[flow] = step
  tally.steps[flow] = grown
}

function coarsen(tally: TrafficTally): boolean {
  const next = STEPS_SECONDS.find((step) => step > tally.stepSeconds)
  if (next !== undefined) coarsenTo(tally, next)
  return next !== undefined
}

function coarsenTo(tally: TrafficTally, stepSeconds: number): void {
  const factor = stepSeconds / tally.stepSeconds
  if (factor <= 1) return
  const { steps, firstStep } = tally
  tally.stepSeconds = stepSeconds
  tally.steps = steps.map(() => new Uint32Array(0))
  tally.firstStep = firstStep.map(() => -1)
  for (let flow = 0; flow < steps.length; flow++) {
    const counts = steps[flow] as Uint32Array
    const first = firstStep[flow] as number
    if (first === -1) continue
    for (let i = 0; i < counts.length; i++)
      if (counts[i]) addStep(tally, flow, Math.floor((first + i) / factor), counts[i] as number)
  }
}

/** Adds `from` to `into`, with its ids translated. */
export function mergeTally(
  into: TrafficTally,
  from: TrafficTally,
  flowIds: Int32Array,
  routeIds: Int32Array,
  flows: number,
  routes: number,
): void {
  reserve(into, flows, routes)
  into.minEnd = Math.min(into.minEnd, from.minEnd)
  into.maxEnd = Math.max(into.maxEnd, from.maxEnd)
  coarsenTo(into, from.stepSeconds)
  coarsenTo(from, into.stepSeconds)
  while ((into.maxEnd - into.minEnd) / (into.stepSeconds * 1000) > MOST_STEPS_PER_FLOW && coarsen(into));
  coarsenTo(from, into.stepSeconds)
  for (let flow = 0; flow < Math.min(flowIds.length, from.requests.length); flow++) {
    const to = flowIds[flow] as number
    for (const name of ['requests', 'served', 'servedSum', 'servedSquares'] as const)
      into[name][to] = (into[name][to] as number) + (from[name][flow] as number)
    for (const name of ['lastEnd', 'lastSuccess', 'servedMax'] as const)
      into[name][to] = Math.max(into[name][to] as number, from[name][flow] as number)
    for (const name of ['firstEnd', 'firstSuccess'] as const)
      into[name][to] = Math.min(into[name][to] as number, from[name][flow] as number)
    into.serviceHistogram[to] = addCounts(into.serviceHistogram[to], from.serviceHistogram[flow]) ?? new Uint32Array(0)
    into.connectLadder[to] = addCounts(into.connectLadder[to], from.connectLadder[flow])
    const first = from.firstStep[flow] as number
    const steps = from.steps[flow] as Uint32Array
    if (first !== -1)
      for (let i = 0; i < steps.length; i++) if (steps[i]) addStep(into, to, first + i, steps[i] as number)
  }
  for (let route = 0; route < Math.min(routeIds.length, from.routeRequests.length); route++) {
    const to = routeIds[route] as number
    into.routeRequests[to] = (into.routeRequests[to] as number) + (from.routeRequests[route] as number)
    into.routeSentBytes[to] = (into.routeSentBytes[to] as number) + (from.routeSentBytes[route] as number)
  }
  into.websocketRows += from.websocketRows
  into.grpcRows += from.grpcRows
  into.classicRows += from.classicRows
  into.rowsWithoutStart += from.rowsWithoutStart
}

function addCounts(into: Uint32Array | undefined, from: Uint32Array | undefined): Uint32Array | undefined {
  if (from === undefined || from.length === 0) return into
  if (into === undefined || into.length === 0) return from.slice()
  for (let i = 0; i < from.length; i++) into[i] = (into[i] as number) + (from[i] as number)
  return into
}
