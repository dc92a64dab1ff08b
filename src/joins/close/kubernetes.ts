import type { Closing } from '../closing.ts'
import type { Joined } from '../joined.ts'
import { symptomOf, targetOf } from '../subjects.ts'
import type { LifeEvent } from '../testimony.ts'
import { mayBe } from './events.ts'

const AROUND_MS = 30_000
const CONNECT = new Set(['connect-refused', 'connect-failed-late'])

/** Connections that were refused, beside what Kubernetes did with the pods at that minute. */
export function closeByKubernetes(joined: Joined, failures: readonly number[]): Closing[] {
  const closings: Closing[] = []
  const events = joined.events.filter((event) => event.kind !== 'other')
  if (events.length === 0) return closings
  const pods = new Set(joined.testimonies.flatMap((each) => each.pods.map((pod) => pod.name)))
  for (const failure of failures) {
    if (!CONNECT.has(symptomOf(joined.subjects, failure))) continue
    const end = joined.subjects.end[failure] as number
    const target = targetOf(joined.subjects, failure)
    const closing = isNodePort(target)
      ? withoutEndpoints(failure, end, events, pods)
      : ofOnePod(
          failure,
          end,
          events.filter((event) => event.addresses.length > 0 && mayBe(event, target)),
        )
    if (closing) closings.push(closing)
  }
  return closings
}

/** All pods that are known failed their readiness probes around then, and none of them restarted. */
function withoutEndpoints(
  failure: number,
  end: number,
  events: readonly LifeEvent[],
  pods: ReadonlySet<string>,
): Closing | undefined {
  const around = events.filter((event) => event.timeMs - AROUND_MS <= end && event.lastMs + AROUND_MS >= end)
  if (
    around.some((event) =>
      ['back-off', 'crashed', 'out-of-memory', 'killing', 'liveness-kill', 'node-gone'].includes(event.kind),
    )
  )
    return undefined
  const unready = new Set(around.filter((event) => event.kind === 'readiness-failed').map((event) => event.who))
  if (pods.size === 0 || ![...pods].every((pod) => unready.has(pod))) return undefined
  return {
    failure,
    cause: 'service-without-endpoints',
    confidence: 'likely',
    because: `Kubernetes saw the readiness probe of ${pods.size === 1 ? 'the only pod' : `all ${pods.size} pods`} fail within ${AROUND_MS / 1000} s of it, and no container restarted: the Service had no endpoint`,
  }
}

function ofOnePod(failure: number, end: number, events: readonly LifeEvent[]): Closing | undefined {
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

function isNodePort(target: string): boolean {
  const port = Number(target.slice(target.lastIndexOf(':') + 1))
  return port >= 30_000 && port <= 32_767
}
