import type { Evidence } from '../../core/diagnosis.ts'
import { leastOf, mostOf } from '../../core/extremes.ts'
import { serversWithKeepAlive } from '../../settings/servers.ts'
import type { Claim } from '../claim.ts'
import {
  countUpTo,
  everOnTarget,
  type FailureGroup,
  groupBy,
  groupByTarget,
  inLargeBursts,
  routeAt,
  targetAt,
  withSymptom,
} from './failure-group.ts'
import type { Measures, TargetLife, TargetTraffic } from './measures.ts'
import { clock, count, median, plural, seconds, share } from './words.ts'

/** Ends closer than this are one event; beginnings must differ, or it was one burst of a client. */
const SHARED_END_MS = 60
const DIFFERENT_STARTS_MS = 80
/** Requests that end together after less than this are a burst of their clients, not a death of the target. */
const LEAST_WORK_MS = 250
const QUICK_MS = 60
/** What a target that is still in service would have got by then. */
const LEAST_MISSED = 5
const DEFAULT_GRACE_MS = 30_000

/** What happened on a target at one instant at which several requests were cut off. */
interface Instant {
  readonly target: string
  readonly at: number
  readonly failures: readonly number[]
  readonly longestMs: number
  readonly longestRoute: string
  /** A slow answer of the same target came within the same instant: the process is alive. */
  readonly slowAnswerMs: number | undefined
  /** New connections were refused within 30 s. */
  readonly refusedAfter: number
  /** Since when the target had got no new request, ms before the instant. */
  readonly quietMs: number
  /** Seconds until the target answered a request that began later; undefined: never again. */
  readonly nextAnswerMs: number | undefined
  readonly isGone: boolean
}

/** Causes 2, 20, 21, 26, 27: several requests of one target end at the same instant although they began at different ones. */
export function detectSharedEnds(group: FailureGroup, measures: Measures): Claim[] {
  const instants: Instant[] = []
  for (const [target, failures] of groupByTarget(group, withSymptom(group, 'closed-before-response')))
    instants.push(...instantsOf(group, measures, target, failures))
  const claims: Claim[] = []
  // Where answers often take seconds, one of them ends near any instant by chance: only a rule counts, not some cases.
  const woken = instants.filter((instant) => isWaking(instant)).length
  const isStalling = woken >= 2 && woken >= instants.length * 0.75
  const take = (accepts: (instant: Instant) => boolean, judge: (some: readonly Instant[]) => Claim): void => {
    const mine = instants.filter(accepts)
    if (mine.length === 0) return
    claims.push(judge(mine))
    for (const instant of mine) instants.splice(instants.indexOf(instant), 1)
  }
  take(
    (instant) => isStalling && isWaking(instant),
    (some) => stallClaim(some),
  )
  take(
    (instant) => instant.isGone && instant.quietMs >= 2_000,
    (some) => drainClaim(measures, some),
  )
  take(
    (instant) => instant.isGone,
    (some) => shutdownClaim(group, measures, some),
  )
  take(
    (instant) => instant.refusedAfter > 0,
    (some) => deathClaim(some),
  )
  if (instants.length > 0) claims.push(workerClaim(group, measures, instants))
  return claims
}

/** A slow answer ended at the same instant, and the target lived on. */
function isWaking(instant: Instant): boolean {
  return instant.slowAnswerMs !== undefined && instant.refusedAfter === 0 && !instant.isGone
}

