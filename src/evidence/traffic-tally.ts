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
  flows: number
  /** {@link FLOW_STRIDE} numbers per flow, side by side because a row touches them all: see the `F_` offsets. */
  perFlow: Float64Array
  /** {@link SERVICE_BINS} counts per flow: how long the target took for its answers below 500. */
  serviceHistogram: Uint32Array
  /** Served requests that waited at least 0.5 s before they were handed over, by that wait; per flow. */
  connectLadder: (Uint32Array | undefined)[]
  /** Requests per flow and step: row `flow` of a matrix `stepsPerFlow` wide, whose column 0 is step `firstStep`. */
  steps: Uint32Array
  stepsPerFlow: number
  firstStep: number
  routeRequests: Float64Array
  websocketRows: number
  grpcRows: number
  classicRows: number
  rowsWithoutStart: number
}

export const FLOW_STRIDE = 8
export const F_REQUESTS = 0
export const F_FIRST_END = 1
export const F_LAST_END = 2
/** Answers of the target below 500. */
export const F_FIRST_SUCCESS = 3
export const F_LAST_SUCCESS = 4
/** Those with a target time: count, sum of it in ms, sum of its squares. */
export const F_SERVED = 5
export const F_SERVED_SUM = 6
export const F_SERVED_SQUARES = 7

/** Earliest and latest end of some rows, epoch ms. */
export interface Span {
  readonly firstEnd: number
  readonly lastEnd: number
}

/**
 * Memory of the code that reads rows, which counts them faster than JavaScript: into these columns, as long as there is
 * room, and the rows of its own batch. All zero at first.
 */
export interface TallyMemory {
  readonly perFlow: Float64Array
  readonly serviceHistogram: Uint32Array
  readonly steps: Uint32Array
  readonly routeRequests: Float64Array
  /** Rows of the batch that the last call listed. */
  readonly picked: Int32Array
  spanOf(rows: number): Span
  fold(
    rows: number,
    steps: { readonly perFlow: number; readonly baseMs: number; readonly stepMs: number },
  ): {
    readonly websocketRows: number
    readonly grpcRows: number
    readonly classicRows: number
    readonly rowsWithoutStart: number
    /** Rows in `picked` that waited half a second or longer before they were handed over. */
    readonly waited: number
  }
}

export function makeTally(memory?: TallyMemory): TrafficTally {
  return {
    stepSeconds: STEPS_SECONDS[0],
    minEnd: Number.POSITIVE_INFINITY,
    maxEnd: Number.NEGATIVE_INFINITY,
    flows: 0,
    perFlow: memory?.perFlow ?? new Float64Array(0),
    serviceHistogram: memory?.serviceHistogram ?? new Uint32Array(0),
    connectLadder: [],
    steps: memory?.steps ?? new Uint32Array(0),
    stepsPerFlow: 0,
    firstStep: 0,
    routeRequests: memory?.routeRequests ?? new Float64Array(0),
    websocketRows: 0,
    grpcRows: 0,
    classicRows: 0,
    rowsWithoutStart: 0,
  }
}

function reserve(tally: TrafficTally, flows: number, routes: number): void {
  tally.routeRequests = ensureRoom(tally.routeRequests, routes)
  if (flows <= tally.flows) return
  tally.perFlow = ensureRoom(tally.perFlow, flows * FLOW_STRIDE)
  for (let flow = tally.flows; flow < flows; flow++) {
    const base = flow * FLOW_STRIDE
    tally.perFlow[base + F_FIRST_END] = tally.perFlow[base + F_FIRST_SUCCESS] = Number.POSITIVE_INFINITY
    tally.perFlow[base + F_LAST_END] = tally.perFlow[base + F_LAST_SUCCESS] = Number.NEGATIVE_INFINITY
  }
  tally.serviceHistogram = ensureRoom(tally.serviceHistogram, flows * SERVICE_BINS)
  tally.steps = ensureRoom(tally.steps, flows * tally.stepsPerFlow)
  tally.flows = flows
}

