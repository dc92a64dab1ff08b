import { leastOf } from '../core/extremes.ts'
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
  const named = (name: string): MetricSeries[] => all.filter((metric) => metric.name === name)
  const [rejected, ...others] = named('RejectedConnectionCount')
  // Which of several is this load balancer's no export says.
  if (fit?.kinship !== 'same' || rejected === undefined || others.length > 0) return counted
  const healthy = named('HealthyHostCount')
  const { failures, end } = subjects
  for (let i = 0; i < failures.length; i++) {
    if (symptomOf(subjects, i) !== 'rejected-request' || failures.elbStatus[i] !== 503) continue
    if (fit.loadBalancer !== undefined && flowOf(subjects, i).loadBalancer !== fit.loadBalancer) continue
    const at = end[i] as number
    const here = ({ periodMs }: MetricSeries, [start]: readonly [number, number]): boolean =>
      at >= start && at < start + periodMs
    const refusals = rejected.points.find((point) => here(rejected, point))
    const hosts = healthy.flatMap((each) => each.points.find((point) => here(each, point))?.[1] ?? [])
    const healthyTargets = hosts.length === 0 ? undefined : leastOf(hosts)
    if (refusals !== undefined) counted.set(i, { rejected: refusals[1], healthyTargets })
  }
  return counted
}

/** Connections that the load balancer refused; none of them has a row. */
export function rejectedConnections(all: readonly MetricSeries[]): number {
  const points = all.find((metric) => metric.name === 'RejectedConnectionCount')?.points ?? []
  return points.reduce((sum, [, value]) => sum + value, 0)
}
