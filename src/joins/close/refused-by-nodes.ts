import { leastOf, mostOf } from '../../core/extremes.ts'
import type { Closing } from '../closing.ts'
import { podLives } from '../cluster-view.ts'
import type { Joined } from '../joined.ts'
import { byTargetGroup, flowOf, groupKey, symptomOf, targetOf } from '../subjects.ts'
import type { EventKind } from '../testimony.ts'
import { isNodePort, workloadOf } from '../workloads.ts'

const AROUND_MS = 15_000
const LEAST = 6
const SHAKEN: ReadonlySet<EventKind> = new Set([
  'readiness-failed',
  'liveness-failed',
  'liveness-kill',
  'killing',
  'back-off',
  'crashed',
  'out-of-memory',
  'started',
  'evicted',
  'scaled',
])

/** Every node refuses while every pod is ready, probed and left in peace: what refuses is the node, for want of endpoints. */
export function closeByReadyPods(joined: Joined, failures: readonly number[]): Closing[] {
  const { subjects } = joined
  const mine = failures.filter(
    (failure) => symptomOf(subjects, failure) === 'connect-refused' && isNodePort(targetOf(subjects, failure)),
  )
  return byTargetGroup(subjects, mine).flatMap((list) => closeGroup(joined, list))
}

function closeGroup(joined: Joined, all: readonly number[]): Closing[] {
  const { subjects } = joined
  const startOf = (failure: number): number => subjects.start[failure] as number
  const [from, to] = [leastOf(all.map(startOf)), mostOf(all.map(startOf))]
  const first = all[0] as number
  const key = groupKey(flowOf(subjects, first))
  const lives = podLives(joined, first)
  const isAtPeace =
    lives.length > 0 &&
    lives.every(({ fact, readyMs = Number.NaN }) => fact?.isProbed === true && readyMs <= from - AROUND_MS)
  const workloads = new Set(lives.map(({ name }) => workloadOf(name)))
  const isShaken = joined.events.some(
    ({ kind, workload, timeMs, lastMs }) =>
      SHAKEN.has(kind) && workloads.has(workload) && timeMs < to + AROUND_MS && lastMs > from - AROUND_MS,
  )
  // New connections were refused by all nodes, and no other connection was there to be answered on.
  const targets = new Set(all.map((failure) => targetOf(subjects, failure)))
  const used = new Set(
    subjects.flows.filter((flow) => groupKey(flow) === key && flow.target !== '').map(({ target }) => target),
  )
  const isAnswered = subjects.controls.some(
    ({ target, start, end }) =>
      subjects.groupsOfTarget.get(target)?.has(key) && (Number.isNaN(start) ? end : start) > from && end < to,
  )
  if (all.length < LEAST || targets.size < 2 || targets.size < used.size || !isAtPeace || isShaken || isAnswered)
    return []
  return all.map((failure) => ({
    failure,
    cause: 'service-without-endpoints',
    confidence: 'possible',
    candidates: ['connection-refused'],
    because: `all ${targets.size} nodes refused every connection, and meanwhile all ${lives.length} pods were ready, had been probed and none was started or stopped: the Service had no endpoint (selector, name of a port), or its targetPort was one that nobody listens on`,
  }))
}