/** Makes room for all steps from `min` to `max` (ms); coarser steps when that would be too many. */
function reserveSteps(tally: TrafficTally, min: number, max: number, memory?: TallyMemory): void {
  tally.minEnd = Math.min(tally.minEnd, min)
  tally.maxEnd = Math.max(tally.maxEnd, max)
  for (;;) {
    const stepMs = tally.stepSeconds * 1000
    const first = Math.floor(tally.minEnd / stepMs)
    const count = Math.floor(tally.maxEnd / stepMs) - first + 1
    const isFitting = count <= MOST_STEPS_PER_FLOW && count * tally.flows <= MOST_CELLS
    const next = STEPS_SECONDS.find((step) => step > tally.stepSeconds)
    if (!isFitting && next !== undefined) {
      coarsenTo(tally, next, memory)
      continue
    }
    const last = first + count - 1
    if (tally.stepsPerFlow > 0 && first >= tally.firstStep && last < tally.firstStep + tally.stepsPerFlow) return
    // Some room behind: files come in the order of their hours.
    layOut(tally, first, Math.max(count, Math.min(Math.ceil(count * 1.25), MOST_STEPS_PER_FLOW)), memory)
    return
  }
}

function layOut(tally: TrafficTally, first: number, width: number, memory: TallyMemory | undefined): void {
  const { stepsPerFlow, firstStep } = tally
  const from = stepsPerFlow === 0 ? first : Math.min(first, firstStep)
  const to = stepsPerFlow === 0 ? first + width : Math.max(first + width, firstStep + stepsPerFlow)
  const steps = clearSteps(tally, (to - from) * Math.max(tally.flows, 1), memory)
  tally.firstStep = from
  tally.stepsPerFlow = to - from
  for (let flow = 0; flow < tally.flows && stepsPerFlow > 0; flow++)
    tally.steps.set(
      steps.subarray(flow * stepsPerFlow, (flow + 1) * stepsPerFlow),
      flow * tally.stepsPerFlow + firstStep - from,
    )
}