function instantsOf(group: FailureGroup, measures: Measures, target: string, failures: readonly number[]): Instant[] {
  const { failures: columns } = group
  const rows = measures.rowsOf(target)
  const life = measures.targets.get(target)
  const refused = everOnTarget(group, 'connect-refused', target)
  const clusters: number[][] = []
  for (const failure of failures) {
    const last = clusters.at(-1)?.at(-1)
    if (last !== undefined && (columns.end[failure] as number) - (columns.end[last] as number) <= SHARED_END_MS)
      clusters.at(-1)?.push(failure)
    else clusters.push([failure])
  }
  return clusters.flatMap((cluster) => {
    const starts = cluster.map((i) => columns.start[i] as number)
    const spread = mostOf(starts) - leastOf(starts)
    const at = columns.end[cluster[0] as number] as number
    const longestWait = mostOf(cluster.map((i) => columns.targetMs[i] as number))
    const isShared = cluster.length >= 2 && spread >= DIFFERENT_STARTS_MS && longestWait >= LEAST_WORK_MS
    if (!isShared && (cluster.length > 1 || longestWait <= 500)) return []
    // Looks at every kept row of the target: asked late.
    const facts = rows ? factsAround(rows, at) : undefined
    if (!isShared && facts?.slowAnswerMs === undefined) return []
    const longest = [...cluster].sort(
      (a, b) => (columns.targetMs[b] as number) - (columns.targetMs[a] as number),
    )[0] as number
    return [
      {
        target,
        at,
        failures: cluster,
        longestMs: columns.targetMs[longest] as number,
        longestRoute: routeAt(group, longest),
        slowAnswerMs: facts?.slowAnswerMs,
        refusedAfter: refused.filter((i) => {
          const start = columns.start[i] as number
          return start > at - 500 && start < at + 30_000
        }).length,
        quietMs: facts?.quietMs ?? 0,
        nextAnswerMs: facts?.nextAnswerMs,
        isGone:
          life !== undefined &&
          life.lastEnd <= at + 2_000 &&
          measures.logEnd - at > 8_000 &&
          (facts === undefined || isPassedOver(measures, target, at - facts.quietMs)),
      },
    ]
  })
}

/** Not asked any more while others were: where nobody asks any more, nobody is gone. */
function isPassedOver(measures: Measures, target: string, sinceMs: number): boolean {
  const own = measures.targets.get(target)?.requests ?? 0
  const others = measures.requests - own
  let begun = 0
  for (const other of measures.targets.keys()) {
    const rows = other === target ? undefined : measures.rowsOf(other)
    for (let i = 0; i < (rows?.length ?? 0); i++) if ((rows?.start[i] as number) > sinceMs) begun++
  }
  return begun * own >= LEAST_MISSED * others && begun > 0
}

function factsAround(
  rows: TargetTraffic,
  at: number,
): { readonly slowAnswerMs: number | undefined; readonly quietMs: number; readonly nextAnswerMs: number | undefined } {
  let slowAnswerMs: number | undefined
  let lastStart = Number.NEGATIVE_INFINITY
  let nextAnswer = Number.POSITIVE_INFINITY
  for (let i = 0; i < rows.length; i++) {
    const start = rows.start[i] as number
    const end = rows.end[i] as number
    if (start < at - 2) lastStart = Math.max(lastStart, start)
    if (rows.targetStatus[i] === 0) continue
    if (Math.abs(end - at) <= SHARED_END_MS * 2 && (rows.targetMs[i] as number) >= 1_000)
      slowAnswerMs = Math.max(slowAnswerMs ?? 0, rows.targetMs[i] as number)
    if (start > at && start < nextAnswer) nextAnswer = start
  }
  return {
    slowAnswerMs,
    quietMs: Number.isFinite(lastStart) ? at - lastStart : 0,
    nextAnswerMs: Number.isFinite(nextAnswer) ? nextAnswer - at : undefined,
  }
}

const decidedBy = ['time', 'request_creation_time', 'target:port', 'target_processing_time', 'response_processing_time']

function sharedText(some: readonly Instant[]): string {
  const failures = some.reduce((sum, instant) => sum + instant.failures.length, 0)
  const first = some[0] as Instant
  return `${plural(failures, 'request')} were cut off at ${plural(some.length, 'instant')}: at ${clock(first.at)} ${plural(first.failures.length, 'request')} to ${first.target} ended within ${SHARED_END_MS} ms although they had begun up to ${seconds(first.longestMs, 1)} apart`
}

function instantTable(some: readonly Instant[]): Evidence {
  return {
    kind: 'table',
    id: 'shared-ends',
    title: 'Requests that ended at the same instant',
    columns: ['instant', 'target', 'requests', 'longest', 'its route'],
    rows: some
      .slice(0, 12)
      .map((instant) => [
        clock(instant.at),
        instant.target,
        instant.failures.length,
        seconds(instant.longestMs, 1),
        instant.longestRoute,
      ]),
  }
}

