import * as z from 'zod/mini'
import { type FailureColumns, trimFailures } from '../core/failure-columns.ts'
import type { Flow, Route } from '../core/request-batch.ts'
import { answeredByValues, symptoms, witnessKinds } from '../core/vocabulary.ts'
import type { KeptTraffic } from '../evidence/kept-traffic.ts'
import type { TrafficTally } from '../evidence/traffic-tally.ts'
import { lineFormatIds, witnessFormatIds } from '../formats/witnesses/witness-row.ts'
import { type Joined, joinTestimonies } from '../joins/joined.ts'
import type { ControlRequest } from '../joins/subjects.ts'
import { eventKinds, type Testimony } from '../joins/testimony.ts'
import { FailureTexts } from './failure-texts.ts'
import type { Gathered } from './gathered.ts'
import type { Incident } from './incident.ts'
import { subjectsOf } from './read-witnesses.ts'
import { Registry } from './registry.ts'
import { whereFields } from './row-filter.ts'
import type { FailureText } from './unit-scan.ts'

/**
 * The version of what a folder of evidence holds. It grows with every change of the shape below; the compiler points
 * here when a collector's columns change. Evidence of another version is refused: its logs must be read again.
 */
export const EVIDENCE_VERSION = 3

/** What {@link Gathered} is as plain values. */
export interface SavedEvidence extends Omit<Gathered, 'incident' | 'joined'> {
  readonly flows: readonly Flow[]
  readonly routes: readonly Route[]
  readonly failures: FailureColumns
  readonly tally: TrafficTally
  readonly kept: KeptTraffic
  readonly texts: Map<number, FailureText>
  readonly rejected: Incident['rejected']
  readonly contradictions: Incident['contradictions']
  readonly controls: readonly ControlRequest[]
  /** One healthy request in this many became a control. */
  readonly controlEvery: number
  readonly testimonies: readonly Testimony[]
}

export function toSaved({ incident, joined, ...rest }: Gathered): SavedEvidence {
  const { registry, failures, tally, kept, texts, rejected, contradictions } = incident
  return {
    ...rest,
    flows: registry.flows,
    routes: registry.routes,
    failures: trimFailures(failures),
    tally,
    kept,
    texts: new Map(texts),
    rejected,
    contradictions,
    controls: joined?.subjects.controls ?? [],
    controlEvery: joined?.subjects.controlEvery ?? 1,
    testimonies: joined?.testimonies ?? [],
  }
}

export function fromSaved(saved: SavedEvidence): Gathered & { readonly joined: Joined } {
  const { flows, routes, failures, tally, kept, texts, rejected, contradictions, ...others } = saved
  const { controls, controlEvery, testimonies, ...rest } = others
  const registry = new Registry()
  for (const flow of flows) registry.flow(flow)
  for (const route of routes) registry.route(route)
  const incident: Incident = {
    registry,
    failures,
    tally,
    kept,
    texts: FailureTexts.of(texts.values()),
    rejected,
    contradictions,
  }
  const subjects = subjectsOf(incident, { controls, every: controlEvery })
  return { ...rest, incident, joined: joinTestimonies(subjects, testimonies) }
}

const text = z.string()
const texts = z.array(text)
const count = z.int().check(z.gte(0))
const number = z.union([z.number(), z.nan(), z.literal(Number.POSITIVE_INFINITY), z.literal(Number.NEGATIVE_INFINITY)])
const f64 = z.custom<Float64Array>((value) => value instanceof Float64Array)
const i32 = z.custom<Int32Array>((value) => value instanceof Int32Array)
const u32 = z.custom<Uint32Array>((value) => value instanceof Uint32Array)
const u16 = z.custom<Uint16Array>((value) => value instanceof Uint16Array)
const u8 = z.custom<Uint8Array>((value) => value instanceof Uint8Array)
const unread = z.array(z.object({ name: text, why: text }))
const someRow = z.object({ unit: count, row: count, text })

const failureColumns = z.object({
  length: count,
  unit: i32,
  row: u32,
  start: f64,
  end: f64,
  elapsedMs: f64,
  requestMs: i32,
  targetMs: i32,
  responseMs: i32,
  elbStatus: u16,
  targetStatus: u16,
  receivedBytes: f64,
  sentBytes: f64,
  flow: i32,
  route: i32,
  flags: u8,
  symptom: u8,
  answeredBy: u8,
  errorReason: u16,
  actions: u16,
  classificationReason: u16,
  trace: u8,
  traceEnd: u32,
  labels: texts,
})

const tally = z.object({
  stepSeconds: z.number().check(z.gte(1)),
  minEnd: number,
  maxEnd: number,
  flows: count,
  perFlow: f64,
  serviceHistogram: u32,
  connectLadder: z.array(z.union([u32, z.undefined()])),
  steps: u32,
  stepsPerFlow: count,
  firstStep: z.number(),
  routeRequests: f64,
  websocketRows: count,
  grpcRows: count,
  classicRows: count,
  rowsWithoutStart: count,
})

