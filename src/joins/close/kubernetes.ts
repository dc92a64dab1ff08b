import type { Closing } from '../closing.ts'
import { eventsOf } from '../events-within.ts'
import { concerns, type Joined } from '../joined.ts'
import { flowOf, groupKey, symptomOf, targetOf } from '../subjects.ts'
import { type EventKind, eventKinds, type LifeEvent, type PodFact } from '../testimony.ts'
import { isNodePort, workloadOf } from '../workloads.ts'

const AROUND_MS = 30_000
/** No rule below looks further. */
const LONGEST_MS = 120_000
const CONNECT = new Set(['connect-refused', 'connect-failed-late'])
const RESTARTS: ReadonlySet<EventKind> = new Set([
  'back-off',
  'crashed',
  'out-of-memory',
  'killing',
  'liveness-kill',
  'node-gone',
  'node-not-ready',
])

const TOLD: ReadonlySet<EventKind> = new Set(eventKinds.filter((kind) => kind !== 'other'))

/** Connections that were refused, beside what Kubernetes did with the pods at that minute. */
export function closeByKubernetes(joined: Joined, failures: readonly number[]): Closing[] {
  const closings: Closing[] = []
  const within = eventsOf(joined, TOLD)
  for (const failure of failures) {
    if (!CONNECT.has(symptomOf(joined.subjects, failure))) continue
    const end = joined.subjects.end[failure] as number
    const about = within(end - LONGEST_MS, end + LONGEST_MS).filter(
      (event) => concerns(joined, event, failure) !== 'no',
    )
    const closing = isNodePort(targetOf(joined.subjects, failure))
      ? withoutEndpoints(joined, failure, about)
      : ofOnePod(
          joined,
          failure,
          about.filter((event) => event.addresses.length > 0),
        )
    if (closing) closings.push(closing)
  }
  return closings
}

/** All pods of the Service that are known failed their readiness probes around then, and none of them restarted. */
function withoutEndpoints(joined: Joined, failure: number, events: readonly LifeEvent[]): Closing | undefined {
  const end = joined.subjects.end[failure] as number
  const around = events.filter((event) => event.timeMs - AROUND_MS <= end && event.lastMs + AROUND_MS >= end)
  if (around.some((event) => RESTARTS.has(event.kind))) return undefined
  const failed = around.filter((event) => event.kind === 'readiness-failed')
  const unready = new Set(failed.map((event) => event.who))
  if (unready.size === 0) return undefined
  const pods = joined.pods.filter((pod) => isOfService(joined, failure, pod))
  if (pods.length === 0 || !pods.every((pod) => unready.has(pod.name))) return undefined
  // Pods that nothing ties to this load balancer may be another service's.
  const isOurs = failed.every((event) => concerns(joined, event, failure) === 'yes')
  return {
    failure,
    cause: 'service-without-endpoints',
    confidence: isOurs ? 'likely' : 'possible',
    because: `Kubernetes saw the readiness probe of ${pods.length === 1 ? 'the only pod' : `all ${pods.length} pods`} fail within ${AROUND_MS / 1000} s of it, and no container restarted: the Service had no endpoint`,
  }
}

function isOfService({ subjects, workloads }: Joined, failure: number, pod: PodFact): boolean {
  const known = workloads.get(groupKey(flowOf(subjects, failure)))
  return known === undefined || known.size === 0 || known.has(workloadOf(pod.name))
}

function ofOnePod(joined: Joined, failure: number, events: readonly LifeEvent[]): Closing | undefined {
  const end = joined.subjects.end[failure] as number
  const told = events.findLast(
    (event) => event.kind === 'killing' && event.timeMs <= end + 1_000 && event.timeMs > end - 120_000,
  )
  if (told)
    return {
      failure,
      cause: 'deregistration-race',
      confidence: 'likely',
      because: `its pod ${told.who} had been told to stop before ("${told.text.slice(0, 80)}")`,
    }
  const dead = events.find(
    (event) =>
      ['crashed', 'out-of-memory', 'back-off', 'liveness-kill'].includes(event.kind) &&
      event.timeMs - 30_000 <= end &&
      event.lastMs + 60_000 >= end,
  )
  if (dead)
    return {
      failure,
      cause: 'connection-refused',
      confidence: 'likely',
      because: `the container of its pod ${dead.who} was down around then ("${dead.text.slice(0, 80)}")`,
    }
  return undefined
}
