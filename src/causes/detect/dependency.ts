import type { Claim } from '../claim.ts'
import { type FailureGroup, routeAt, targetAt } from './failure-group.ts'
import type { Measures } from './measures.ts'
import { atIdleTimeout } from './timeouts.ts'
import { clock, median, plural, seconds } from './words.ts'

const LEAST_FAILURES = 5
/** Answers that were held up for so long had waited, however slow their route is. */
const HELD_MS = 2_000
/** What let them go let them all go. */
const TOGETHER_MS = 1_000
const LEAST_RELEASED = 4
const NEARLY_ALL = 0.8
const LEAST_ELSEWHERE = 10

interface Row {
  readonly target: string
  readonly start: number
  readonly end: number
  readonly targetMs: number
  readonly isAnswered: boolean
  readonly isOfRoutes: boolean
}

interface Stop {
  readonly failures: readonly number[]
  readonly routes: ReadonlySet<string>
  /** Nobody on any target answered one of these routes in between. */
  readonly from: number
  readonly to: number
  readonly begun: number
  readonly released: number
  readonly targets: number
  readonly elsewhere: number
  readonly elsewhereMs: number
  readonly usualMs: number
}

/**
 * Cause 38: some routes are answered by no target any more, and then by all of them in the same second, the waiting ones at
 * once; the other routes of the same processes go on. What they share is behind the targets.
 */
export function detectDependencyStall(group: FailureGroup, measures: Measures): Claim[] {
  if (measures.targets.size < 2) return []
  const late = atIdleTimeout(group)
  if (late.length < LEAST_FAILURES) return []
  const stops = stretchesOf(group, late).flatMap((some) => stopOf(group, measures, some) ?? [])
  const failures = stops.flatMap((stop) => stop.failures)
  if (failures.length < LEAST_FAILURES) return []
  const [first] = stops as [Stop]
  const routes = [...new Set(stops.flatMap((stop) => [...stop.routes]))]
  return [
    {
      cause: 'dependency-stall',
      confidence: 'likely',
      failures,
      because: [
        `from ${clock(first.from)} to ${clock(first.to)} no target answered ${routes.slice(0, 3).join(', ')}, though ${plural(first.begun, 'request')} for ${routes.length === 1 ? 'it' : 'them'} began`,
        `then ${plural(first.released, 'answer')} came within ${TOGETHER_MS / 1000} s from ${plural(first.targets, 'target')}, to requests that had waited for ${HELD_MS / 1000} s and more: what had held them let all of them go at once`,
        `the same targets meanwhile gave ${plural(first.elsewhere, 'answer')} on other routes after ${seconds(first.elsewhereMs, 3)} (median; ${seconds(first.usualMs, 3)} at other times): they themselves worked`,
      ],
      evidence: [
        {
          kind: 'table',
          id: 'stops',
          title: 'When no target answered these routes',
          columns: [
            'from',
            'for',
            'begun',
            'timed out',
            'answered together at its end',
            'targets',
            'answers on other routes',
          ],
          rows: stops
            .slice(0, 12)
            .map((stop) => [
              clock(stop.from),
              seconds(stop.to - stop.from, 1),
              stop.begun,
              stop.failures.length,
              stop.released,
              stop.targets,
              stop.elsewhere,
            ]),
        },
      ],
      ruledOut: [
        {
          cause: 'event-loop-blocked',
          why: 'a blocked process answers no route, and others are not blocked in the same second',
        },
        {
          cause: 'worker-pool-exhausted',
          why: 'workers come free one after another; here all targets went on at one instant',
        },
        { cause: 'listen-backlog-overflow', why: 'the connection was made and the request handed over' },
      ],
      candidates: ['target-idle-timeout'],
      decidedBy: ['request', 'request_creation_time', 'time', 'target:port'],
      numbers: { timerSeconds: group.idleTimeoutSeconds },
    },
  ]
}