/** Makes room for other steps; returns the old ones. */
function clearSteps(tally: TrafficTally, cells: number, memory: TallyMemory | undefined): Uint32Array {
  const { steps } = tally
  if (steps !== memory?.steps || cells > steps.length) {
    tally.steps = new Uint32Array(cells)
    return steps
  }
  const used = steps.subarray(0, tally.flows * tally.stepsPerFlow)
  const before = used.slice()
  used.fill(0)
  return before
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

/** `span`: first and last end in the batch. `memory`: the batch lies in there. */
export function foldTraffic(
  tally: TrafficTally,
  batch: RequestBatch,
  { firstEnd, lastEnd }: Span,
  flows: number,
  routes: number,
  memory?: TallyMemory,
): void {
  reserve(tally, flows, routes)
  if (batch.length === 0) return
  reserveSteps(tally, firstEnd, lastEnd, memory)
  if (memory && isWithin(tally, memory)) foldThere(tally, batch, memory)
  else foldHere(tally, batch)
}

/** A column that needed more room than there is has left it. */
function isWithin(tally: TrafficTally, memory: TallyMemory): boolean {
  return (
    tally.perFlow === memory.perFlow &&
    tally.serviceHistogram === memory.serviceHistogram &&
    tally.steps === memory.steps &&
    tally.routeRequests === memory.routeRequests
  )
}

function foldThere(tally: TrafficTally, batch: RequestBatch, memory: TallyMemory): void {
  const stepMs = tally.stepSeconds * 1000
  const counts = memory.fold(batch.length, { perFlow: tally.stepsPerFlow, baseMs: tally.firstStep * stepMs, stepMs })
  tally.websocketRows += counts.websocketRows
  tally.grpcRows += counts.grpcRows
  tally.classicRows += counts.classicRows
  tally.rowsWithoutStart += counts.rowsWithoutStart
  for (const i of memory.picked.subarray(0, counts.waited))
    climb(tally, batch.flow[i] as number, batch.requestMs[i] as number)
}

/** The same in a copy that may be sent to another thread. */
export function copyTally(tally: TrafficTally): TrafficTally {
  return {
    ...tally,
    perFlow: tally.perFlow.slice(0, tally.flows * FLOW_STRIDE),
    serviceHistogram: tally.serviceHistogram.slice(0, tally.flows * SERVICE_BINS),
    steps: tally.steps.slice(0, tally.flows * tally.stepsPerFlow),
    routeRequests: tally.routeRequests.slice(0, tally.routeRequests.findLastIndex((count) => count > 0) + 1),
  }
}

function foldHere(tally: TrafficTally, batch: RequestBatch): void {
  const { perFlow, serviceHistogram, steps, stepsPerFlow, routeRequests } = tally
  const stepMs = tally.stepSeconds * 1000
  const baseMs = tally.firstStep * stepMs
  for (let i = 0; i < batch.length; i++) {
    const flow = batch.flow[i] as number
    const end = batch.end[i] as number
    const base = flow * FLOW_STRIDE
    perFlow[base] = (perFlow[base] as number) + 1
    if (end < (perFlow[base + F_FIRST_END] as number)) perFlow[base + F_FIRST_END] = end
    if (end > (perFlow[base + F_LAST_END] as number)) perFlow[base + F_LAST_END] = end
    const route = batch.route[i] as number
    routeRequests[route] = (routeRequests[route] as number) + 1
    const targetStatus = batch.targetStatus[i] as number
    const flags = batch.flags[i] as number
    if (targetStatus !== 0 && targetStatus < 500) {
      if (end < (perFlow[base + F_FIRST_SUCCESS] as number)) perFlow[base + F_FIRST_SUCCESS] = end
      if (end > (perFlow[base + F_LAST_SUCCESS] as number)) perFlow[base + F_LAST_SUCCESS] = end
      const targetMs = batch.targetMs[i] as number
      if (targetMs >= 0 && (flags & FLAG_WEBSOCKET) === 0) {
        perFlow[base + F_SERVED] = (perFlow[base + F_SERVED] as number) + 1
        perFlow[base + F_SERVED_SUM] = (perFlow[base + F_SERVED_SUM] as number) + targetMs
        perFlow[base + F_SERVED_SQUARES] = (perFlow[base + F_SERVED_SQUARES] as number) + targetMs * targetMs
        const bin = flow * SERVICE_BINS + serviceBin(targetMs)
        serviceHistogram[bin] = (serviceHistogram[bin] as number) + 1
        const requestMs = batch.requestMs[i] as number
        if (requestMs >= 500 && requestMs < LADDER_BINS * 100) climb(tally, flow, requestMs)
      }
    }
    if (flags !== 0) countFlags(tally, flags)
    if (Number.isNaN(batch.start[i] as number)) tally.rowsWithoutStart++
    const cell = flow * stepsPerFlow + Math.floor((end - baseMs) / stepMs)
    steps[cell] = (steps[cell] as number) + 1
  }
}

function climb(tally: TrafficTally, flow: number, requestMs: number): void {
  let ladder = tally.connectLadder[flow]
  if (ladder === undefined) {
    ladder = new Uint32Array(LADDER_BINS)
    tally.connectLadder[flow] = ladder
  }
  const rung = Math.floor(requestMs / 100)
  ladder[rung] = (ladder[rung] as number) + 1
}

function countFlags(tally: TrafficTally, flags: number): void {
  if (flags & FLAG_WEBSOCKET) tally.websocketRows++
  if (flags & FLAG_GRPC) tally.grpcRows++
  if (flags & FLAG_CLASSIC) tally.classicRows++
}

function coarsenTo(tally: TrafficTally, stepSeconds: number, memory?: TallyMemory): void {
  const factor = stepSeconds / tally.stepSeconds
  if (factor <= 1) return
  const { stepsPerFlow, firstStep } = tally
  tally.stepSeconds = stepSeconds
  const first = Math.floor(firstStep / factor)
  const width = stepsPerFlow === 0 ? 0 : Math.floor((firstStep + stepsPerFlow - 1) / factor) - first + 1
  const steps = clearSteps(tally, width * Math.max(tally.flows, 1), memory)
  tally.firstStep = first
  tally.stepsPerFlow = width
  for (let flow = 0; flow < tally.flows; flow++)
    for (let i = 0; i < stepsPerFlow; i++) {
      const cell = flow * width + Math.floor((firstStep + i) / factor) - first
      tally.steps[cell] = (tally.steps[cell] as number) + (steps[flow * stepsPerFlow + i] as number)
    }
}

/** Requests per step of one flow; index 0 is step `tally.firstStep`. */
export function stepsOf(tally: TrafficTally, flow: number): Uint32Array {
  return tally.steps.subarray(flow * tally.stepsPerFlow, (flow + 1) * tally.stepsPerFlow)
}

/** Adds how long the target took on one flow. */
export function addService(histogram: Float64Array, { serviceHistogram }: TrafficTally, flow: number): void {
  const base = flow * SERVICE_BINS
  for (let bin = 0; bin < SERVICE_BINS && base + bin < serviceHistogram.length; bin++)
    histogram[bin] = (histogram[bin] as number) + (serviceHistogram[base + bin] as number)
}

/** Requests per step of some flows together. */
export function sumSteps(tally: TrafficTally, flows: Iterable<number>): Float64Array {
  const sums = new Float64Array(tally.stepsPerFlow)
  for (const flow of flows) addSteps(sums, stepsOf(tally, flow))
  return sums
}

function addSteps(sums: Float64Array, steps: Uint32Array): void {
  for (let step = 0; step < steps.length; step++) sums[step] = (sums[step] as number) + (steps[step] as number)
}

export function flowFigure(tally: TrafficTally, flow: number, offset: number): number {
  return tally.perFlow[flow * FLOW_STRIDE + offset] ?? 0
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
  if (from.maxEnd >= from.minEnd) {
    coarsenTo(into, from.stepSeconds)
    reserveSteps(into, from.minEnd, from.maxEnd)
    coarsenTo(from, into.stepSeconds)
  }
  for (let flow = 0; flow < from.flows; flow++) {
    const to = flowIds[flow] as number
    const [base, mine] = [to * FLOW_STRIDE, flow * FLOW_STRIDE]
    const add = (offset: number): void => {
      into.perFlow[base + offset] = (into.perFlow[base + offset] as number) + (from.perFlow[mine + offset] as number)
    }
    for (const offset of [F_REQUESTS, F_SERVED, F_SERVED_SUM, F_SERVED_SQUARES]) add(offset)
    for (const offset of [F_LAST_END, F_LAST_SUCCESS])
      into.perFlow[base + offset] = Math.max(
        into.perFlow[base + offset] as number,
        from.perFlow[mine + offset] as number,
      )
    for (const offset of [F_FIRST_END, F_FIRST_SUCCESS])
      into.perFlow[base + offset] = Math.min(
        into.perFlow[base + offset] as number,
        from.perFlow[mine + offset] as number,
      )
    const histogram = from.serviceHistogram.subarray(flow * SERVICE_BINS, (flow + 1) * SERVICE_BINS)
    addCounts(into.serviceHistogram, to * SERVICE_BINS, histogram)
    const ladder = from.connectLadder[flow]
    if (ladder !== undefined) {
      const mine = into.connectLadder[to] ?? new Uint32Array(LADDER_BINS)
      addCounts(mine, 0, ladder)
      into.connectLadder[to] = mine
    }
    // Steps beyond those of both are room, and empty.
    const first = Math.max(from.firstStep, into.firstStep)
    const steps = stepsOf(from, flow).subarray(
      first - from.firstStep,
      into.firstStep + into.stepsPerFlow - from.firstStep,
    )
    addCounts(into.steps, to * into.stepsPerFlow + first - into.firstStep, steps)
  }
  addRoutes(into.routeRequests, from.routeRequests, routeIds)
  into.websocketRows += from.websocketRows
  into.grpcRows += from.grpcRows
  into.classicRows += from.classicRows
  into.rowsWithoutStart += from.rowsWithoutStart
}

function addCounts(into: Uint32Array, at: number, from: Uint32Array): void {
  for (let i = 0; i < from.length; i++) into[at + i] = (into[at + i] as number) + (from[i] as number)
}

function addRoutes(into: Float64Array, from: Float64Array, ids: Int32Array): void {
  for (let route = 0; route < Math.min(ids.length, from.length); route++) {
    const to = ids[route] as number
    into[to] = (into[to] as number) + (from[route] as number)
  }
}

/** Largest target time among the answers below 500 of a flow: the lower edge of its highest bin, ms. */
export function slowestServedMs(tally: TrafficTally, flow: number): number {
  for (let bin = SERVICE_BINS - 1; bin > 0; bin--)
    if ((tally.serviceHistogram[flow * SERVICE_BINS + bin] ?? 0) > 0) return serviceBinStart(bin)
  return 0
}
