import type { Closing } from '../closing.ts'
import { eventsOf } from '../events-within.ts'
import { concerns, hitsBy, type Joined } from '../joined.ts'
import { symptomOf } from '../subjects.ts'
import type { EventKind, LifeEvent } from '../testimony.ts'

const LIMIT_REACHED: ReadonlySet<EventKind> = new Set(['limit-reached'])
const WORKER_TIMEOUT: ReadonlySet<EventKind> = new Set(['worker-timeout'])

/** What the app's own log says of a request that failed outside: it answered, too late, or not at all. */
export function closeByApp(joined: Joined, failures: readonly number[]): Closing[] {
  const closings: Closing[] = []
  for (const failure of failures) {
    const closing =
      symptomOf(joined.subjects, failure) === 'target-answered'
        ? answeredItself(joined, failure)
        : symptomOf(joined.subjects, failure) === 'response-timeout'
          ? answeredLate(joined, failure)
          : symptomOf(joined.subjects, failure) === 'client-left'
            ? clientLeft(joined, failure)
            : undefined
    if (closing) closings.push(closing)
  }
  return closings
}

function answeredItself(joined: Joined, failure: number): Closing | undefined {
  const status = joined.subjects.failures.targetStatus[failure]
  const hit = hitsBy(joined, failure, 'app').find((each) => each.row.status === status)
  if (hit === undefined) return undefined
  const limit = nearest(joined, failure, 1_500, LIMIT_REACHED)
  if (limit)
    return named(failure, 'admission-limit-rejected', 'likely', `the app's log says "${limit.text}" at that time`)
  const killed = nearest(joined, failure, 2_000, WORKER_TIMEOUT)
  if (killed) return named(failure, 'worker-timeout', 'likely', `the app's log says "${sayEvent(killed)}" at that time`)
  if (hit.by !== 'trace')
    return named(
      failure,
      'application-error',
      'likely',
      `the app's own log has the request with status ${status}, matched by request and time`,
    )
  return named(
    failure,
    'application-error',
    'certain',
    `the app's own log has the request with status ${status} (matched by trace id): no proxy made this answer`,
  )
}

function answeredLate(joined: Joined, failure: number): Closing | undefined {
  const end = joined.subjects.end[failure] as number
  const start = joined.subjects.start[failure] as number
  const left = hitsBy(joined, failure, 'proxy').find((hit) => hit.row.status === 499)
  const app = hitsBy(joined, failure, 'app').find((hit) => hit.row.what === 'request' && hit.row.status !== undefined)
  if (app !== undefined && app.timeMs >= end - 100 - app.row.timeStepMs) {
    const sure = app.by === 'trace' ? 'certain' : 'likely'
    const { durationMs } = app.row
    // A short time of its own at a late hour: the request waited before the app took it up.
    if (durationMs !== undefined && durationMs < (end - start) / 2)
      return named(
        failure,
        'target-idle-timeout',
        sure,
        `the app answered after the load balancer had given up, within ${seconds(500)} of taking the request up: it had waited in a queue inside the target`,
      )
    return named(
      failure,
      'target-idle-timeout',
      sure,
      `the app answered ${statusClass(app.row.status)} after the load balancer had given up`,
    )
  }
  if (left !== undefined)
    return named(
      failure,
      'target-idle-timeout',
      left.by === 'trace' ? 'certain' : 'likely',
      'nginx wrote 499: whoever asked it, the load balancer, had left',
    )
  return undefined
}

function clientLeft(joined: Joined, failure: number): Closing | undefined {
  const end = joined.subjects.end[failure] as number
  const app = hitsBy(joined, failure, 'app').find((hit) => hit.row.what === 'request' && hit.row.status !== undefined)
  if (app === undefined || app.by !== 'trace' || app.timeMs < end - 100 - app.row.timeStepMs) return undefined
  return named(
    failure,
    'client-gave-up',
    'certain',
    `the app answered ${statusClass(app.row.status)} after the client had gone`,
  )
}

/** The nearest event of these kinds around a failure's end. */
function nearest(
  joined: Joined,
  failure: number,
  withinMs: number,
  kinds: ReadonlySet<EventKind>,
): LifeEvent | undefined {
  const at = joined.subjects.end[failure] as number
  let best: LifeEvent | undefined
  for (const event of eventsOf(joined, kinds)(at - withinMs, at + withinMs)) {
    if (concerns(joined, event, failure) === 'no') continue
    const apart = Math.abs(event.timeMs - at)
    if (apart <= withinMs && (best === undefined || apart < Math.abs(best.timeMs - at))) best = event
  }
  return best
}

function named(failure: number, cause: string, confidence: Closing['confidence'], because: string): Closing {
  return { failure, cause, confidence, because }
}

/** Process ids differ from event to event, the sentence should not. */
function sayEvent(event: LifeEvent): string {
  return event.text.replace(/pid: ?\d+/, 'pid:...').slice(0, 120)
}

function statusClass(status: number | undefined): string {
  return status === undefined ? '' : `${Math.floor(status / 100)}XX`
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
