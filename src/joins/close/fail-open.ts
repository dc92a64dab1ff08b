import { leastOf } from '../../core/extremes.ts'
import { formatCount } from '../../core/format-count.ts'
import { targetGroupName } from '../../core/kubernetes-names.ts'
import type { Confidence } from '../../core/vocabulary.ts'
import type { Closing } from '../closing.ts'
import { answeredBetween } from '../cluster-view.ts'
import type { Joined } from '../joined.ts'
import { flowOf, groupKey, symptomOf, targetOf } from '../subjects.ts'
import type { LifeEvent, MetricSeries } from '../testimony.ts'

const DEAD = new Set([
  'connect-refused',
  'connect-failed-late',
  'connect-timeout',
  'connect-failed',
  'response-timeout',
])
/** Two checks at the slowest usual pace, and what the last one may take. */
const DETECTION_MS = 90_000
/** Of checks that are in the log: so many of their intervals. */
const CHECKS_NEEDED = 3
const LEAST_ELSEWHERE = 5
const AROUND_MS = 60_000

/** No target was healthy at that time, as far as a witness shows. */
interface FailOpen {
  readonly text: string
  /** After so long a target that fails its checks would have been left out. */
  readonly detectionMs: number
  readonly confidence: Confidence
}

/**
 * A target that is dead for longer than its health check needs, and is sent to all the same, while others that are called
 * unhealthy as well answer: the check fails for all, so it takes out none. That the targets are sick, and what they
 * answer then, is their own.
 */
export function closeByFailOpen(joined: Joined, failures: readonly number[]): Closing[] {
  const { subjects } = joined
  const byTarget = new Map<string, number[]>()
  for (const failure of failures) {
    const target = targetOf(subjects, failure)
    if (target === '' || !DEAD.has(symptomOf(subjects, failure))) continue
    const key = `${groupKey(flowOf(subjects, failure))}|${target}`
    const list = byTarget.get(key)
    if (list === undefined) byTarget.set(key, [failure])
    else list.push(failure)
  }
  const checks = failingSpans(joined)
  return [...byTarget.values()].flatMap((list) => closeTarget(joined, list, checks))
}

function closeTarget(joined: Joined, all: readonly number[], checks: Checks): Closing[] {
  const { start } = joined.subjects
  const list = [...all].sort((a, b) => (start[a] as number) - (start[b] as number))
  const from = start[list[0] as number] as number
  const kept: { failure: number; open: FailOpen }[] = []
  for (const failure of list) {
    const at = start[failure] as number
    const open = failOpenAt(joined, failure, checks)
    if (open !== undefined && at > from + open.detectionMs) kept.push({ failure, open })
  }
  const [first] = kept
  if (first === undefined) return []
  const to = start[kept.at(-1)?.failure as number] as number
  const { here, elsewhere } = answeredBetween(joined, first.failure, from, to)
  // All of them fail: they are sick, whatever the check says.
  if (here > 0 || elsewhere < LEAST_ELSEWHERE) return []
  return kept.map(({ failure, open }) => ({
    failure,
    cause: 'all-targets-unhealthy',
    confidence: open.confidence,
    because: `${open.text}, so the load balancer sent to all of them; ${targetOf(joined.subjects, failure)} had been dead for longer than its health check needs to take it out, and other targets answered ${formatCount(elsewhere)} requests meanwhile`,
  }))
}

function failOpenAt(joined: Joined, failure: number, checks: Checks): FailOpen | undefined {
  return byCheckLog(joined, failure, checks) ?? byCloudWatch(joined, failure) ?? byState(joined, failure)
}

/** Every target that had requests around then was failing its checks. */
function byCheckLog(joined: Joined, failure: number, checks: Checks): FailOpen | undefined {
  if (checks.size < 2) return undefined
  const at = joined.subjects.start[failure] as number
  const targets = targetsAround(joined, failure)
  const group = targetGroupName(flowOf(joined.subjects, failure).targetGroup)
  let slowestMs = 0
  for (const target of targets) {
    const span = checks.get(`${group} ${target}`)?.find(({ from, to }) => at >= from && at <= to)
    if (span === undefined) return undefined
    slowestMs = Math.max(slowestMs, span.intervalMs)
  }
  if (targets.size < 2) return undefined
  return {
    text: `the health check log has all ${targets.size} targets failing then`,
    detectionMs: slowestMs * CHECKS_NEEDED,
    confidence: 'likely',
  }
}

interface CheckSpan {
  /** When a second check had failed. */
  readonly from: number
  /** Until the next check would have been. */
  to: number
  readonly intervalMs: number
}

