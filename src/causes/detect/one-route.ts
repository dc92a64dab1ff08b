import { binomialSurprise } from '../../core/binomial-surprise.ts'
import { leastOf, mostOf } from '../../core/extremes.ts'
import type { Claim } from '../claim.ts'
import { type FailureGroup, groupBy, routeAt, targetAt, withSymptom } from './failure-group.ts'
import type { Measures } from './measures.ts'
import { count, median, plural, seconds, share } from './words.ts'

/** So improbable must it be, on a scale of -log10, that all failures are of the busiest route by chance. */
const LEAST_SURPRISE = 2
/** Fewer refusals that came through do not show that the target refuses uploads there. */
const LEAST_REFUSALS = 5
/** A request without a body is rarely larger. */
const LEAST_BODY_BYTES = 10_000
const SURE_FAILURES = 3
/** A connection that was closing ends a request at once. */
const RACE_MS = 60

const decidedBy = ['request', 'target_processing_time', 'response_processing_time', 'elb_status_code']

/** Causes 30, 31, 33: one route fails while its neighbours on the same targets do not. Which of them, the row cannot say. */
export function detectOneRoute(group: FailureGroup, measures: Measures): Claim[] {
  const { failures } = group
  const claims = detectRefusedUploads(group, measures)
  const taken = new Set(claims.flatMap((claim) => claim.failures))
  const all = withSymptom(group, 'closed-before-response').filter((i) => !taken.has(i))
  if (all.length < 3) return claims
  for (const [route, mine] of groupBy(all, (i) => routeAt(group, i))) {
    const requests = measures.routeRequests(route)
    const others = measures.requests - requests
    const othersFailed = all.length - mine.length
    if (mine.length < 3 || requests === 0) continue
    const rate = mine.length / requests
    const otherRate = others === 0 ? 1 : othersFailed / others
    // Expected on this route if failures did not care for routes: far less than seen.
    if (rate < 0.03 || otherRate > rate / 8) continue
    if (others < requests && surpriseOf(mine.length, all.length, requests / measures.requests) < LEAST_SURPRISE)
      continue
    const waits = mine.map((i) => failures.targetMs[i] as number)
    const isPost = /^(POST|PUT|PATCH) /.test(route)
    // Boards that ask for little else race with their own period: the route is theirs, the reason is the connection's.
    if (others < requests && !isPost && rate < 0.5 && mostOf(waits) <= RACE_MS) continue
    const isLarge = isPost && median(mine.map((i) => failures.receivedBytes[i] as number)) > 500_000
    claims.push({
      cause: null,
      confidence: null,
      title: `${route} alone is closed before an answer`,
      hop: 'application',
      failures: mine,
      because: [
        `${share(mine.length, requests)} of the ${plural(requests, 'request')} to ${route} ended so, ${share(othersFailed, others)} of the ${plural(others, 'other request')} to the same target group`,
        `the target closed after ${seconds(leastOf(waits), 3)} to ${seconds(mostOf(waits), 3)} (median ${seconds(median(waits), 3)}; mean answer of the group ${seconds(measures.service.meanMs, 3)})`,
        `${plural(new Set(mine.map((i) => targetAt(group, i))).size, 'target')} of ${count(measures.targets.size)} see it`,
      ],
      evidence: [],
      ruledOut: [
        {
          cause: 'keepalive-shorter-than-idle-timeout',
          why: 'an idle connection does not know which route comes next; the other routes on the same connections do not fail',
        },
        { cause: 'deregistration-race', why: 'the same targets answer the other routes all the time' },
      ],
      candidates: isLarge
        ? ['early-response-to-upload', 'malformed-response', 'worker-killed-mid-request', 'response-headers-too-large']
        : [
            ...(rate >= 0.5
              ? ['malformed-response', 'response-headers-too-large']
              : ['response-headers-too-large', 'malformed-response']),
            'worker-killed-mid-request',
            // Without a body there is nothing to refuse early.
            isPost ? 'early-response-to-upload' : 'content-length-mismatch',
          ],
      decidedBy,
      numbers: {},
    })
  }
  return claims
}

