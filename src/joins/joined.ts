import type { TargetHealth } from '../formats/witnesses/target-health.ts'
import { type CapacityCounts, capacityCounts } from './capacity-counts.ts'
import { type ConnectCounts, connectCounts } from './connect-counts.ts'
import { controlsByTarget } from './coverage.ts'
import { type MetricsFit, metricsFit } from './metrics-fit.ts'
import { nodeAddresses, onTheWay } from './nodes.ts'
import type { Subjects } from './subjects.ts'
import type {
  Hit,
  LifeEvent,
  MetricSeries,
  NodeFact,
  NodePortFact,
  PodFact,
  ServiceFact,
  Testimony,
} from './testimony.ts'
import { type Concern, concernOf, type WorkloadsByGroup, workloadsByGroup } from './workloads.ts'

/** Everything all witnesses say, by failure. */
export interface Joined {
  readonly subjects: Subjects
  readonly testimonies: readonly Testimony[]
  readonly hitsOf: ReadonlyMap<number, readonly Hit[]>
  /** By time, on the load balancer's clock. */
  readonly events: readonly LifeEvent[]
  readonly metrics: {
    readonly all: readonly MetricSeries[]
    readonly fit: MetricsFit | undefined
    /** Failures before a request was handed over to the counts of their period. */
    readonly connects: ReadonlyMap<number, ConnectCounts>
    /** 503 before any rule, to the counts of their period. */
    readonly capacity: ReadonlyMap<number, CapacityCounts>
  }
  /** Targets to the pods that answered for them, over all files. */
  readonly podsOfTarget: ReadonlyMap<string, ReadonlySet<string>>
  /** Control to who saw it, over all files: 1 = app, 2 = proxy. */
  readonly controlsSeen: Uint8Array
  /** Healthy requests by target, and all of them under '', by the time they ended. */
  readonly controlsByTarget: ReadonlyMap<string, readonly number[]>
  readonly pods: readonly PodFact[]
  readonly services: readonly ServiceFact[]
  readonly nodePorts: readonly NodePortFact[]
  readonly nodes: readonly NodeFact[]
  /** One list per answer: a target group each. */
  readonly targetHealth: readonly (readonly TargetHealth[])[]
  readonly workloads: WorkloadsByGroup
}

export function joinTestimonies(subjects: Subjects, all: readonly Testimony[]): Joined {
  const testimonies = all.map(onlyIfKin)
  const hitsOf = new Map<number, Hit[]>()
  const podsOfTarget = new Map<string, Set<string>>()
  const controlsSeen = new Uint8Array(subjects.controls.length)
  for (const testimony of testimonies) {
    for (const hit of testimony.hits) {
      if (hit.isElsewhere) continue
      const known = hitsOf.get(hit.failure)
      if (known === undefined) hitsOf.set(hit.failure, [hit])
      else known.push(hit)
    }
    for (const [target, pods] of testimony.podsOfTarget) {
      const known = podsOfTarget.get(target) ?? new Set<string>()
      for (const pod of pods) known.add(pod)
      podsOfTarget.set(target, known)
    }
    for (const [control, seen] of testimony.controlsSeen.entries())
      if (seen !== 0) controlsSeen[control] = (controlsSeen[control] as number) | seen
  }
  for (const hits of hitsOf.values()) hits.sort((a, b) => a.timeMs - b.timeMs)
  const pods = testimonies.flatMap((each) => each.pods)
  const services = testimonies.flatMap((each) => each.services)
  const nodePorts = testimonies.flatMap((each) => each.nodePorts ?? [])
  const metrics = testimonies.flatMap((each) => each.metrics)
  const fit = metricsFit(metrics, subjects)
  return {
    subjects,
    testimonies,
    pods,
    services,
    nodePorts,
    targetHealth: testimonies.flatMap(({ targetHealth }) => (targetHealth === undefined ? [] : [targetHealth])),
    nodes: testimonies.flatMap((each) => each.nodes ?? []),
    workloads: workloadsByGroup(subjects, { pods, services, nodePorts, podsOfTarget }),
    hitsOf,
    podsOfTarget,
    controlsSeen,
    controlsByTarget: controlsByTarget(subjects),
    events: withAddresses(testimonies, podsOfTarget).sort((a, b) => a.timeMs - b.timeMs),
    metrics: {
      all: metrics,
      fit,
      connects: connectCounts(metrics, fit, subjects),
      capacity: capacityCounts(metrics, fit, subjects),
    },
  }
}