function base(some: readonly Instant[]): Pick<Claim, 'failures' | 'evidence' | 'decidedBy' | 'numbers'> {
  return {
    failures: some.flatMap((instant) => instant.failures),
    evidence: [instantTable(some)],
    decidedBy,
    numbers: {},
  }
}

const notKeepAlive = {
  cause: 'keepalive-shorter-than-idle-timeout',
  why: 'the target held these requests for seconds; a race ends within a round trip',
}

function stallClaim(some: readonly Instant[]): Claim {
  const failures = some.reduce((sum, instant) => sum + instant.failures.length, 0)
  const stall = mostOf(some.map((instant) => instant.slowAnswerMs ?? 0))
  const isSure = failures >= 4 && some.length >= 2
  return {
    ...base(some),
    cause: 'event-loop-stall-resets-idle-connections',
    confidence: isSure ? 'likely' : 'possible',
    title: 'The event loop stalled; when it woke, it closed connections on which requests already waited',
    because: [
      sharedText(some),
      `at the same instant a slow request of the same target was answered (after up to ${seconds(stall, 1)}), so the process lived: it woke up`,
      `right after it the target answered again${some.some((instant) => instant.nextAnswerMs !== undefined) ? ` (next request ${seconds(median(some.map((instant) => instant.nextAnswerMs ?? 0)), 1)} later)` : ''}, and refused nothing`,
    ],
    ruledOut: [
      { cause: 'worker-killed-mid-request', why: 'the slow request that ended at the same instant got its answer' },
      notKeepAlive,
    ],
    candidates: isSure ? [] : ['worker-timeout', 'worker-killed-mid-request'],
  }
}

function drainClaim(measures: Measures, some: readonly Instant[]): Claim {
  const failures = some.reduce((sum, instant) => sum + instant.failures.length, 0)
  const quiet = median(some.map((instant) => instant.quietMs))
  const isSure = failures >= 3
  // In a rollout the pod's grace period may have ended just as well: from outside that looks the same.
  const isRollout = replacedNear(measures, some) > 0
  return {
    ...base(some),
    cause: isRollout ? null : 'deregistration-delay-exceeded',
    confidence: isRollout ? null : isSure ? 'likely' : 'possible',
    title: isRollout
      ? 'Requests outlived the grace period of their pod, or the deregistration delay of their target'
      : 'Requests outlived the deregistration delay of their target and were cut off',
    because: [
      sharedText(some),
      `the target had got no new request for ${seconds(quiet, 1)} by then: it was draining, and ${isRollout ? 'something' : 'the delay'} ended`,
      `${plural(new Set(some.map((instant) => instant.target)).size, 'target')} ${some.length === 1 ? 'does' : 'do'} not appear again afterwards`,
    ],
    ruledOut: [
      { cause: 'worker-killed-mid-request', why: 'a target that dies still gets new requests up to that instant' },
      notKeepAlive,
    ],
    candidates: isRollout
      ? // Kubernetes' default grace period is 30 s; any other constant time is more likely the delay, which people set.
        Math.abs(quiet - DEFAULT_GRACE_MS) <= 4_000
        ? ['shutdown-drops-in-flight', 'deregistration-delay-exceeded']
        : ['deregistration-delay-exceeded', 'shutdown-drops-in-flight']
      : isSure
        ? []
        : ['shutdown-drops-in-flight'],
    numbers: { timerSeconds: Math.round(quiet / 100) / 10 },
  }
}

/** Targets that answered for the first time within 90 s: a rollout. */
function replacedNear(measures: Measures, some: readonly Instant[]): number {
  return [...measures.targets.values()].filter(
    (life) => isNewcomer(life, measures) && some.some((instant) => Math.abs(life.firstSuccess - instant.at) < 90_000),
  ).length
}

function shutdownClaim(group: FailureGroup, measures: Measures, some: readonly Instant[]): Claim {
  const replaced = replacedNear(measures, some)
  const isSure = !group.isNodePort && replaced > 0 && some.length >= 2
  return {
    ...base(some),
    cause: isSure ? 'shutdown-drops-in-flight' : null,
    confidence: isSure ? 'likely' : null,
    title: 'The target ended with requests in flight and did not come back',
    because: [
      sharedText(some),
      'it got new requests until then, and does not appear again afterwards',
      ...(replaced > 0 ? [`${plural(replaced, 'target')} answered for the first time within 90 s: a rollout`] : []),
    ],
    ruledOut: [notKeepAlive],
    candidates: isSure
      ? []
      : [
          'shutdown-drops-in-flight',
          'worker-killed-mid-request',
          'node-removed-before-deregistration',
          'deregistration-race',
        ],
  }
}