/** Failures whose waits are one stretch of time. */
function stretchesOf({ failures, idleTimeoutSeconds }: FailureGroup, late: readonly number[]): number[][] {
  const sorted = [...late].sort((a, b) => (failures.start[a] as number) - (failures.start[b] as number))
  const stretches: number[][] = []
  for (const failure of sorted) {
    const last = stretches.at(-1)
    const before = last?.at(-1)
    const apart = before === undefined ? 0 : (failures.start[failure] as number) - (failures.start[before] as number)
    if (last === undefined || apart > idleTimeoutSeconds * 1000) stretches.push([failure])
    else last.push(failure)
  }
  return stretches
}

function stopOf(group: FailureGroup, measures: Measures, some: readonly number[]): Stop | undefined {
  if (some.length < LEAST_FAILURES) return undefined
  const { failures, idleTimeoutSeconds } = group
  const routes = new Set(some.map((i) => routeAt(group, i)))
  const middle = median(some.map((i) => ((failures.start[i] as number) + (failures.end[i] as number)) / 2))
  const rows = rowsOf(group, measures, routes)
  const own = rows.filter((row) => row.isOfRoutes)
  let [from, to] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (const { isAnswered, end } of own) {
    if (!isAnswered) continue
    if (end <= middle) from = Math.max(from, end)
    else to = Math.min(to, end)
  }
  // Without an answer on both sides it is a route that never worked, or a log that ends too early.
  if (!Number.isFinite(from) || !Number.isFinite(to)) return undefined
  const mine = some.filter((i) => {
    const covered = Math.min(failures.end[i] as number, to) - Math.max(failures.start[i] as number, from)
    return covered >= idleTimeoutSeconds * 600
  })
  if (mine.length < LEAST_FAILURES || mine.length < some.length * NEARLY_ALL) return undefined
  const waiting = own.filter(({ start, end }) => start < to - HELD_MS && end >= to)
  const released = waiting.filter(({ isAnswered, end }) => isAnswered && end <= to + TOGETHER_MS)
  if (released.length < LEAST_RELEASED || released.length < waiting.length * NEARLY_ALL) return undefined
  const begun = own.filter(({ start }) => start > from && start < to)
  const asked = new Set(begun.map(({ target }) => target))
  const held = new Set(released.map(({ target }) => target))
  if (held.size < 2 || new Set(mine.map((i) => targetAt(group, i))).size < asked.size * NEARLY_ALL) return undefined
  const answered = rows.filter((row) => !row.isOfRoutes && row.isAnswered)
  const meanwhile = answered.filter(({ start, end }) => start > from && end < to)
  const usual = answered.filter(({ start, end }) => end < from || start > to)
  const elsewhereMs = median(meanwhile.map((row) => row.targetMs))
  const usualMs = usual.length === 0 ? elsewhereMs : median(usual.map((row) => row.targetMs))
  if (meanwhile.length < LEAST_ELSEWHERE || elsewhereMs > Math.max(usualMs * 4, 200)) return undefined
  return {
    failures: mine,
    routes,
    from,
    to,
    begun: begun.length,
    released: released.length,
    targets: held.size,
    elsewhere: meanwhile.length,
    elsewhereMs,
    usualMs,
  }
}

function rowsOf(group: FailureGroup, measures: Measures, routes: ReadonlySet<string>): Row[] {
  const ids = new Set<number>()
  for (const [id, each] of group.routes.entries())
    if (each.targetGroup === group.targetGroup && routes.has(each.text)) ids.add(id)
  const out: Row[] = []
  for (const target of measures.targets.keys()) {
    const rows = measures.rowsOf(target)
    for (let i = 0; i < (rows?.length ?? 0); i++) {
      const start = rows?.start[i] as number
      if (rows === undefined || Number.isNaN(start)) continue
      out.push({
        target,
        start: start + Math.max(0, rows.requestMs[i] as number),
        end: rows.end[i] as number,
        targetMs: rows.targetMs[i] as number,
        isAnswered: rows.targetStatus[i] !== 0 && (rows.targetStatus[i] as number) < 500,
        isOfRoutes: ids.has(rows.route[i] as number),
      })
    }
  }
  return out
}
