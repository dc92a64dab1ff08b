import { type FailureColumns, makeRunFailures } from '../core/failure-columns.ts'
import type { Flow } from '../core/request-batch.ts'
import type { Symptom } from '../core/vocabulary.ts'
import { symptoms } from '../core/vocabulary.ts'
import type { KeptTraffic } from '../evidence/kept-traffic.ts'
import { makeTally, type TrafficTally } from '../evidence/traffic-tally.ts'
import { FailureTexts } from './failure-texts.ts'
import { Registry } from './registry.ts'
import type { RejectedGroup } from './unit-scan.ts'

/** All that one run measured, before anybody judges it. */
export interface Incident {
  readonly registry: Registry
  readonly failures: FailureColumns
  readonly tally: TrafficTally
  /** Rows of complete windows, by {@link targetKey}. */
  kept: KeptTraffic
  /** By failure. */
  readonly texts: FailureTexts
  readonly rejected: Rejected[]
  readonly contradictions: Map<
    string,
    { rows: number; readonly samples: { unit: number; row: number; text: string }[] }
  >
}

export interface Rejected extends Omit<RejectedGroup, 'samples'> {
  readonly samples: { readonly unit: number; readonly row: number; readonly text: string }[]
}

/** `failureRows`: how many failures are shown as rows. */
export function makeIncident(failureRows: number): Incident {
  return {
    registry: new Registry(),
    failures: makeRunFailures(),
    tally: makeTally(),
    kept: { byTarget: new Map(), lost: new Set() },
    texts: new FailureTexts(failureRows),
    rejected: [],
    contradictions: new Map(),
  }
}

export function symptomOf(incident: Incident, failure: number): Symptom {
  return symptoms[incident.failures.symptom[failure] as number] as Symptom
}

export function flowOf(incident: Incident, failure: number): Flow {
  return incident.registry.flows[incident.failures.flow[failure] as number] as Flow
}

/** One target of one target group behind one load balancer; '' without a target. */
export function targetKey(flow: Flow | undefined): string {
  return flow === undefined || flow.target === '' ? '' : `${flow.loadBalancer}|${flow.targetGroup}|${flow.target}`
}
