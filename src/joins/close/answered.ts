import { leastOf } from '../../core/extremes.ts'
import { routeText } from '../../formats/route-text.ts'
import type { Closing } from '../closing.ts'
import { say } from '../coverage.ts'
import { eventsOf } from '../events-within.ts'
import { concerns, hitsBy, type Joined } from '../joined.ts'
import { flowOf, groupKey, symptomOf, targetOf } from '../subjects.ts'
import type { EventKind, Hit } from '../testimony.ts'

/** The answer was there before the load balancer gave up on it. */
const LATE_MS = 300
/** A process that ends takes finished answers with it. */
const ENDING: ReadonlySet<EventKind> = new Set([
  'stopping',
  'worker-timeout',
  'worker-killed',
  'worker-recycled',
  'out-of-memory',
  'crashed',
  'killing',
  'liveness-kill',
  'reload',
])
const ENDING_MS = 2_000
/** "Entire response headers: 32 KB", not adjustable. */
const LARGEST_HEAD_BYTES = 32 * 1024
/** A request without a body, and without a bag of cookies, is rarely larger. */
const LARGE_REQUEST_BYTES = 4_096
/** What is smaller arrives with its head: no answer comes before it. */
const LEAST_BODY_BYTES = 10_000
const LARGE_BODY_BYTES = 65_536
const LEAST = 3
const LEAST_SURE = 5
const LEAST_CONTROLS = 20
const NEARLY_ALL = 0.95

interface Answered {
  readonly failure: number
  readonly hit: Hit
  readonly status: number
}

/** Healthy requests to a route of a target group. */
interface Route {
  readonly requests: number
  readonly largestBytes: number
  readonly statuses: ReadonlySet<number>
}

/**
 * The app's log has an answer below 500 for a request that the load balancer ended with 502: the answer was made, and was
 * not usable. What it was like no log says; the route, the sizes and the requests beside it narrow it down.
 */
export function closeByAnswers(joined: Joined, failures: readonly number[]): Closing[] {
  const groups = new Map<string, Answered[]>()
  const measured: Closing[] = []
  for (const failure of failures) {
    const closing = byHeadSize(joined, failure)
    if (closing !== undefined) {
      measured.push(closing)
      continue
    }
    const answered = answeredInTime(joined, failure)
    if (answered === undefined) continue
    const key = `${groupKey(flowOf(joined.subjects, failure))}|${routeOf(joined, failure)}`
    const known = groups.get(key)
    if (known === undefined) groups.set(key, [answered])
    else known.push(answered)
  }
  if (groups.size === 0) return measured
  const healthy = healthyRoutes(joined, new Set(groups.keys()))
  return [...measured, ...[...groups].flatMap(([key, mine]) => closeRoute(joined, mine, healthy.get(key)))]
}

/** nginx knows how much of what it sent was the head. */
function byHeadSize(joined: Joined, failure: number): Closing | undefined {
  if (!isUnanswered(joined, failure)) return undefined
  for (const { row, by } of hitsBy(joined, failure, 'proxy')) {
    const { sentBytes, bodyBytes } = row
    if (sentBytes === undefined || bodyBytes === undefined || sentBytes - bodyBytes <= LARGEST_HEAD_BYTES) continue
    return {
      failure,
      cause: 'response-headers-too-large',
      confidence: by === 'trace' ? 'certain' : 'likely',
      because: `nginx sent a head of more than ${say(LARGEST_HEAD_BYTES)} bytes ($bytes_sent - $body_bytes_sent), which the load balancer does not take`,
    }
  }
  return undefined
}

function isUnanswered({ subjects }: Joined, failure: number): boolean {
  const symptom = symptomOf(subjects, failure)
  return symptom === 'closed-before-response' || symptom === 'answer-replaced'
}

function answeredInTime(joined: Joined, failure: number): Answered | undefined {
  const { subjects } = joined
  if (!isUnanswered(joined, failure)) return undefined
  const end = subjects.end[failure] as number
  const hit = hitsBy(joined, failure, 'app').find(
    (each) => each.by === 'trace' && each.row.what === 'request' && each.row.status !== undefined,
  )
  const status = hit?.row.status
  if (hit === undefined || status === undefined || status >= 500 || status === 499) return undefined
  // An answer after the connection was gone was not what the load balancer could not use.
  if (hit.timeMs > end + LATE_MS + hit.row.timeStepMs) return undefined
  const isEnding = eventsOf(joined, ENDING)(end - ENDING_MS, end + ENDING_MS).some(
    (event) => concerns(joined, event, failure) !== 'no',
  )
  return isEnding ? undefined : { failure, hit, status }
}