/** What speaks of somebody else's requests says nothing here, however well single rows of it may fit. */
function onlyIfKin(testimony: Testimony): Testimony {
  if (testimony.kinship !== 'other') return testimony
  const controlsSeen = new Uint8Array(testimony.controlsSeen.length)
  return {
    ...testimony,
    hits: [],
    ambiguous: new Set(),
    controlsSeen,
    podsOfTarget: new Map(),
    events: [],
    metrics: [],
  }
}

/**
 * Events name pods. Their addresses are in the list of pods, often another file, or are those of the targets that a pod is
 * seen to answer for.
 */
function withAddresses(
  testimonies: readonly Testimony[],
  podsOfTarget: ReadonlyMap<string, ReadonlySet<string>>,
): LifeEvent[] {
  const addressesOf = new Map<string, readonly string[]>()
  for (const [target, sources] of podsOfTarget)
    for (const source of sources) addressesOf.set(source, [...(addressesOf.get(source) ?? []), target])
  const pods = testimonies.flatMap((each) => each.pods)
  const nodes = testimonies.flatMap((each) => each.nodes ?? [])
  const namespaces = new Map<string, Set<string>>()
  for (const { name, namespace } of pods) namespaces.set(name, (namespaces.get(name) ?? new Set()).add(namespace))
  for (const { name, namespace, addresses } of pods) {
    addressesOf.set(`${namespace}/${name}`, addresses)
    // Which of two namesakes a log means it does not say.
    addressesOf.set(name, (namespaces.get(name)?.size ?? 0) > 1 ? [] : addresses)
  }
  return testimonies
    .flatMap((each) => each.events)
    .map((event) => {
      if (event.isOfNode) return { ...event, addresses: nodeAddresses(event.who, pods, nodes) }
      if (event.addresses.length > 0) return event
      const { who, namespace } = event
      const own = namespace === undefined ? undefined : addressesOf.get(`${namespace}/${who}`)
      return { ...event, addresses: own ?? addressesOf.get(who) ?? [] }
    })
}

const CONCERNS: readonly Concern[] = ['unknown', 'no', 'yes']

/** By whom an event is about and by flow, a place in `CONCERNS` and 1: hundreds of thousands of failures have few flows. */
const asked = new WeakMap<Joined, Map<string, Uint8Array>>()

/** Whether an event is about what stands behind this failure. */
export function concerns(joined: Joined, event: LifeEvent, failure: number): Concern {
  const { subjects } = joined
  const byWhom = asked.get(joined) ?? new Map<string, Uint8Array>()
  asked.set(joined, byWhom)
  const whom = whomOf(event)
  const known = byWhom.get(whom) ?? new Uint8Array(subjects.flows.length)
  byWhom.set(whom, known)
  const flow = subjects.failures.flow[failure] as number
  if (known[flow] === 0) known[flow] = CONCERNS.indexOf(concernNow(joined, event, failure)) + 1
  return CONCERNS[(known[flow] as number) - 1] as Concern
}

function concernNow(joined: Joined, event: LifeEvent, failure: number): Concern {
  // Which of a node's processes it was about is not said.
  if (event.isOfNode) return onTheWay(joined, event, failure) === 'no' ? 'no' : 'unknown'
  return concernOf(event, failure, joined.subjects, joined.workloads)
}

const whoms = new WeakMap<LifeEvent, string>()

/** All of an event that `concernNow` looks at. */
function whomOf(event: LifeEvent): string {
  const known = whoms.get(event)
  if (known !== undefined) return known
  const { isOfNode, isKin, namespace = '', workload, addresses } = event
  const whom = `${isOfNode ? 1 : 0}${isKin ? 1 : 0} ${namespace}/${workload} ${addresses.join(' ')}`
  whoms.set(event, whom)
  return whom
}

export function hitsBy(joined: Joined, failure: number, role: 'app' | 'proxy'): readonly Hit[] {
  return (joined.hitsOf.get(failure) ?? []).filter((hit) => hit.role === role)
}
