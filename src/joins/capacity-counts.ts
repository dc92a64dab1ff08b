import type { MetricsFit } from './metrics-fit.ts'
import { flowOf, type Subjects, symptomOf } from './subjects.ts'
import type { MetricSeries } from './testimony.ts'

/** What CloudWatch counts of one period in which the load balancer answered 503 before it looked at a rule. */
export interface CapacityCounts {
  /** Connections that it refused because it was at its maximum. */
  readonly rejected: number
  /** The fewest healthy targets; undefined without that metric. */
  readonly healthyTargets: number | undefined
}

/** Failures to the counts of their period; those that the metrics do not cover are left out. */
export function capacityCounts(
  all: readonly MetricSeries[],
  fit: MetricsFit | undefined,
  subjects: Subjects,
): ReadonlyMap<number, CapacityCounts> {
  const counted = new Map<number, CapacityCounts>()
  const rejected = all.find((metric) => metric.name === 'RejectedConnectionCount')
  if (fit?.kinship !== 'same' || rejected === undefined) return counted
  const healthy = all.find((metric) => metric.name === 'HealthyHostCount')
  const { failures, end } = subjects
  for (let i = 0; i < failures.length; i++) {
    if (symptomOf(subjects, i) !== 'rejected-request' || failures.elbStatus[i] !== 503) continue
    if (fit.loadBalancer !== undefined && flowOf(subjects, i).loadBalancer !== fit.loadBalancer) continue
    const at = end[i] as number
    const here = ({ periodMs }: MetricSeries, [start]: readonly [number, number]): boolean =>
      at >= start && at < start + periodMs
    const refusals = rejected.points.find((point) => here(rejected, point))
    const hosts = healthy?.points.find((point) => here(healthy, point))
    if (refusals !== undefined) counted.set(i, { rejected: refusals[1], healthyTargets: hosts?.[1] })
  }
  return counted
}

/** Connections that the load balancer refused; none of them has a row. */
export function rejectedConnections(all: readonly MetricSeries[]): number {
  const points = all.find((metric) => metric.name === 'RejectedConnectionCount')?.points ?? []
  return points.reduce((sum, [, value]) => sum + value, 0)
}
