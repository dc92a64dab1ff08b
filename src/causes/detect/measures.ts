import type { Period } from '../../evidence/period.ts'
import type { YoungTarget, Youth } from '../../evidence/youth.ts'

/**
 * What detectors may ask about a group. The engine computes each when first asked (src/engine/measure-group.ts); the
 * meaning of every measure is told where it is made, in src/evidence.
 */
export interface Measures {
  /** Requests of the group in the log. */
  readonly requests: number
  /** First and last response of the whole log, epoch ms. */
  readonly logStart: number
  readonly logEnd: number
  readonly targets: ReadonlyMap<string, TargetLife>
  /** Nodes of the load balancer, and what each of them sent to. */
  readonly nodes: ReadonlyMap<string, { readonly requests: number; readonly targets: ReadonlySet<string> }>
  /** Kept rows of a target, by end; undefined when none were kept. */
  readonly rowsOf: (target: string) => TargetTraffic | undefined
  /**
   * How long the connection of each of `rowsOf` had been idle, ms (src/evidence/idleness.ts); undefined when some rows of the
   * target were not kept.
   */
  readonly idleOf: (target: string, longestMs: number) => Float64Array | undefined
  /** When requests were handed to a target and when they ended, each in rising order (src/evidence/open-requests.ts). */
  readonly openTimesOf: (target: string) => { readonly begins: Float64Array; readonly ends: Float64Array } | undefined
  /** Stretches in which the target finished nothing, and then several at once (src/evidence/stalls.ts). */
  readonly stallsOf: (target: string) => readonly Stall[]
  /** Where more open requests stop finishing more (src/evidence/knee.ts). */
  readonly kneeOf: (target: string, fromMs: number, toMs: number) => Knee | undefined
  /** A constant distance between events, in whatever unit (src/evidence/period.ts). */
  readonly period: (series: readonly (readonly number[])[], shortest: number) => Period | undefined
  /** The first minute of new targets against older ones and later (src/evidence/youth.ts). */
  readonly youth: (young: readonly YoungTarget[], siblings: readonly TargetTraffic[]) => Youth
  readonly echo: (failures: readonly number[]) => Echo | undefined
  /** Requests of a route (its text) in this target group, over the whole log. */
  readonly routeRequests: (route: string) => number
  /** Mean and 99th percentile of the target's answers below 500 in the whole log, ms. */
  readonly service: { readonly meanMs: number; readonly p99Ms: number; readonly served: number }
}

/** Epoch ms; Infinity or -Infinity when it never happened. */
export interface TargetLife {
  readonly requests: number
  readonly firstEnd: number
  readonly lastEnd: number
  readonly firstSuccess: number
  readonly lastSuccess: number
}

/** Columns, by end time. */
export interface TargetTraffic {
  readonly length: number
  readonly start: Float64Array
  readonly end: Float64Array
  readonly requestMs: Int32Array
  readonly targetMs: Int32Array
  readonly elbStatus: Uint16Array
  readonly targetStatus: Uint16Array
  readonly flow: Int32Array
  readonly route: Int32Array
}

export interface Stall {
  readonly from: number
  readonly to: number
  readonly open: number
  readonly together: number
  readonly waitBeforeMs: number
}

export interface Knee {
  readonly level: number
  readonly perSecond: number
  readonly upTo: number
  readonly steps: readonly { readonly from: number; readonly seconds: number; readonly perSecond: number }[]
}

export interface Echo {
  readonly fromMs: number
  readonly toMs: number
  readonly seconds: number
  readonly hits: number
  readonly of: number
  readonly controlHits: number
  readonly controlOf: number
  readonly isKnownLag: boolean
  readonly surprise: number
  readonly excess: number
  readonly moments: number
  readonly units: number
  readonly background: number
  readonly bins: {
    readonly edges: readonly number[]
    readonly counts: readonly number[]
    readonly control: readonly number[]
  }
  readonly isHit: readonly boolean[]
}
