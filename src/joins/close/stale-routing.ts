import { leastOf, mostOf } from '../../core/extremes.ts'
import { formatCount } from '../../core/format-count.ts'
import type { Closing } from '../closing.ts'
import { answeredBetween, podLives, serviceOf, wasReady } from '../cluster-view.ts'
import type { Joined } from '../joined.ts'
import { byTargetGroup, symptomOf, targetOf } from '../subjects.ts'
import { hostOf, isNodePort } from '../workloads.ts'
import { atLeast } from './events.ts'

const CONNECT = new Set(['connect-refused', 'connect-failed-late', 'connect-timeout', 'connect-failed'])
/** So long after a pod was told to stop its node's rules may still send to it. */
const LAG_MS = 120_000
const LEAST = 4
const LEAST_CONTROL = 5
const MOST_ELSEWHERE = 0.1
/** So improbable must it be that the failures meet one node by chance. */
const MOST_BY_CHANCE = { likely: 0.02, possible: 0.2 } as const

/** Connections through one node that fail after a pod was stopped: its kube-proxy still sends to that pod. */
export function closeByStaleRules(joined: Joined, failures: readonly number[]): Closing[] {
  const mine = failures.filter(
    (failure) => CONNECT.has(symptomOf(joined.subjects, failure)) && isNodePort(targetOf(joined.subjects, failure)),
  )
  return byTargetGroup(joined.subjects, mine).flatMap((list) => closeGroup(joined, list))
}

function closeGroup(joined: Joined, all: readonly number[]): Closing[] {
  const { subjects } = joined
  const [first] = all
  // With Local policy a pod that does not listen is one node's, too.
  if (first === undefined || serviceOf(joined, first)?.policy !== 'Cluster') return []
  const lives = podLives(joined, first)
  const stops = lives.filter(({ stoppedMs }) => Number.isFinite(stoppedMs)).sort((a, b) => a.stoppedMs - b.stoppedMs)
  const startOf = (failure: number): number => subjects.start[failure] as number
  const stopBefore = (failure: number): (typeof stops)[number] | undefined =>
    stops.findLast(({ stoppedMs }) => startOf(failure) >= stoppedMs && startOf(failure) < stoppedMs + LAG_MS)
  const byHost = new Map<string, number[]>()
  for (const failure of all) {
    const host = hostOf(targetOf(subjects, failure))
    const list = byHost.get(host)
    if (list === undefined) byHost.set(host, [failure])
    else list.push(failure)
  }
  const [worst] = [...byHost.values()].sort((a, b) => b.length - a.length)
  const own = worst?.filter((failure) => stopBefore(failure) !== undefined) ?? []
  if (worst === undefined || own.length < LEAST || all.length - own.length > own.length * MOST_ELSEWHERE) return []
  const starts = own.map(startOf)
  const [from, to] = [leastOf(starts), mostOf(starts)]
  // Somebody could take connections all the time, and both this node and the others passed some on.
  const isServed = own.every((failure) => lives.some((life) => wasReady(life, startOf(failure)) !== 'no'))
  const { here, elsewhere } = answeredBetween(joined, own[0] as number, from, to)
  const before = answeredBetween(joined, own[0] as number, Number.NEGATIVE_INFINITY, from)
  if (!isServed || here === 0 || elsewhere < LEAST_CONTROL || before.here < LEAST_CONTROL) return []
  const usual = answeredBetween(joined, own[0] as number, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)
  const chance = atLeast(own.length, all.length, (usual.here + 1) / (usual.here + usual.elsewhere + 2))
  if (chance > MOST_BY_CHANCE.possible) return []
  const stopped = [...new Set(own.map((failure) => stopBefore(failure)?.name ?? ''))]
  const named = `${stopped.slice(0, 3).join(', ')}${stopped.length > 3 ? ` and ${stopped.length - 3} more` : ''}`
  const host = hostOf(targetOf(subjects, own[0] as number))
  return own.map((failure) => ({
    failure,
    cause: 'stale-endpoint-routing',
    confidence: chance <= MOST_BY_CHANCE.likely ? 'likely' : 'possible',
    because: `Kubernetes had told ${named} to stop before, and only through ${host} connections failed after that: it answered ${count(here)} requests meanwhile, the other nodes ${count(elsewhere)} and failed ${count(all.length - own.length)}; each node's kube-proxy has rules of its own`,
    refutes: ['connection-refused', 'service-without-endpoints', 'host-unreachable'],
  }))
}

function count(value: number): string {
  return formatCount(value)
}