function deathClaim(some: readonly Instant[]): Claim {
  const refused = some.reduce((sum, instant) => sum + instant.refusedAfter, 0)
  return {
    ...base(some),
    cause: 'worker-killed-mid-request',
    confidence: 'likely',
    title: 'The process died with requests in flight',
    because: [
      sharedText(some),
      `${plural(refused, 'new connection')} to the same targets were refused within 30 s: nobody listened any more`,
      'the longest of them is the likeliest to have killed it: see its route',
    ],
    ruledOut: [
      notKeepAlive,
      { cause: 'worker-timeout', why: 'a killed worker leaves its parent listening; here the port was closed' },
    ],
    candidates: ['liveness-probe-kills-busy-pod', 'shutdown-drops-in-flight'],
  }
}

/** Several requests die together while the port stays open: one worker of several. */
function workerClaim(group: FailureGroup, measures: Measures, some: readonly Instant[]): Claim {
  const longest = some.map((instant) => instant.longestMs)
  const routes = groupBy(
    some.map((_, index) => index),
    (index) => (some[index] as Instant).longestRoute,
  )
  const [route, led] = [...routes].sort((a, b) => b[1].length - a[1].length)[0] ?? ['', []]
  const top = mostOf(longest)
  const floor = leastOf(longest)
  // The arbiter looks about once a second, so a timer of N kills at N to N + 2 s and a bit; what waited for a worker first, later.
  // Nothing is killed before, and nothing of that route is answered after: that tells a timer from deaths at any age.
  const atTimer = longest.filter((ms) => ms <= floor + 2_300).length
  const slowest = slowestAnswerMs(group, measures, route)
  const isTimer =
    some.length >= 3 &&
    floor >= 1_500 &&
    atTimer >= Math.max(3, some.length * 0.5) &&
    led.length >= some.length * 0.7 &&
    slowest < floor
  return {
    ...base(some),
    cause: isTimer ? 'worker-timeout' : null,
    confidence: isTimer ? 'likely' : null,
    title: isTimer
      ? 'A worker was killed by its own server’s timeout, with everything it was working on'
      : 'A worker ended with requests in flight',
    because: [
      sharedText(some),
      `the longest of each had run ${seconds(leastOf(longest), 1)} to ${seconds(top, 1)}; in ${count(led.length)} of ${count(some.length)} instants it was ${route}`,
      ...(isTimer
        ? [
            `never sooner than ${seconds(floor, 1)}, and ${count(atTimer)} of ${count(some.length)} within 2.3 s of that; ${slowest > 0 ? `the slowest answer of that route took ${seconds(slowest, 1)}` : 'that route was never answered'}`,
          ]
        : []),
      'no connection was refused afterwards: the port stayed open, so one worker of several ended, not the server',
    ],
    ruledOut: [notKeepAlive],
    candidates: isTimer
      ? []
      : top >= 1_000
        ? ['worker-timeout', 'worker-killed-mid-request', 'liveness-probe-kills-busy-pod', 'shutdown-drops-in-flight']
        : [
            'proxy-reload-closes-connections',
            'worker-recycling',
            'worker-killed-mid-request',
            'keepalive-shorter-than-idle-timeout',
          ],
    numbers: isTimer ? { timerSeconds: Math.floor(floor / 1000) } : {},
  }
}

/** The slowest answer below 500 to a route, over all targets. */
function slowestAnswerMs(group: FailureGroup, measures: Measures, route: string): number {
  const ids = new Set<number>()
  for (const [id, each] of group.routes.entries())
    if (each.text === route && each.targetGroup === group.targetGroup) ids.add(id)
  let slowest = 0
  for (const target of measures.targets.keys()) {
    const rows = measures.rowsOf(target)
    if (rows === undefined) continue
    for (let i = 0; i < rows.length; i++) {
      const status = rows.targetStatus[i] as number
      if (status === 0 || status >= 500 || !ids.has(rows.route[i] as number)) continue
      slowest = Math.max(slowest, rows.targetMs[i] as number)
    }
  }
  return slowest
}