const targetRows = z.object({
  length: count,
  start: f64,
  end: f64,
  requestMs: i32,
  targetMs: i32,
  elbStatus: u16,
  targetStatus: u16,
  flow: i32,
  route: i32,
})

const witnessRow = z.object({
  format: z.enum([...lineFormatIds, 'sentry']),
  role: z.enum(['app', 'proxy', 'either']),
  what: z.enum(['request', 'event']),
  timeMs: number,
  timeStepMs: number,
  hasZone: z.boolean(),
  source: text,
  traceIds: texts,
  method: z.exactOptional(text),
  path: z.exactOptional(text),
  status: z.exactOptional(number),
  durationMs: z.exactOptional(number),
  client: z.exactOptional(text),
  upstreamStatus: z.exactOptional(texts),
  upstreamAddress: z.exactOptional(texts),
  upstreamMs: z.exactOptional(z.array(number)),
  upstreamConnectMs: z.exactOptional(z.array(number)),
  upstreamHeaderMs: z.exactOptional(z.array(number)),
  sentBytes: z.exactOptional(number),
  bodyBytes: z.exactOptional(number),
  flags: z.exactOptional(text),
  level: z.exactOptional(text),
  message: z.exactOptional(text),
})

const testimony = z.object({
  name: text,
  kind: z.enum(witnessKinds),
  formats: z.map(z.enum(witnessFormatIds), count),
  rows: count,
  unparsed: count,
  firstMs: number,
  lastMs: number,
  shiftMs: z.union([number, z.undefined()]),
  shiftMatches: count,
  hasZone: z.boolean(),
  withoutTime: count,
  requests: count,
  requestsWithTrace: count,
  hits: z.array(
    z.object({
      failure: count,
      by: z.enum(['trace', 'request', 'unanimous']),
      row: witnessRow,
      role: z.enum(['app', 'proxy', 'client']),
      isElsewhere: z.exactOptional(z.literal(true)),
      timeMs: number,
      text,
      file: text,
    }),
  ),
  ambiguous: z.set(count),
  controlsSeen: u8,
  podsOfTarget: z.map(text, z.set(text)),
  events: z.array(
    z.object({
      kind: z.enum(eventKinds),
      timeMs: number,
      lastMs: number,
      count,
      who: text,
      addresses: texts,
      node: z.exactOptional(text),
      namespace: z.exactOptional(text),
      targetGroup: z.exactOptional(text),
      workload: text,
      isOfNode: z.exactOptional(z.literal(true)),
      isKin: z.boolean(),
      text,
      file: text,
    }),
  ),
  metrics: z.array(
    z.object({
      name: text,
      label: text,
      periodMs: number,
      points: z.array(z.tuple([number, number])),
      labels: z.exactOptional(z.record(text, text)),
    }),
  ),
  rhythms: z.array(
    z.object({
      what: z.enum(['health-check', 'probe']),
      of: text,
      askers: count,
      seconds: number,
      hits: count,
      asked: count,
      fromSeconds: number,
      toSeconds: number,
    }),
  ),
  side: z.union([z.literal('client'), z.literal('app'), z.undefined()]),
  pods: z.array(
    z.object({
      name: text,
      namespace: text,
      addresses: texts,
      node: text,
      hostAddresses: texts,
      commands: z.optional(texts),
      createdMs: z.exactOptional(number),
      graceSeconds: z.exactOptional(number),
      isProbed: z.exactOptional(z.boolean()),
      isReady: z.exactOptional(z.boolean()),
      readySinceMs: z.exactOptional(number),
    }),
  ),
  services: z.array(
    z.object({
      service: text,
      namespace: text,
      endpoints: count,
      ready: count,
      readyNodes: texts,
      pods: texts,
      addresses: texts,
    }),
  ),
  nodePorts: z.exactOptional(
    z.array(
      z.object({ service: text, namespace: text, policy: z.enum(['Cluster', 'Local']), nodePorts: z.array(count) }),
    ),
  ),
  nodes: z.exactOptional(z.array(z.object({ name: text, addresses: texts, isReady: z.boolean() }))),
  targetHealth: z.exactOptional(z.array(z.object({ target: text, state: text, reason: text }))),
  notes: texts,
  dropped: count,
  role: z.enum(['app', 'proxy', 'none']),
  kinship: z.enum(['same', 'other', 'unknown']),
  kinshipWhy: z.exactOptional(text),
})

