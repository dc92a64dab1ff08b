import { ensureRoom } from './growable.ts'
import type { RequestBatch, RowDetail } from './request-batch.ts'
import { type AnsweredBy, answeredByValues, type Symptom, symptoms } from './vocabulary.ts'

/** Every failure of a run as columns, about 140 bytes each. Text is kept apart, and only for a few. */
export interface FailureColumns {
  length: number
  /** Index of the input, and of the unit of work in it. */
  unit: Int32Array
  /** Line number in the unit, from 1. */
  row: Float64Array
  /** NaN when absent. */
  start: Float64Array
  end: Float64Array
  /** Usable elapsed, ms; NaN when it is not usable. */
  elapsedMs: Float64Array
  requestMs: Int32Array
  targetMs: Int32Array
  responseMs: Int32Array
  elbStatus: Uint16Array
  targetStatus: Uint16Array
  receivedBytes: Float64Array
  sentBytes: Float64Array
  flow: Int32Array
  route: Int32Array
  flags: Uint8Array
  /** Index into {@link symptoms}. */
  symptom: Uint8Array
  /** Index into {@link answeredByValues}. */
  answeredBy: Uint8Array
  /** Index into `labels`: error reason, actions, classification, classification reason; 0 = absent. */
  errorReason: Int32Array
  actions: Int32Array
  classificationReason: Int32Array
  /** Trace ids as UTF-8, one after the other; `traceEnd[i]` is where the i-th ends. */
  trace: Uint8Array
  traceEnd: Float64Array
  labels: string[]
}

export function makeFailures(): FailureColumns {
  return {
    length: 0,
    unit: new Int32Array(0),
    row: new Float64Array(0),
    start: new Float64Array(0),
    end: new Float64Array(0),
    elapsedMs: new Float64Array(0),
    requestMs: new Int32Array(0),
    targetMs: new Int32Array(0),
    responseMs: new Int32Array(0),
    elbStatus: new Uint16Array(0),
    targetStatus: new Uint16Array(0),
    receivedBytes: new Float64Array(0),
    sentBytes: new Float64Array(0),
    flow: new Int32Array(0),
    route: new Int32Array(0),
    flags: new Uint8Array(0),
    symptom: new Uint8Array(0),
    answeredBy: new Uint8Array(0),
    errorReason: new Int32Array(0),
    actions: new Int32Array(0),
    classificationReason: new Int32Array(0),
    trace: new Uint8Array(0),
    traceEnd: new Float64Array(0),
    labels: [''],
  }
}

const numeric = [
  'unit',
  'row',
  'start',
  'end',
  'elapsedMs',
  'requestMs',
  'targetMs',
  'responseMs',
  'elbStatus',
  'targetStatus',
  'receivedBytes',
  'sentBytes',
  'flow',
  'route',
  'flags',
  'symptom',
  'answeredBy',
  'errorReason',
  'actions',
  'classificationReason',
  'traceEnd',
] as const

const encoder = new TextEncoder()
const decoder = new TextDecoder()

function reserve(into: FailureColumns, length: number): void {
  for (const name of numeric) into[name] = ensureRoom(into[name] as Float64Array, length) as never
}

/** Appends row `detail.index` of the batch; returns its index. */
export function appendFailure(
  into: FailureColumns,
  batch: RequestBatch,
  detail: RowDetail,
  verdict: { readonly symptom: Symptom; readonly answeredBy: AnsweredBy },
  unit: number,
  elapsedMs: number | undefined,
): number {
  const at = into.length++
  if (at >= into.unit.length) reserve(into, at + 1)
  const i = detail.index
  into.unit[at] = unit
  into.row[at] = batch.row[i] as number
  into.start[at] = batch.start[i] as number
  into.end[at] = batch.end[i] as number
  into.elapsedMs[at] = elapsedMs ?? Number.NaN
  into.requestMs[at] = batch.requestMs[i] as number
  into.targetMs[at] = batch.targetMs[i] as number
  into.responseMs[at] = batch.responseMs[i] as number
  into.elbStatus[at] = batch.elbStatus[i] as number
  into.targetStatus[at] = batch.targetStatus[i] as number
  into.receivedBytes[at] = batch.receivedBytes[i] as number
  into.sentBytes[at] = batch.sentBytes[i] as number
  into.flow[at] = batch.flow[i] as number
  into.route[at] = batch.route[i] as number
  into.flags[at] = batch.flags[i] as number
  into.symptom[at] = symptoms.indexOf(verdict.symptom)
  into.answeredBy[at] = answeredByValues.indexOf(verdict.answeredBy)
  into.errorReason[at] = labelId(into, detail.errorReason)
  into.actions[at] = labelId(into, detail.actions)
  into.classificationReason[at] = labelId(into, detail.classificationReason)
  const traceStart = at === 0 ? 0 : (into.traceEnd[at - 1] as number)
  const bytes = detail.traceId === undefined ? undefined : encoder.encode(detail.traceId.slice(0, 7_000))
  const traceEnd = traceStart + (bytes?.length ?? 0)
  if (bytes) {
    into.trace = ensureRoom(into.trace, traceEnd)
    into.trace.set(bytes, traceStart)
  }
  into.traceEnd[at] = traceEnd
  return at
}

/** Labels are AWS's codes, so they are few; strangers do not write these fields. */
function labelId(into: FailureColumns, label: string | undefined): number {
  if (label === undefined || label === '') return 0
  const known = into.labels.indexOf(label)
  if (known !== -1) return known
  if (into.labels.length >= 2_000) return 0
  return into.labels.push(label) - 1
}

export function traceIdOf(failures: FailureColumns, index: number): string | undefined {
  const start = index === 0 ? 0 : (failures.traceEnd[index - 1] as number)
  const end = failures.traceEnd[index] as number
  return end === start ? undefined : decoder.decode(failures.trace.subarray(start, end))
}

/** Appends all of `from`, with its ids translated. */
export function concatFailures(
  into: FailureColumns,
  from: FailureColumns,
  flowIds: Int32Array,
  routeIds: Int32Array,
): void {
  const base = into.length
  const labels = from.labels.map((label) => labelId(into, label))
  const traceBase = base === 0 ? 0 : (into.traceEnd[base - 1] as number)
  const traceLength = from.length === 0 ? 0 : (from.traceEnd[from.length - 1] as number)
  reserve(into, base + from.length)
  into.trace = ensureRoom(into.trace, traceBase + traceLength)
  into.trace.set(from.trace.subarray(0, traceLength), traceBase)
  for (const name of numeric)
    (into[name] as Float64Array).set((from[name] as Float64Array).subarray(0, from.length), base)
  for (let i = 0; i < from.length; i++) {
    const at = base + i
    into.flow[at] = flowIds[from.flow[i] as number] as number
    into.route[at] = routeIds[from.route[i] as number] as number
    into.errorReason[at] = labels[from.errorReason[i] as number] as number
    into.actions[at] = labels[from.actions[i] as number] as number
    into.classificationReason[at] = labels[from.classificationReason[i] as number] as number
    into.traceEnd[at] = traceBase + (from.traceEnd[i] as number)
  }
  into.length = base + from.length
}

/** A copy without spare room, so that it can be sent between threads. */
export function trimFailures(from: FailureColumns): FailureColumns {
  const out = { ...from }
  for (const name of numeric) out[name] = (from[name] as Float64Array).slice(0, from.length) as never
  out.trace = from.trace.slice(0, from.length === 0 ? 0 : (from.traceEnd[from.length - 1] as number))
  return out
}
