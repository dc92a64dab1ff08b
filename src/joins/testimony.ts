import type { WitnessKind } from '../core/vocabulary.ts'
import type { TargetHealth } from '../formats/witnesses/target-health.ts'
import type { WitnessFormatId, WitnessRow } from '../formats/witnesses/witness-row.ts'
import type { Interval } from './interval.ts'
import type { Kinship } from './kinship.ts'

/** How a row was matched to a request. */
export type MatchedBy =
  /** X-Amzn-Trace-Id: exact. */
  | 'trace'
  /** Method, path, status and time, and nothing else fits. */
  | 'request'
  /** Several fit, and all of them say the same. */
  | 'unanimous'

/** Bit of a control: a proxy's log shows that it asked one server once, so that no error line is about it. */
export const ONE_TRY = 8

/** A row of a witness that speaks of one failure. */
export interface Hit {
  readonly failure: number
  readonly by: MatchedBy
  readonly row: WitnessRow
  /** Who wrote it, when the row's own role is `either`. `client`: what a client reported. */
  readonly role: 'app' | 'proxy' | 'client'
  /** The row's time on the load balancer's clock. */
  readonly timeMs: number
  /** A call that the request caused, with its trace id: part of its way, no answer to it. */
  readonly isElsewhere?: true
  /** The line as it stands, at most 1,000 characters. */
  readonly text: string
  readonly file: string
}

export const eventKinds = [
  'started',
  'stopping',
  'worker-timeout',
  'worker-killed',
  'worker-recycled',
  'out-of-memory',
  'crashed',
  'grace-exceeded',
  'limit-reached',
  'pool-exhausted',
  'wrong-length',
  'readiness-failed',
  'liveness-failed',
  'liveness-kill',
  'back-off',
  'killing',
  'scaled',
  'no-endpoints',
  'evicted',
  'node-gone',
  'node-not-ready',
  'deployed',
  'no-connections',
  'reload',
  'upstream-banned',
  'check-failed',
  'conntrack-full',
  'syn-flood',
  'insert-failed',
  'allowance-exceeded',
  'other',
] as const
export type EventKind = (typeof eventKinds)[number]

/** Something that happened to a process, a pod or a node, not to one request. */
export interface LifeEvent {
  readonly kind: EventKind
  readonly timeMs: number
  /** Repeated until then (Kubernetes counts); the same as `timeMs` for one. */
  readonly lastMs: number
  readonly count: number
  /** Pod, container, node or '' . */
  readonly who: string
  /** Addresses of `who`, when known. */
  readonly addresses: readonly string[]
  /** Kubernetes only: the node that `who` runs on, when the event says it. */
  readonly node?: string
  /** Kubernetes only: of a pod. */
  readonly namespace?: string
  /** Health checks only: the name of the target group that was checked. */
  readonly targetGroup?: string
  /** The Deployment or the like that `who` belongs to, or ''. */
  readonly workload: string
  /** `who` is a node: its kernel or its counters say it. */
  readonly isOfNode?: true
  /** It was written by a log that is shown to hold this load balancer's requests. */
  readonly isKin: boolean
  readonly text: string
  readonly file: string
}

/** One metric over time. */
export interface MetricSeries {
  readonly name: string
  readonly label: string
  readonly periodMs: number
  /** Start of the period to its value, ascending. */
  readonly points: readonly (readonly [number, number])[]
  /** Of a Prometheus series. */
  readonly labels?: Readonly<Record<string, string>>
}

/** What a client or an app reported of one request (Sentry). */
export interface Report {
  readonly side: 'client' | 'app'
  readonly id: string
  readonly timeMs: number
  readonly method: string | undefined
  /** Without host and query; undefined: the event names no URL. */
  readonly path: string | undefined
  readonly status: number | undefined
  readonly traceIds: readonly string[]
  readonly text: string
}

export interface PodFact {
  readonly name: string
  readonly namespace: string
  readonly addresses: readonly string[]
  readonly node: string
  /** Addresses of its node. */
  readonly hostAddresses: readonly string[]
  /** What each of its containers was told to run; '' when the image decides. */
  readonly commands?: readonly string[] | undefined
  readonly createdMs?: number
  readonly graceSeconds?: number
  /** Whether any of its containers has a readiness probe. */
  readonly isProbed?: boolean
  readonly isReady?: boolean
  /** Since when it is as `isReady` says; NaN: not said. */
  readonly readySinceMs?: number
}