/** What is left: by whether the target closed at once or had worked. */
export function detectOtherCloses(group: FailureGroup, measures: Measures): Claim[] {
  const { failures } = group
  const claims: Claim[] = []
  const left = withSymptom(group, 'closed-before-response')
  const leaving = group.isNodePort
    ? []
    : left.filter((i) => {
        const life = measures.targets.get(targetAt(group, i))
        const end = failures.end[i] as number
        return (
          life !== undefined &&
          Number.isFinite(life.lastSuccess) &&
          life.lastSuccess - end < 3_000 &&
          measures.logEnd - end > 8_000 &&
          life.lastEnd - end < 60_000
        )
      })
  if (leaving.length > 0) {
    const targets = groupByTarget(group, leaving)
    const replaced = [...measures.targets.values()].filter((life) => isNewcomer(life, measures)).length
    const isMany = replaced > 0 && targets.size >= 2 && leaving.length >= 4
    // Cut off after long work, while nothing new had come for seconds: drained, and the delay was over.
    const isDrained = leaving.every((i) => {
      const rows = measures.rowsOf(targetAt(group, i))
      const quietMs = rows ? factsAround(rows, failures.end[i] as number).quietMs : 0
      return (failures.targetMs[i] as number) > 2_000 && quietMs >= 2_000
    })
    const isSure = isMany && !isDrained
    claims.push({
      cause: isSure ? 'deregistration-race' : null,
      confidence: isSure ? 'likely' : null,
      title: 'Connections were closed in the last seconds of their target’s life',
      failures: leaving,
      because: [
        `${plural(leaving.length, 'request')} failed within 3 s of the last answer of their target; ${plural(targets.size, 'target')} never answered again`,
        replaced > 0
          ? `${plural(replaced, 'target')} answered for the first time in this log: a rollout`
          : 'no new target appears in the log',
      ],
      evidence: [],
      ruledOut: [
        {
          cause: 'keepalive-shorter-than-idle-timeout',
          why: 'the targets did not live on; idle connections race at any time',
        },
      ],
      candidates: isSure
        ? []
        : isDrained
          ? [
              'deregistration-delay-exceeded',
              'shutdown-drops-in-flight',
              'deregistration-race',
              'worker-killed-mid-request',
            ]
          : [
              'deregistration-race',
              'shutdown-drops-in-flight',
              'worker-killed-mid-request',
              'node-removed-before-deregistration',
            ],
      decidedBy,
      numbers: {},
    })
  }
  const isLeaving = new Set(leaving)
  const rest = left.filter((i) => !isLeaving.has(i))
  const quick = rest.filter((i) => (failures.targetMs[i] as number) <= QUICK_MS)
  const slow = rest.filter((i) => !((failures.targetMs[i] as number) <= QUICK_MS))
  const open = openAtFailures(group, measures, quick)
  const echo = quick.length >= 2 ? measures.echo(quick) : undefined
  // Nothing speaks for it but the lag, which most healthy requests have too: then it is the first to ask for, no more.
  const isAtKeepAlive =
    echo?.isKnownLag === true &&
    echo.hits >= echo.of * 0.8 &&
    echo.background <= 0.5 &&
    echo.seconds <= group.idleTimeoutSeconds + 1
  if (quick.length > 0)
    claims.push({
      cause: null,
      confidence: null,
      title: 'The target closed the connection at once',
      failures: quick,
      because: [
        `${plural(quick.length, 'request')} ended within ${QUICK_MS} ms of the hand-over`,
        ...(open ? [open.text] : []),
        isAtKeepAlive
          ? `${count(echo.hits)} of ${count(echo.of)} came about ${echo.seconds.toFixed(1)} s after an earlier answer of the same target to the same node, the default keep-alive of some servers; but so did ${share(echo.controlHits, echo.controlOf)} of ${count(echo.controlOf)} healthy requests, so alone it proves nothing`
          : 'no constant lag to an earlier answer stands out against healthy requests, or there are too few of them to tell',
      ],
      evidence: [],
      ruledOut: [],
      candidates:
        open?.isHigh || inLargeBursts(group, quick) * 2 >= quick.length
          ? [
              'proxy-sheds-idle-connections',
              'proxy-reload-closes-connections',
              'keepalive-shorter-than-idle-timeout',
              'worker-recycling',
            ]
          : !isAtKeepAlive && isBurst(group, quick)
            ? [
                'proxy-reload-closes-connections',
                'worker-recycling',
                'keepalive-shorter-than-idle-timeout',
                'proxy-sheds-idle-connections',
              ]
            : [
                'keepalive-shorter-than-idle-timeout',
                'proxy-reload-closes-connections',
                'worker-recycling',
                'proxy-sheds-idle-connections',
              ],
      decidedBy,
      numbers: isAtKeepAlive
        ? {
            suspectedKeepAliveSeconds: echo.seconds,
            servers: serversWithKeepAlive(echo.seconds, 0.35).map((server) => server.id),
          }
        : {},
    })
  if (slow.length > 0) {
    const waits = slow.map((i) => failures.targetMs[i] as number)
    const middle = median(waits)
    const isTimer =
      slow.length >= 3 &&
      middle >= 900 &&
      waits.filter((ms) => Math.abs(ms - middle) <= 600).length >= slow.length * 0.7
    claims.push({
      cause: null,
      confidence: null,
      title: 'The target closed the connection while it was working',
      failures: slow,
      because: [
        `${plural(slow.length, 'request')} ended ${seconds(leastOf(waits), 1)} to ${seconds(mostOf(waits), 1)} after the hand-over (median ${seconds(middle, 1)}), each alone`,
        isTimer
          ? `the wait is nearly constant: a timer of about ${Math.round(middle / 1000)} s inside the target`
          : 'the wait is spread: no timer stands out',
      ],
      evidence: [],
      ruledOut: [notKeepAlive],
      candidates: isTimer
        ? [
            'worker-timeout',
            'worker-killed-mid-request',
            'event-loop-stall-resets-idle-connections',
            'liveness-probe-kills-busy-pod',
          ]
        : middle < 1_000
          ? [
              'worker-killed-mid-request',
              'proxy-reload-closes-connections',
              'shutdown-drops-in-flight',
              'event-loop-stall-resets-idle-connections',
            ]
          : [
              'worker-killed-mid-request',
              'worker-timeout',
              'event-loop-stall-resets-idle-connections',
              'shutdown-drops-in-flight',
            ],
      decidedBy,
      numbers: {},
    })
  }
  return claims
}

