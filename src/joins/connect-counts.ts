import type { MetricsFit } from './metrics-fit.ts'
import { flowOf, type Subjects, symptomOf, targetOf } from './subjects.ts'
import type { MetricSeries } from './testimony.ts'

/** What CloudWatch counts of one period's connections to targets, beside what the log has of them. */
export interface ConnectCounts {
  /** Sessions that failed in the handshake; undefined without that metric. */
  readonly handshakes: number | undefined
  /** Connections that were not made at all; undefined without that metric. */
  readonly connections: number | undefined
  /** Failures of the log in that period before a request was handed over, by target. */
  readonly byTarget: ReadonlyMap<string, number>
  readonly inLog: number
}

const TO_THE_TARGET = new Set(['connect-refused', 'connect-failed-late', 'connect-timeout', 'connect-failed'])
/** Periods begin and end between a failure and its row, and delivery is best effort. */
const NEARLY_ALL = 0.8

export function isToTheTarget(subjects: Subjects, failure: number): boolean {
  return TO_THE_TARGET.has(symptomOf(subjects, failure))
}

/** Failures to the counts of their period; those that the metrics do not cover are left out. */
export function connectCounts(
  all: readonly MetricSeries[],
  fit: MetricsFit | undefined,
  subjects: Subjects,
): ReadonlyMap<number, ConnectCounts> {
  const counted = new Map<number, ConnectCounts>()
  const own = all.find((metric) => metric.name === 'HTTPCode_ELB_5XX_Count')
  if (fit?.kinship !== 'same' || own === undefined) return counted
  const { failures, end } = subjects
  const stepMs = own.periodMs
  const starts = new Set(own.points.map(([start]) => start))
  const offset = (own.points[0]?.[0] ?? 0) % stepMs
  const periods = new Map<number, number[]>()
  for (let i = 0; i < failures.length; i++) {
    if (!isToTheTarget(subjects, i)) continue
    if (fit.loadBalancer !== undefined && flowOf(subjects, i).loadBalancer !== fit.loadBalancer) continue
    const period = Math.floor(((end[i] as number) - offset) / stepMs) * stepMs + offset
    if (!starts.has(period)) continue
    const list = periods.get(period)
    if (list === undefined) periods.set(period, [i])
    else list.push(i)
  }
  // AWS reports error counts only when they are not zero, so a missing point is a zero, a missing metric is not.
  const countOf = (name: string, period: number): number | undefined =>
    all
      .find((metric) => metric.name === name)
      ?.points.reduce((sum, [start, value]) => (start >= period && start < period + stepMs ? sum + value : sum), 0)
  for (const [period, list] of periods) {
    const byTarget = new Map<string, number>()
    for (const failure of list) {
      const target = targetOf(subjects, failure)
      byTarget.set(target, (byTarget.get(target) ?? 0) + 1)
    }
    const counts = {
      handshakes: countOf('TargetTLSNegotiationErrorCount', period),
      connections: countOf('TargetConnectionErrorCount', period),
      byTarget,
      inLog: list.length,
    }
    for (const failure of list) counted.set(failure, counts)
  }
  return counted
}

/** So many handshakes failed that the failures of this target were among them, and hardly a connection. */
export function areHandshakes(
  { handshakes = 0, connections, inLog, byTarget }: ConnectCounts,
  target: string,
): boolean {
  // Many more than the log has are not of this log.
  if (handshakes === 0 || handshakes < inLog * NEARLY_ALL || handshakes > inLog / NEARLY_ALL) return false
  if (connections === undefined) return true
  // The few that were no handshakes may be all of a target that has no more than those.
  return connections <= inLog * (1 - NEARLY_ALL) && (byTarget.get(target) ?? 0) > connections
}

/** Each failure is counted as a connection that was not made, so none was a handshake. */
export function areConnections({ handshakes = 0, connections = 0, inLog }: ConnectCounts): boolean {
  return handshakes === 0 && connections > 0 && connections >= inLog * NEARLY_ALL
}
