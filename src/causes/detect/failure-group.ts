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
  /** Indices into `failures`, by end time. */
  readonly indices: readonly number[]
  /** Every target is a NodePort (30000-32767): pods are hidden behind kube-proxy. */
  readonly isNodePort: boolean
  readonly idleTimeoutSeconds: number
  /** given or inferred: the idle timeout is known, not just the default. */
  readonly isIdleTimeoutKnown: boolean
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
  return group.indices.filter((failure) => wanted.includes(symptomAt(group, failure)))
}

export function groupBy<K>(items: readonly number[], keyOf: (item: number) => K): Map<K, number[]> {
  const groups = new Map<K, number[]>()
  for (const item of items) {
    const key = keyOf(item)
    const list = groups.get(key)
    if (list) list.push(item)
    else groups.set(key, [item])
  }
  return groups
}
