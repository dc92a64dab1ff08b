import { type Columns, copyRows, makeColumns, makeColumnsIn } from './columns.ts'
import { ensureRoom } from './growable.ts'
import type { RequestBatch } from './request-batch.ts'
import { sortTimes } from './sort-times.ts'
import { type AnsweredBy, answeredByValues, type Symptom, symptoms } from './vocabulary.ts'

const failureColumns = {
  /** Index of the input, and of the unit of work in it. */
  unit: Int32Array,
  /** Line number in the unit, from 1. */
  row: Uint32Array,
  /** NaN when absent. */
  start: Float64Array,
  end: Float64Array,
  /** Usable elapsed, ms; NaN when it is not usable. */
  elapsedMs: Float64Array,
  requestMs: Int32Array,
  targetMs: Int32Array,
  responseMs: Int32Array,
  elbStatus: Uint16Array,
  targetStatus: Uint16Array,
  receivedBytes: Float64Array,
  sentBytes: Float64Array,
  flow: Int32Array,
  route: Int32Array,
  flags: Uint8Array,
  /** Index into {@link symptoms}. */
  symptom: Uint8Array,
  /** Index into {@link answeredByValues}. */
  answeredBy: Uint8Array,
  /** Index into `labels`: error reason, actions, classification, classification reason; 0 = absent. */
  errorReason: Uint16Array,
  actions: Uint16Array,
  classificationReason: Uint16Array,
  /** Trace ids stand in `trace` one after the other; this is where the row's ends. */
  traceEnd: Uint32Array,
} as const

/** Every failure of a run as columns, about 130 bytes each. Text is kept apart, and only for a few. */
export interface FailureColumns extends Columns<typeof failureColumns> {
  length: number
  /** UTF-8. */
  trace: Uint8Array
  labels: string[]
}

export function makeFailures(): FailureColumns {
  return { length: 0, ...makeColumns(failureColumns, 0), trace: new Uint8Array(0), labels: [''] }
}

/** Failures of a run that need not be moved to find room. */
const RUN_ROOM = 262_144
const TRACE_BYTES = 48
const FAILURE_BYTES = 89

/**
 * For all of a run: 40 MB, of which only what is written takes memory. Columns that grow leave their old ones to a
 * collector, and holes where they lay.
 */
export function makeRunFailures(): FailureColumns {
  const traceAt = RUN_ROOM * FAILURE_BYTES
  const buffer = new ArrayBuffer(traceAt + RUN_ROOM * TRACE_BYTES)
  return {
    ...makeFailures(),
    ...makeColumnsIn(failureColumns, buffer, RUN_ROOM),
    trace: new Uint8Array(buffer, traceAt),
  }
}

const columnNames = Object.keys(failureColumns) as (keyof typeof failureColumns)[]

const decoder = new TextDecoder()

function reserve(into: FailureColumns, length: number): void {
  for (const name of columnNames) into[name] = ensureRoom(into[name] as Float64Array, length) as never
}

/** Empties it; its room stays. Labels are made anew, since they may have been handed on. */
export function clearFailures(failures: FailureColumns): void {
  failures.length = 0
  failures.labels = ['']
}

/** Appends the row of detail `n` of the batch; returns its index. */
export function appendFailure(
  into: FailureColumns,
  batch: RequestBatch,
  n: number,
  verdict: { readonly symptom: Symptom; readonly answeredBy: AnsweredBy },
  unit: number,
  elapsedMs: number | undefined,
): number {
  const at = into.length++
  if (at >= into.unit.length) reserve(into, at + 1)
  const i = batch.details.rowOf(n)
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
  const { errorReason, actions, classificationReason } = batch.details.labelsOf(n)
  into.errorReason[at] = labelId(into, errorReason)
  into.actions[at] = labelId(into, actions)
  into.classificationReason[at] = labelId(into, classificationReason)
  const traceStart = at === 0 ? 0 : (into.traceEnd[at - 1] as number)
  const trace = batch.details.bytesOf(n, 'traceId', 'traceId')
  const traceEnd = traceStart + trace.length
  into.trace = ensureRoom(into.trace, traceEnd)
  into.trace.set(trace, traceStart)
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
  const labels = Int32Array.from(from.labels, (label) => labelId(into, label))
  const traceBase = base === 0 ? 0 : (into.traceEnd[base - 1] as number)
  const traceLength = from.length === 0 ? 0 : (from.traceEnd[from.length - 1] as number)
  reserve(into, base + from.length)
  into.trace = ensureRoom(into.trace, traceBase + traceLength)
  into.trace.set(from.trace.subarray(0, traceLength), traceBase)
  copyRows(failureColumns, into, base, from, from.length)
  into.length = base + from.length
  translate(into.flow.subarray(base, into.length), flowIds)
  translate(into.route.subarray(base, into.length), routeIds)
  for (const name of ['errorReason', 'actions', 'classificationReason'] as const)
    translate(into[name].subarray(base, into.length), labels)
  const traceEnds = into.traceEnd.subarray(base, into.length)
  for (let i = 0; i < traceEnds.length; i++) traceEnds[i] = traceBase + (traceEnds[i] as number)
}

function translate(column: Int32Array | Uint16Array, ids: Int32Array): void {
  for (let i = 0; i < column.length; i++) column[i] = ids[column[i] as number] as number
}

/** Indices by end, those of one microsecond as they stand. */
export function failuresByTime({ length, end }: FailureColumns): number[] {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < length; i++) {
    min = Math.min(min, end[i] as number)
    max = Math.max(max, end[i] as number)
  }
  // A native sort of numbers beats one with a callback ten times; time and index share the 53 bits of one number.
  if ((max - min) * 1_000 * length >= Number.MAX_SAFE_INTEGER)
    return Array.from({ length }, (_, i) => i).sort((a, b) => (end[a] as number) - (end[b] as number) || a - b)
  const keys = new Float64Array(length)
  for (let i = 0; i < length; i++) keys[i] = Math.round(((end[i] as number) - min) * 1_000) * length + i
  return Array.from(sortTimes(keys), (key) => key - Math.floor(key / length) * length)
}

/** A copy without spare room, so that it can be sent between threads. */
export function trimFailures(from: FailureColumns): FailureColumns {
  const columns = makeColumns(failureColumns, from.length)
  copyRows(failureColumns, columns, 0, from, from.length)
  const traceLength = from.length === 0 ? 0 : (from.traceEnd[from.length - 1] as number)
  return { length: from.length, ...columns, trace: from.trace.slice(0, traceLength), labels: from.labels }
}