function routeOf({ subjects }: Joined, failure: number): string {
  return subjects.routes[subjects.failures.route[failure] as number]?.text ?? ''
}

function healthyRoutes({ subjects }: Joined, wanted: ReadonlySet<string>): ReadonlyMap<string, Route> {
  const routes = new Map<string, { requests: number; largestBytes: number; statuses: Set<number> }>()
  for (const { target, request, receivedBytes, targetStatus } of subjects.controls) {
    const route = routeText(Buffer.from(request))
    for (const group of subjects.groupsOfTarget.get(target) ?? []) {
      const key = `${group}|${route}`
      if (!wanted.has(key)) continue
      const known = routes.get(key) ?? { requests: 0, largestBytes: 0, statuses: new Set<number>() }
      routes.set(key, known)
      known.requests++
      known.largestBytes = Math.max(known.largestBytes, receivedBytes)
      known.statuses.add(targetStatus)
    }
  }
  return routes
}

function closeRoute(joined: Joined, mine: readonly Answered[], healthy: Route | undefined): Closing[] {
  const refused = mine.filter((each) => isRefusedUpload(joined, each, healthy))
  const rest = mine.filter((each) => !isRefusedUpload(joined, each, healthy))
  const closings = refused.map(({ failure, status }): Closing => {
    const others = healthy?.statuses.has(status) ? '; the same answer of the same route reached other clients' : ''
    return {
      failure,
      cause: 'early-response-to-upload',
      confidence: status === 413 || others !== '' ? 'likely' : 'possible',
      because: `the app's log has ${status} for this upload (matched by trace id), before the load balancer lost the connection${others}`,
      candidates: ['malformed-response'],
    }
  })
  if (rest.length < LEAST) return closings
  const { receivedBytes } = joined.subjects.failures
  const smallest = leastOf(rest.map(({ failure }) => receivedBytes[failure] as number))
  const route = routeOf(joined, rest[0]?.failure as number)
  const isReading = /^(GET|HEAD) /.test(route)
  const requests = healthy?.requests ?? 0
  const answered = `the app's log has an answer below 500 (matched by trace id): it was made, and the load balancer could not use it`
  const closing = (
    cause: string,
    confidence: Closing['confidence'],
    why: string,
    candidates: readonly string[],
  ): void => {
    for (const { failure } of rest)
      closings.push({ failure, cause, confidence, because: `${answered}; ${why}`, candidates })
  }
  if (
    isReading &&
    healthy !== undefined &&
    requests >= LEAST_CONTROLS &&
    smallest > Math.max(LARGE_REQUEST_BYTES, healthy.largestBytes)
  )
    closing(
      'response-headers-too-large',
      rest.length >= LEAST_SURE ? 'likely' : 'possible',
      `every request to ${route} above ${say(smallest)} bytes failed, and none of the ${say(requests)} healthy ones to it has more than ${say(healthy.largestBytes)}: what clients carry in their headers grows with what the answer sets`,
      ['malformed-response'],
    )
  else if (rest.length / (rest.length + requests * joined.subjects.controlEvery) >= NEARLY_ALL)
    closing('malformed-response', 'possible', `all requests to ${route} failed so`, [
      'response-headers-too-large',
      'content-length-mismatch',
    ])
  else
    closing(
      'response-headers-too-large',
      'possible',
      `${say(rest.length)} requests to ${route} failed so, while ${say(requests)} to the same route that were looked up did not: it depends on the client or on what was asked for`,
      ['malformed-response', 'content-length-mismatch'],
    )
  return closings
}

/** Refused at its head while its body was still coming. */
function isRefusedUpload({ subjects }: Joined, { failure, status }: Answered, healthy: Route | undefined): boolean {
  if (status < 400) return false
  const { receivedBytes } = subjects.failures
  const isUpload = /^(POST|PUT|PATCH) /.test(subjects.routes[subjects.failures.route[failure] as number]?.text ?? '')
  if (!isUpload || targetOf(subjects, failure) === '') return false
  const bytes = receivedBytes[failure] as number
  const isRepeated = healthy?.statuses.has(status) === true
  return status === 413 || bytes >= LARGE_BODY_BYTES || (isRepeated && bytes >= LEAST_BODY_BYTES)
}