function surpriseOf(found: number, of: number, usual: number): number {
  return usual >= 1 ? 0 : binomialSurprise(found, of, usual)
}

/**
 * Cause 33: the same route answers 413 to some uploads, and closes under others of any size. The answer left before the body
 * had come; what was still on its way was met by RST, which took the answer along.
 */
function detectRefusedUploads(group: FailureGroup, measures: Measures): Claim[] {
  const { failures } = group
  const all = withSymptom(group, 'closed-before-response')
  const claims: Claim[] = []
  for (const [route, closed] of groupBy(all, (i) => routeAt(group, i))) {
    if (!/^(POST|PUT|PATCH) /.test(route)) continue
    const mine = closed.filter((i) => (failures.receivedBytes[i] as number) >= LEAST_BODY_BYTES)
    if (mine.length === 0 || mine.length < closed.length * 0.8) continue
    const refused = refusalsOf(group, measures, route)
    if (refused.here < LEAST_REFUSALS) continue
    const waits = mine.map((i) => failures.targetMs[i] as number)
    // An upload that was worked on for long was not refused at its head.
    if (median(waits) > Math.max(1_000, refused.slowestMs * 2)) continue
    const bytes = mine.map((i) => failures.receivedBytes[i] as number)
    const isSure = mine.length >= SURE_FAILURES
    claims.push({
      cause: 'early-response-to-upload',
      confidence: isSure ? 'likely' : 'possible',
      hop: 'application',
      failures: mine,
      because: [
        `the target answered 413 to ${plural(refused.here, 'other request')} to ${route}, and ${refused.elsewhere === 0 ? 'to none elsewhere' : `to ${count(refused.elsewhere)} elsewhere`}: it refuses uploads there`,
        `these ended ${seconds(leastOf(waits), 3)} to ${seconds(mostOf(waits), 3)} after the hand-over, with ${count(leastOf(bytes))} to ${count(mostOf(bytes))} bytes received: in the middle of a body`,
        `${share(all.length - closed.length, measures.requests - measures.routeRequests(route))} of the ${plural(measures.requests - measures.routeRequests(route), 'other request')} to the same target group were closed so`,
      ],
      evidence: [
        {
          kind: 'count',
          id: 'refused-uploads',
          title: `Uploads to ${route} that were closed without an answer`,
          value: mine.length,
          of: mine.length + refused.here,
          unit: 'refused uploads',
          control: {
            label: 'requests to other routes that were closed without an answer',
            value: all.length - closed.length,
            of: measures.requests - measures.routeRequests(route),
          },
        },
      ],
      ruledOut: [
        {
          cause: 'keepalive-shorter-than-idle-timeout',
          why: 'an idle connection does not know that an upload comes next',
        },
        {
          cause: 'malformed-response',
          why: `the same answer of the same route came through ${count(refused.here)} times`,
        },
        { cause: 'response-headers-too-large', why: `the same answer came through ${count(refused.here)} times` },
      ],
      candidates: isSure ? [] : ['worker-killed-mid-request'],
      decidedBy: [...decidedBy, 'received_bytes'],
      numbers: {},
    })
  }
  return claims
}

/** 413 that the target itself answered, on the route and elsewhere, as far as rows were kept. */
function refusalsOf(
  group: FailureGroup,
  measures: Measures,
  route: string,
): { readonly here: number; readonly elsewhere: number; readonly slowestMs: number } {
  const ids = new Set<number>()
  for (const [id, each] of group.routes.entries())
    if (each.text === route && each.targetGroup === group.targetGroup) ids.add(id)
  let [here, elsewhere, slowestMs] = [0, 0, 0]
  for (const target of measures.targets.keys()) {
    const rows = measures.rowsOf(target)
    for (let i = 0; i < (rows?.length ?? 0); i++) {
      if (rows?.targetStatus[i] !== 413) continue
      if (ids.has(rows.route[i] as number)) {
        here++
        slowestMs = Math.max(slowestMs, rows.targetMs[i] as number)
      } else elsewhere++
    }
  }
  return { here, elsewhere, slowestMs }
}
