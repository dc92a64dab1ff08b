import type { Cluster, ClusterTimings, Workload } from '../cluster/cluster.ts'
import type { LoadBalancer } from '../run/load-balancer.ts'
import type { Services } from '../run/services.ts'
import type { Timeline } from '../run/timeline.ts'
import type { Traffic } from '../traffic/traffic.ts'
import type { Failure, RunRecord, TrueCause } from '../truth/failure.ts'
import type { Network } from '../world/network.ts'

/** Attributes of the load balancer and its target group; absent ones are AWS's defaults. */
export interface LoadBalancerSettings {
  readonly idleTimeoutSeconds?: number
  readonly deregistrationDelaySeconds?: number
  /** Of the target group; absent: HTTP. */
  readonly targetProtocol?: 'http' | 'https'
  readonly algorithm?: 'round_robin' | 'least_outstanding_requests'
  readonly slowStartSeconds?: number
  readonly healthCheck?: {
    readonly path?: string
    readonly intervalSeconds?: number
    readonly timeoutSeconds?: number
    readonly healthyCount?: number
    readonly unhealthyCount?: number
  }
  /** The load balancer's health-check logs are switched on. */
  readonly healthCheckLogs?: boolean
  readonly fixedResponses?: readonly { readonly path: string; readonly status: number }[]
  readonly xffMode?: 'append' | 'preserve' | 'remove'
  /** Target groups of another protocol version, by path. */
  readonly protocolVersions?: readonly { readonly path: string; readonly version: 'HTTP1' | 'HTTP2' | 'GRPC' }[]
  /** A web ACL: the service of this name is asked about every request. */
  readonly waf?: { readonly service: string; readonly isFailOpen?: boolean }
  /** Users of this path log in with the service of this name. */
  readonly oidc?: { readonly path: string; readonly service: string }
  /** Connections of a node, and when it takes twice as many; absent: as many as come. */
  readonly capacity?: { readonly connections: number; readonly scaleAfterSeconds: number }
}

/** Something outside the cluster that the load balancer depends on: a program of lab/apps in a host of its own. */
export interface ServiceSpec {
  readonly name: string
  readonly program: string
}

/** What a fault may reach for. */
export interface LabControls {
  readonly network: Network
  readonly cluster: Cluster
  /** The workload behind the first one, if there is one. */
  readonly behind: Cluster | undefined
  readonly loadBalancer: LoadBalancer
  readonly services: Services
  readonly timeline: Timeline
  /** What people would have: for a witness that only this scenario has. */
  readonly incidentFolder: string
  readonly signal: AbortSignal
}

export interface Fault {
  /** From the start of the traffic. */
  readonly atSeconds: number
  readonly what: string
  readonly apply: (lab: LabControls) => Promise<void> | void
}

export interface Expectation {
  /** Failures of each true cause that must at least occur; {} for a control. */
  readonly atLeast: Readonly<Record<string, number>>
  /** No failure at all may occur. */
  readonly isControl?: boolean
}

/** A change of plain settings, run beside the scenario with the same traffic. */
export interface ScenarioFix {
  readonly title: string
  /** The setting as an operator would write it. */
  readonly changes: readonly string[]
  readonly apply: (scenario: Scenario) => Scenario
}

/** One reproducible incident. */
export interface Scenario {
  readonly id: string
  readonly title: string
  /** About five lines: what happened, as the people in it would tell it. */
  readonly story: readonly string[]
  /** Timers shortened for the lab, and what they are outside. */
  readonly scaled: readonly string[]
  /** What the load balancer is called in its own log. */
  readonly application: string
  readonly targetType: 'instance' | 'ip'
  readonly nodes: number
  /** Between the load balancer and all else; absent: tens of microseconds. */
  readonly roundTripMs?: number
  readonly loadBalancer?: LoadBalancerSettings
  readonly timings?: Partial<ClusterTimings>
  readonly services?: readonly ServiceSpec[]
  readonly workload: Workload
  /** What a proxy in the workload sends to, found by the name of its Service. */
  readonly behind?: Workload
  readonly traffic: Traffic
  readonly faults?: readonly Fault[]
  /** The true cause where the sockets and the timeline need the scenario's knowledge; asked before the general rules. */
  readonly truth?: (failure: Failure, run: RunRecord) => TrueCause | undefined
  readonly expect: Expectation
  readonly fixes?: Readonly<Record<string, ScenarioFix>>
}

export function defineScenario(scenario: Scenario): Scenario {
  return scenario
}
