import { mostOf } from '../../core/extremes.ts'
import type { Claim } from '../claim.ts'
import { countUpTo, everWithSymptom, type FailureGroup, groupByTarget, withSymptom } from './failure-group.ts'
import type { Measures } from './measures.ts'
import { clock, count, plural, seconds } from './words.ts'

const QUICK_MS = 250
/** Failures of one target this close are one event. */
const ONE_EVENT_MS = 1_000
const LEAST_EVENTS = 8
const LEAST_REQUESTS_APART = 100
const LEAST_SURPRISE = 3
/** So much likelier by requests than by time, on a scale of -log10: else it may as well be a clock. */
const LEAST_LEAD = 2

interface Event {
  readonly at: number
  /** Requests that the target had finished in this log by then. */
  readonly requests: number
  readonly failures: readonly number[]
}

/** Cause 28: a target closes connections after every so many requests, and the distance in seconds is less constant. */
export function detectRecycling(group: FailureGroup, measures: Measures): Claim[] {
  const quick = withSymptom(group, 'closed-before-response').filter(
    (i) => (group.failures.targetMs[i] as number) <= QUICK_MS,
  )
  const byTarget = [...groupByTarget(group, quick)].flatMap(([target, failures]) => {
    const events = eventsOf(group, measures, target, failures)
    return events === undefined ? [] : [{ target, events }]
  })
  const series = byTarget.map(({ events }) => events)
  if (series.reduce((sum, events) => sum + (events.length >= 3 ? events.length : 0), 0) < LEAST_EVENTS) return []
  const byRequests = measures.period(
    series.map((events) => events.map((event) => event.requests)),
    LEAST_REQUESTS_APART,
  )
  if (byRequests === undefined || byRequests.surprise < LEAST_SURPRISE) return []
  const spanMs = measures.logEnd - measures.logStart
  const most = mostOf(byTarget.map(({ target }) => measures.targets.get(target)?.requests ?? 1))
  const byTime = measures.period(
    series.map((events) => events.map((event) => event.at - measures.logStart)),
    (spanMs / most) * LEAST_REQUESTS_APART,
  )
  if (byTime !== undefined && byTime.surprise > byRequests.surprise - LEAST_LEAD) return []
  const onBeat = series.flatMap((events, s) => events.filter((_, n) => byRequests.isOnBeat[s]?.[n] === true))
  const failures = onBeat.flatMap((event) => event.failures)
  const all = series.flat().length
  const refusals = everWithSymptom(group, 'connect-refused')
  const refused = refusals.filter((i) =>
    onBeat.some(({ at }) => Math.abs((group.failures.end[i] as number) - at) <= 1_000),
  ).length
  const apart = Math.round(byRequests.period)
  return [
    {
      cause: 'worker-recycling',
      confidence: 'likely',
      failures,
      because: [
        `${plural(failures.length, 'request')} were closed at ${plural(onBeat.length, 'instant')} of ${count(all)} that lie whole multiples of ${count(apart)} requests of their target apart (within ${Math.round(byRequests.within * apart)}; by chance less than once in 10^${Math.floor(byRequests.surprise)})`,
        byTime === undefined
          ? 'no period in seconds fits them'
          : `in seconds they are less regular: chance explains the best period, ${seconds(byTime.period, 1)}, once in 10^${Math.floor(byTime.surprise)}`,
        `each closed within ${QUICK_MS} ms of the hand-over; ${refused === 0 ? 'no new connection was refused then: one worker of several ended, with its idle connections' : `${plural(refused, 'new connection')} were refused within a second: the whole server ended, and started again`}`,
      ],
      evidence: [
        {
          kind: 'table',
          id: 'requests-between',
          title: 'Requests of the target between one instant and the next',
          columns: ['target', 'instant', 'requests by then', 'since the one before', 'closed'],
          rows: byTarget
            .flatMap(({ target, events }) =>
              events.map((event, n) => [
                target,
                clock(event.at),
                event.requests,
                n === 0 ? '' : event.requests - (events[n - 1] as Event).requests,
                event.failures.length,
              ]),
            )
            .slice(0, 20),
        },
      ],
      ruledOut: [
        {
          cause: 'proxy-reload-closes-connections',
          why: 'reloads follow a clock or a deploy; these follow the number of requests',
        },
        {
          cause: 'keepalive-shorter-than-idle-timeout',
          why: 'a race follows pauses in the traffic of a connection, whatever the target had done before',
        },
      ],
      candidates: ['worker-killed-mid-request', 'keepalive-shorter-than-idle-timeout'],
      decidedBy: ['target:port', 'time', 'target_processing_time', 'response_processing_time'],
      numbers: {},
    },
  ]
}

/** undefined: not all requests of the target were kept, so they cannot be counted. */
function eventsOf(
  group: FailureGroup,
  measures: Measures,
  target: string,
  failures: readonly number[],
): Event[] | undefined {
  const rows = measures.rowsOf(target)
  const life = measures.targets.get(target)
  if (rows === undefined || life === undefined || rows.length < life.requests * 0.999) return undefined
  const events: { at: number; last: number; requests: number; failures: number[] }[] = []
  for (const failure of failures) {
    const at = group.failures.end[failure] as number
    const event = events.at(-1)
    if (event !== undefined && at - event.last <= ONE_EVENT_MS) {
      event.failures.push(failure)
      event.last = at
    } else events.push({ at, last: at, requests: countUpTo(rows.end, at), failures: [failure] })
  }
  return events
}