type Checks = ReadonlyMap<string, readonly CheckSpan[]>

/** A file ends every five minutes, and a run of failed checks with it: what follows within an interval goes on. */
function failingSpans({ events }: Joined): Checks {
  const runs = new Map<string, LifeEvent[]>()
  for (const event of events) {
    if (event.kind !== 'check-failed') continue
    const key = `${event.targetGroup ?? ''} ${event.who}`
    const list = runs.get(key)
    if (list === undefined) runs.set(key, [event])
    else list.push(event)
  }
  const checks = new Map<string, CheckSpan[]>()
  for (const [target, list] of runs) {
    const intervals = list.flatMap(({ timeMs, lastMs, count }) => (count < 2 ? [] : [(lastMs - timeMs) / (count - 1)]))
    if (intervals.length === 0) continue
    const intervalMs = leastOf(intervals)
    const spans: CheckSpan[] = []
    for (const { timeMs, lastMs } of list) {
      const last = spans.at(-1)
      if (last !== undefined && timeMs <= last.to + intervalMs / 2) last.to = Math.max(last.to, lastMs + intervalMs)
      else spans.push({ from: timeMs + intervalMs, to: lastMs + intervalMs, intervalMs })
    }
    checks.set(target, spans)
  }
  return checks
}

const around = new WeakMap<Joined, Map<string, ReadonlySet<string>>>()

/** By minutes: many failures ask for the same. */
function targetsAround(joined: Joined, failure: number): ReadonlySet<string> {
  const { subjects } = joined
  const key = groupKey(flowOf(subjects, failure))
  const minute = Math.floor((subjects.start[failure] as number) / AROUND_MS)
  const cache = around.get(joined) ?? new Map<string, ReadonlySet<string>>()
  around.set(joined, cache)
  const known = cache.get(`${key}|${minute}`)
  const targets =
    known ??
    new Set(
      subjects.controls
        .filter(
          ({ target, end }) =>
            Math.abs(end - (minute + 0.5) * AROUND_MS) < AROUND_MS && subjects.groupsOfTarget.get(target)?.has(key),
        )
        .map(({ target }) => target),
    )
  cache.set(`${key}|${minute}`, targets)
  return new Set(targets).add(targetOf(subjects, failure))
}

function byCloudWatch({ subjects, metrics: { all, fit } }: Joined, failure: number): FailOpen | undefined {
  const { loadBalancer, targetGroup } = flowOf(subjects, failure)
  if (fit?.kinship !== 'same' || (fit.loadBalancer !== undefined && fit.loadBalancer !== loadBalancer)) return undefined
  const at = subjects.start[failure] as number
  const countOf = (name: string): number | undefined =>
    valueAt(
      all.find((metric) => metric.name === name),
      at,
    )
  const healthy = countOf('HealthyHostCount')
  const unhealthy = countOf('UnHealthyHostCount')
  if (healthy !== 0 || !unhealthy) return undefined
  const routed = countOf('UnhealthyRoutingRequestCount')
  // Host counts are one target group's, and the export does not say which.
  const isOnly =
    all.filter((metric) => metric.name === 'HealthyHostCount').length === 1 &&
    subjects.flows.every((flow) => flow.loadBalancer !== loadBalancer || flow.targetGroup === targetGroup)
  return {
    text: `CloudWatch counts no healthy target and ${unhealthy} unhealthy${routed ? `, and ${routed} requests sent to unhealthy ones` : ''}`,
    detectionMs: DETECTION_MS,
    confidence: isOnly && routed ? 'likely' : 'possible',
  }
}

function valueAt(metric: MetricSeries | undefined, at: number): number | undefined {
  return metric?.points.find(([start]) => at >= start && at < start + metric.periodMs)?.[1]
}

/** It does not say when it was asked. */
function byState(joined: Joined, failure: number): FailOpen | undefined {
  const target = targetOf(joined.subjects, failure)
  const known = joined.targetHealth.find((each) => each.some((health) => health.target === target))
  const inUse = known?.filter(({ state }) => state !== 'draining' && state !== 'unused') ?? []
  if (inUse.length < 2 || !inUse.every(({ state }) => state.startsWith('unhealthy'))) return undefined
  const reasons = [...new Set(inUse.map(({ reason }) => reason))].filter((reason) => reason !== '')
  return {
    text: `all ${inUse.length} targets were unhealthy${reasons.length === 0 ? '' : ` (${reasons.slice(0, 2).join(', ')})`} when \`describe-target-health\` was asked`,
    detectionMs: DETECTION_MS,
    confidence: 'possible',
  }
}
