import type { FailureColumns } from '../../core/failure-columns.ts'
import type { Flow, Route } from '../../core/request-batch.ts'
import { type Symptom, symptoms } from '../../core/vocabulary.ts'

/** All failures of one target group behind one load balancer: what a detector looks at. */
export interface FailureGroup {
  readonly loadBalancer: string
  /** ARN, or '' for requests without one. */
  readonly targetGroup: string
  readonly failures: FailureColumns
  readonly flows: readonly Flow[]
  readonly routes: readonly Route[]
  /** Indices into `failures`, by end time: those that no earlier detector has claimed. */
  readonly indices: readonly number[]
  /** All failures of the group, claimed or not. */
  readonly everything: readonly number[]
  /** Every target is a NodePort (30000-32767): pods are hidden behind kube-proxy. */
  readonly isNodePort: boolean
  readonly idleTimeoutSeconds: number
  /** given or inferred: the idle timeout is known, not just the default. */
  readonly isIdleTimeoutKnown: boolean
}

/**
 * The same group with what is left of it. Written out: copies that spread makes differ in their hidden shape, and code
 * that was compiled for one of them is thrown away at the next.
 */
export function withLeft(group: FailureGroup, indices: readonly number[]): FailureGroup {
  return {
    loadBalancer: group.loadBalancer,
    targetGroup: group.targetGroup,
    failures: group.failures,
    flows: group.flows,
    routes: group.routes,
    indices,
    everything: group.everything,
    isNodePort: group.isNodePort,
    idleTimeoutSeconds: group.idleTimeoutSeconds,
    isIdleTimeoutKnown: group.isIdleTimeoutKnown,
  }
}

export function symptomAt(group: FailureGroup, failure: number): Symptom {
  return symptoms[group.failures.symptom[failure] as number] as Symptom
}

export function targetAt(group: FailureGroup, failure: number): string {
  return (group.flows[group.failures.flow[failure] as number] as Flow).target
}

export function nodeAt(group: FailureGroup, failure: number): string {
  return (group.flows[group.failures.flow[failure] as number] as Flow).node
}

export function routeAt(group: FailureGroup, failure: number): string {
  return (group.routes[group.failures.route[failure] as number] as Route).text
}

export function labelAt(
  group: FailureGroup,
  column: 'errorReason' | 'actions' | 'classificationReason',
  failure: number,
): string {
  return group.failures.labels[group.failures[column][failure] as number] as string
}

export function withSymptom(group: FailureGroup, ...wanted: readonly Symptom[]): number[] {
  const [first, ...others] = wanted
  if (first !== undefined && others.length === 0) return [...(bySymptom(group, group.indices).get(first) ?? [])]
  return group.indices.filter((failure) => wanted.includes(symptomAt(group, failure)))
}

/** Also among the failures that are already claimed. */
export function everWithSymptom(group: FailureGroup, wanted: Symptom): number[] {
  return [...(bySymptom(group, group.everything).get(wanted) ?? [])]
}

const apart = new WeakMap<readonly number[], ReadonlyMap<Symptom, readonly number[]>>()

/** Parted once, however many detectors ask before one of them takes some. */
function bySymptom(group: FailureGroup, some: readonly number[]): ReadonlyMap<Symptom, readonly number[]> {
  let lists = apart.get(some)
  if (lists === undefined) {
    lists = groupBy(some, (failure) => symptomAt(group, failure))
    apart.set(some, lists)
  }
  return lists
}

const byTarget = new WeakMap<readonly number[], Map<Symptom, ReadonlyMap<string, readonly number[]>>>()

/** The same on one target: asked again and again, for each of many targets. */
export function everOnTarget(group: FailureGroup, wanted: Symptom, target: string): readonly number[] {
  const known = byTarget.get(group.everything) ?? new Map<Symptom, ReadonlyMap<string, readonly number[]>>()
  byTarget.set(group.everything, known)
  const targets = known.get(wanted) ?? groupByTarget(group, everWithSymptom(group, wanted))
  known.set(wanted, targets)
  return targets.get(target) ?? []
}

/** In the order in which the targets come. */
export function groupByTarget({ failures, flows }: FailureGroup, some: readonly number[]): Map<string, number[]> {
  const groups = new Map<string, number[]>()
  // Nodes of the load balancer share targets; a name is looked up once for each flow.
  const listOfFlow: (number[] | undefined)[] = new Array(flows.length)
  for (let n = 0; n < some.length; n++) {
    const failure = some[n] as number
    const flow = failures.flow[failure] as number
    let list = listOfFlow[flow]
    if (list === undefined) {
      const { target } = flows[flow] as Flow
      list = groups.get(target) ?? []
      groups.set(target, list)
      listOfFlow[flow] = list
    }
    list.push(failure)
  }
  return groups
}

export function groupBy<K>(items: readonly number[], keyOf: (item: number) => K): Map<K, number[]> {
  const groups = new Map<K, number[]>()
  for (let n = 0; n < items.length; n++) {
    const item = items[n] as number
    const key = keyOf(item)
    const list = groups.get(key)
    if (list) list.push(item)
    else groups.set(key, [item])
  }
  return groups
}

const BURST_MS = 250
const LARGE_BURST = 12

/** How many of these failures end in runs of a dozen and more on one target within a quarter of a second. */
export function inLargeBursts(group: FailureGroup, failures: readonly number[]): number {
  let inside = 0
  for (const [, list] of groupByTarget(group, failures)) {
    const ends = list.map((i) => group.failures.end[i] as number)
    for (const end of ends) {
      const near = countBetween(ends, end - BURST_MS, end + BURST_MS)
      if (near >= LARGE_BURST) inside++
    }
  }
  return inside
}

/** Values of a sorted list in [from, to]. */
function countBetween(sorted: readonly number[], from: number, to: number): number {
  return lowerBound(sorted, to + 1e-6) - lowerBound(sorted, from)
}

/** How many values of a sorted list are <= limit. */
export function countUpTo(sorted: ArrayLike<number>, limit: number): number {
  return lowerBound(sorted, limit + 1e-6)
}

function lowerBound(sorted: ArrayLike<number>, limit: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] as number) < limit) low = middle + 1
    else high = middle
  }
  return low
}