const savedSchema = z.object({
  flows: z.array(z.object({ loadBalancer: text, targetGroup: text, target: text, node: text })),
  routes: z.array(z.object({ text, targetGroup: text })),
  failures: failureColumns,
  tally,
  kept: z.object({ byTarget: z.map(text, targetRows), lost: z.set(number) }),
  texts: z.map(
    count,
    z.object({
      index: count,
      end: number,
      text,
      client: z.nullable(text),
      request: z.nullable(text),
      userAgent: z.nullable(text),
    }),
  ),
  rejected: z.array(
    z.object({
      flow: count,
      symptom: z.enum(symptoms),
      elbStatus: count,
      errorReason: z.nullable(text),
      actions: z.nullable(text),
      classificationReason: z.nullable(text),
      // Evidence saved before this was looked at: not known to be large.
      hasLargeHead: z._default(z.boolean(), false),
      count,
      firstEnd: number,
      lastEnd: number,
      samples: z.array(someRow),
    }),
  ),
  contradictions: z.map(text, z.object({ rows: count, samples: z.array(someRow) })),
  controls: z.array(
    z.object({
      traceId: z.union([text, z.undefined()]),
      start: number,
      end: number,
      targetStatus: count,
      receivedBytes: count,
      sentBytes: count,
      target: text,
      request: text,
    }),
  ),
  controlEvery: number,
  testimonies: z.array(testimony),
  inputs: z.array(
    z.object({
      name: text,
      bytes: count,
      units: z.array(count),
      note: z.nullable(text),
      fileName: z.nullable(
        z.object({
          log: z.enum(['access', 'connection', 'health-check']),
          account: text,
          region: text,
          loadBalancer: text,
          endMs: number,
          node: z.nullable(text),
          random: text,
        }),
      ),
    }),
  ),
  unreadable: unread,
  unheard: unread,
  results: z.array(
    z.object({
      unit: count,
      bytes: count,
      lines: count,
      format: text,
      rows: count,
      parsed: count,
      requests: count,
      bad: count,
      badSamples: texts,
      filtered: count,
      repeated: count,
      truncated: z.nullable(text),
      isComplete: z.boolean(),
    }),
  ),
  failed: z.map(count, text),
  overlapping: z.set(count),
  isComplete: z.boolean(),
  filter: z.object({
    sinceMs: z.nullable(number),
    untilMs: z.nullable(number),
    where: z.array(z.object({ field: z.enum(whereFields), glob: text })),
  }),
  idleTimeoutSeconds: z.union([number, z.undefined()]),
  failureRows: count,
})

type Leaf = Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array
type Flat<T> = T extends Leaf
  ? T
  : T extends ReadonlyMap<infer K, infer V>
    ? { readonly key: Flat<K>; readonly value: Flat<V> }
    : T extends ReadonlySet<infer V>
      ? { readonly member: Flat<V> }
      : T extends object
        ? { readonly [K in keyof T]: Flat<T[K]> }
        : T
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
// Compiles only while the schema says what the collectors keep. Does it not, mend the schema and count the version up.
true satisfies Same<Flat<z.infer<typeof savedSchema>>, Flat<SavedEvidence>>

/** A value from outside as evidence, or a sentence that says what is wrong with it. */
export function checkSaved(value: unknown): SavedEvidence | string {
  const parsed = savedSchema.safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return `${issue?.path.map(String).join('.').slice(0, 120) ?? ''}: ${issue?.message ?? 'unexpected'}`
  }
  // The schema ignores what it does not know, which a later version may have added.
  const saved: SavedEvidence = parsed.data
  return brokenPointer(saved) ?? saved
}

/** What a schema cannot say: columns of one table have one length, and what points somewhere points at something. */
function brokenPointer(saved: SavedEvidence): string | undefined {
  const { failures, flows, routes, tally: counted, kept } = saved
  const units = new Set(saved.inputs.flatMap((input) => input.units))
  for (const [name, column] of Object.entries(failures))
    if (ArrayBuffer.isView(column) && name !== 'trace' && (column as Uint8Array).length !== failures.length)
      return `failures.${name} has not ${failures.length} rows`
  const pointers = [
    ['flow', failures.flow, flows.length],
    ['route', failures.route, routes.length],
    ['symptom', failures.symptom, symptoms.length],
    ['answeredBy', failures.answeredBy, answeredByValues.length],
    ['errorReason', failures.errorReason, failures.labels.length],
    ['actions', failures.actions, failures.labels.length],
    ['classificationReason', failures.classificationReason, failures.labels.length],
  ] as const
  for (const [name, column, end] of pointers)
    if (column.some((index) => index < 0 || index >= end)) return `failures.${name} points past its names`
  if (failures.unit.some((unit) => !units.has(unit))) return 'failures.unit points past the inputs'
  if ((failures.traceEnd.at(-1) ?? 0) > failures.trace.length) return 'failures.traceEnd points past the trace ids'
  if (counted.flows > flows.length || counted.steps.length < counted.flows * counted.stepsPerFlow)
    return 'tally: columns are too short'
  for (const [target, rows] of kept.byTarget) {
    for (const column of Object.values(rows))
      if (ArrayBuffer.isView(column) && (column as Uint8Array).length !== rows.length)
        return `kept ${target.slice(0, 80)}: columns differ in length`
    if (rows.flow.some((flow) => flow < 0 || flow >= flows.length)) return 'kept: flow points past its names'
  }
  if (saved.rejected.some((group) => group.flow >= flows.length)) return 'rejected: flow points past its names'
  for (const { name, hits } of saved.testimonies)
    if (hits.some((hit) => hit.failure >= failures.length)) return `${name.slice(0, 80)}: points past the failures`
  return undefined
}