/** Its first answer came after the log had begun. */
function isNewcomer(life: TargetLife, measures: Measures): boolean {
  return Number.isFinite(life.firstSuccess) && life.firstSuccess > measures.logStart + 5_000
}

/** Most quick failures of a target within seconds of each other, and silence between. */
function isBurst(group: FailureGroup, quick: readonly number[]): boolean {
  if (quick.length < 3) return false
  // They come by end.
  const ends = quick.map((i) => group.failures.end[i] as number)
  const isNear = (end: number, other: number | undefined): boolean =>
    other !== undefined && Math.abs(other - end) < 1_000
  const near = ends.filter((end, n) => isNear(end, ends[n - 1]) || isNear(end, ends[n + 1])).length
  return near >= quick.length * 0.7
}

function openAtFailures(
  group: FailureGroup,
  measures: Measures,
  quick: readonly number[],
): { readonly text: string; readonly isHigh: boolean } | undefined {
  if (quick.length < 5) return undefined
  const levels: number[] = []
  const control: number[] = []
  for (const [target, mine] of groupByTarget(group, quick)) {
    const times = measures.openTimesOf(target)
    if (times === undefined) continue
    const { begins, ends } = times
    const levelAt = (moment: number): number => countUpTo(begins, moment) - countUpTo(ends, moment)
    for (const i of mine) levels.push(levelAt(group.failures.start[i] as number))
    for (let n = 0; n < begins.length; n += Math.max(1, Math.floor(begins.length / 500)))
      control.push(levelAt(begins[n] as number))
  }
  if (levels.length === 0 || control.length === 0) return undefined
  const [seen, usual] = [median(levels), median(control)]
  return {
    text: `${count(seen)} requests were open on the target at a failure (median); ${count(usual)} at any request`,
    isHigh: seen >= 8 && seen >= usual * 2.5,
  }
}
