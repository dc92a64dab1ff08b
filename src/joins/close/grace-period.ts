import type { Closing } from '../closing.ts'
import { eventsWithin } from '../events-within.ts'
import { concerns, type Joined } from '../joined.ts'
import { symptomOf, targetOf } from '../subjects.ts'
import type { LifeEvent } from '../testimony.ts'
import { isNodePort, workloadOf } from '../workloads.ts'

/** Kubernetes writes whole seconds, and a killed process needs a moment to go. */
const BEFORE_MS = 500
const AFTER_MS = 2_000
/** A connection that stood idle and was closed takes no time to fail. */
const LEAST_IN_FLIGHT_MS = 250

/** A request that ended with its pod, as the pod's grace period did. */
export function closeByGracePeriod(joined: Joined, failures: readonly number[]): Closing[] {
  const { subjects } = joined
  const kills = joined.events.filter((event) => event.kind === 'killing' && event.addresses.length > 0)
  if (kills.length === 0) return []
  const cuts = eventsWithin(
    kills
      .flatMap((kill): LifeEvent[] => {
        const cutMs = kill.timeMs + (graceOf(joined, kill) ?? Number.NaN) * 1000
        return Number.isNaN(cutMs) ? [] : [{ ...kill, timeMs: cutMs, lastMs: cutMs }]
      })
      .sort((a, b) => a.timeMs - b.timeMs),
  )
  return failures.flatMap((failure): Closing[] => {
    const [start, end] = [subjects.start[failure] as number, subjects.end[failure] as number]
    if (symptomOf(subjects, failure) !== 'closed-before-response' || isNodePort(targetOf(subjects, failure))) return []
    if (end - start < LEAST_IN_FLIGHT_MS) return []
    for (const cut of cuts(end - AFTER_MS, end + BEFORE_MS)) {
      // It was there before the cut and asked for nothing at it.
      if (start >= cut.timeMs - LEAST_IN_FLIGHT_MS || concerns(joined, cut, failure) !== 'yes') continue
      return [
        {
          failure,
          cause: 'shutdown-drops-in-flight',
          confidence: 'likely',
          because: `the grace period of ${cut.who} (${graceOf(joined, cut)} s) ended in that second: Kubernetes then kills what still runs`,
        },
      ]
    }
    return []
  })
}

/** Of the pod itself, or of its siblings where all of them agree. */
function graceOf(joined: Joined, kill: LifeEvent): number | undefined {
  const own = joined.pods.filter((pod) => pod.name === kill.who)
  const kin = own.length > 0 ? own : joined.pods.filter((pod) => workloadOf(pod.name) === workloadOf(kill.who))
  const [grace, ...more] = new Set(kin.flatMap(({ graceSeconds }) => graceSeconds ?? []))
  return more.length === 0 ? grace : undefined
}