/** A Service, as far as its node ports go. */
export interface NodePortFact {
  readonly service: string
  readonly namespace: string
  readonly policy: 'Cluster' | 'Local'
  readonly nodePorts: readonly number[]
}

export interface NodeFact {
  readonly name: string
  readonly addresses: readonly string[]
  readonly isReady: boolean
}

/** One EndpointSlice. */
export interface ServiceFact {
  readonly service: string
  readonly namespace: string
  /** Endpoints, ready ones and their nodes and pods. */
  readonly endpoints: number
  readonly ready: number
  readonly readyNodes: readonly string[]
  readonly pods: readonly string[]
  readonly addresses: readonly string[]
}

/** Somebody who asks again and again at one interval, past the load balancer's access log. */
export interface Rhythm extends Interval {
  /** `health-check`: the load balancer's own log of them. `probe`: requests that did not come through it. */
  readonly what: 'health-check' | 'probe'
  /** Target group, or path. */
  readonly of: string
  /** Series of times, each of one asker and one asked. */
  readonly askers: number
}

/** All that one witness file says. */
export interface Testimony {
  readonly name: string
  readonly kind: WitnessKind
  /** Rows by format. */
  readonly formats: ReadonlyMap<WitnessFormatId, number>
  readonly rows: number
  readonly unparsed: number
  /** On the witness's own clock; NaN when no row has a time. */
  readonly firstMs: number
  readonly lastMs: number
  /** What must be added to the witness's times to get the load balancer's; undefined: could not be measured. */
  readonly shiftMs: number | undefined
  /** Matches behind `shiftMs`. */
  readonly shiftMatches: number
  readonly hasZone: boolean
  readonly withoutTime: number
  /** Rows that are requests, and how many of them carry a trace id. */
  readonly requests: number
  readonly requestsWithTrace: number
  readonly hits: readonly Hit[]
  /** Failures for which rows fit that say different things. */
  readonly ambiguous: ReadonlySet<number>
  /** Control (index among the controls) seen here, by whom: 1 = app, 2 = proxy; and `ONE_TRY`. */
  readonly controlsSeen: Uint8Array
  /** Targets to the pods that answered for them. */
  readonly podsOfTarget: ReadonlyMap<string, ReadonlySet<string>>
  readonly events: readonly LifeEvent[]
  readonly metrics: readonly MetricSeries[]
  readonly rhythms: readonly Rhythm[]
  /** Sentry only: whose reports. */
  readonly side: 'client' | 'app' | undefined
  /** Kubernetes only. */
  readonly pods: readonly PodFact[]
  /** Kubernetes only. */
  readonly services: readonly ServiceFact[]
  /** Kubernetes only; absent in evidence of older versions. */
  readonly nodePorts?: readonly NodePortFact[]
  readonly nodes?: readonly NodeFact[]
  /** `describe-target-health` only. */
  readonly targetHealth?: readonly TargetHealth[]
  readonly notes: readonly string[]
  /** Rows that were given up because there were too many. */
  readonly dropped: number
  /** App or proxy; `app` for witnesses that are neither. */
  readonly role: 'app' | 'proxy' | 'none'
  readonly kinship: Kinship
  /** Why it is `other`, as the end of a sentence. */
  readonly kinshipWhy?: string
}

export function emptyTestimony(name: string, kind: WitnessKind, controls: number): Testimony {
  return {
    name,
    kind,
    formats: new Map(),
    rows: 0,
    unparsed: 0,
    firstMs: Number.NaN,
    lastMs: Number.NaN,
    shiftMs: undefined,
    shiftMatches: 0,
    hasZone: true,
    withoutTime: 0,
    requests: 0,
    requestsWithTrace: 0,
    hits: [],
    ambiguous: new Set(),
    controlsSeen: new Uint8Array(controls),
    podsOfTarget: new Map(),
    events: [],
    metrics: [],
    rhythms: [],
    side: undefined,
    pods: [],
    services: [],
    notes: [],
    dropped: 0,
    role: 'none',
    kinship: 'unknown',
  }
}
