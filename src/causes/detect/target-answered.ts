import { sortTimes } from '../../core/sort-times.ts'
import type { Claim } from '../claim.ts'
import { countUpTo, type FailureGroup, groupBy, groupByTarget, routeAt, withSymptom } from './failure-group.ts'
import type { Measures, TargetTraffic } from './measures.ts'
import { clock, count, median, plural, seconds, share } from './words.ts'

/**
 * The target wrote the status: the app, or a proxy in front of it. The load balancer's log cannot see who of them; status,
 * wait and shape rank the candidates, and a 500 with the app's usual waits is the app's.
 */
export function detectTargetAnswered(group: FailureGroup, measures: Measures): Claim[] {
  const claims: Claim[] = []
  const all = withSymptom(group, 'target-answered')
  for (const [status, mine] of groupBy(all, (i) => group.failures.elbStatus[i] as number))
    claims.push(judgeStatus(group, measures, status, mine))
  return claims
}

function judgeStatus(group: FailureGroup, measures: Measures, status: number, mine: readonly number[]): Claim {
  const { failures } = group
  const waits = mine.map((i) => failures.targetMs[i] as number)
  const middle = median(waits)
  const atMiddle = waits.filter((ms) => Math.abs(ms - middle) <= Math.max(60, middle * 0.02)).length
  const isTimer = mine.length >= 3 && middle >= 900 && atMiddle >= mine.length * 0.7
  const isInstant = waits.filter((ms) => ms <= 30).length >= mine.length * 0.8
  const routes = groupBy(mine, (i) => routeAt(group, i))
  const targets = groupByTarget(group, mine)
  const [worst = ['', []]] = [...routes].sort((a, b) => b[1].length - a[1].length)
  const because = [
    `${count(mine.length)} times the target itself answered ${status}: elb_status_code and target_status_code are the same`,
    isTimer
      ? `${count(atMiddle)} of them ${seconds(middle)} after the hand-over: a timer of ${Math.round(middle / 100) / 10} s behind the target's address`
      : `after ${seconds(
          waits.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
          3,
        )} to ${seconds(
          waits.reduce((a, b) => Math.max(a, b), 0),
          3,
        )} (median ${seconds(middle, 3)})`,
    routes.size === 1
      ? `only ${worst[0]}: ${share(mine.length, measures.routeRequests(worst[0]))} of its ${plural(measures.routeRequests(worst[0]), 'request')}`
      : `${plural(routes.size, 'route')}; most ${worst[0]} with ${count(worst[1].length)}`,
    `${count(targets.size)} of ${plural(measures.targets.size, 'target')} from ${clock(failures.end[mine[0] as number] as number)} to ${clock(failures.end[mine.at(-1) as number] as number)}`,
  ]
  const base = {
    failures: mine,
    because,
    evidence: [],
    decidedBy: ['elb_status_code', 'target_status_code', 'target_processing_time'],
    numbers: isTimer ? { timerSeconds: Math.round(middle / 100) / 10 } : {},
  }
  if (status === 500 && !isTimer && mine.length >= 5)
    return {
      ...base,
      cause: 'application-error',
      confidence: 'likely',
      title: 'The app answered 500',
      because: [
        ...because,
        `no constant wait of a second or more; ${count(measures.service.served)} other answers of the same target group took ${seconds(measures.service.meanMs, 3)} on average`,
      ],
      ruledOut: [
        { cause: 'nginx-upstream-timeout', why: "a proxy's own failures towards the app are 502 and 504, not 500" },
        { cause: 'worker-timeout', why: 'the waits are not at one timer' },
      ],
      candidates: [],
    }
  const beside = isInstant ? besideOpen(group, measures, mine) : 0
  const isCeiling = isInstant && beside >= mine.length * 0.7
  const isBan = isInstant && inBans(group, mine) >= mine.length * 0.6
  if (isInstant && (status === 502 || status === 503))
    because.push(
      isCeiling
        ? `${count(beside)} of them at once, while the same target worked on other requests that it then answered: it is up, and takes no more than so many`
        : `the same target was working on no other request that it then answered in ${count(mine.length - beside)} of ${count(mine.length)} cases`,
    )
  return {
    ...base,
    because,
    cause: null,
    confidence: null,
    ruledOut: [],
    candidates: isOutage(group, measures, mine)
      ? withLostUpstream(candidatesOf(group, status, mine, { isTimer, isInstant, isCeiling, isBan }), status)
      : candidatesOf(group, status, mine, { isTimer, isInstant, isCeiling, isBan }),
  }
}

function candidatesOf(
  group: FailureGroup,
  status: number,
  mine: readonly number[],
  {
    isTimer,
    isInstant,
    isCeiling,
    isBan,
  }: { readonly isTimer: boolean; readonly isInstant: boolean; readonly isCeiling: boolean; readonly isBan: boolean },
): string[] {
  switch (status) {
    case 504:
      return ['nginx-upstream-timeout', 'application-error', 'dependency-stall', 'worker-pool-exhausted']
    case 502: {
      const writes = mine.filter((i) => /^(POST|PATCH|PUT|DELETE) /.test(routeAt(group, i))).length
      const isScattered = !isContiguous(group, mine)
      if (isInstant && isScattered && writes >= mine.length * 0.8)
        return [
          'upstream-keepalive-mismatch',
          'nginx-upstream-prematurely-closed',
          'nginx-upstream-refused',
          'nginx-no-live-upstreams',
        ]
      if (isCeiling || isBan)
        return [
          'nginx-no-live-upstreams',
          'nginx-upstream-refused',
          'upstream-keepalive-mismatch',
          'nginx-upstream-prematurely-closed',
        ]
      if (isInstant && isScattered)
        return [
          'nginx-no-live-upstreams',
          'upstream-keepalive-mismatch',
          'nginx-upstream-refused',
          'nginx-upstream-prematurely-closed',
        ]
      if (isInstant)
        return [
          'nginx-upstream-refused',
          'nginx-no-live-upstreams',
          'nginx-upstream-prematurely-closed',
          'upstream-keepalive-mismatch',
        ]
      return [
        'nginx-upstream-prematurely-closed',
        'nginx-upstream-refused',
        'nginx-upstream-header-too-big',
        'application-error',
      ]
    }
    case 503:
      return isCeiling
        ? ['admission-limit-rejected', 'application-error', 'nginx-no-live-upstreams', 'dependency-stall']
        : ['application-error', 'admission-limit-rejected', 'dependency-stall', 'all-targets-unhealthy']
    case 500:
      return isTimer
        ? ['worker-timeout', 'application-error', 'dependency-stall', 'proxy-sheds-idle-connections']
        : ['application-error', 'dependency-stall', 'worker-timeout', 'proxy-sheds-idle-connections']
    default:
      return ['application-error', 'admission-limit-rejected', 'nginx-upstream-timeout', 'dependency-stall']
  }
}

const LEAST_OUTAGE_MS = 10_000
const MOST_ANSWERED = 0.05

/** For ten seconds and more hardly anything was answered by any target: whatever is behind them is lost to all of them. */
function isOutage(group: FailureGroup, measures: Measures, mine: readonly number[]): boolean {
  const starts = mine.map((i) => group.failures.start[i] as number)
  const from = starts.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  const to = starts.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  if (!(to - from >= LEAST_OUTAGE_MS)) return false
  const most = mine.length * MOST_ANSWERED
  let answered = 0
  for (const target of measures.targets.keys()) {
    const rows = measures.rowsOf(target)
    if (rows === undefined) return false
    answered += countAnswered(rows, from, to, most - answered)
    if (answered > most) return false
  }
  return true
}

/** Requests that began in between and were answered; once they are more than `most`, no more are looked for. */
function countAnswered(rows: TargetTraffic, from: number, to: number, most: number): number {
  let answered = 0
  for (let i = 0; i < rows.length && answered <= most; i++) {
    const status = rows.targetStatus[i] as number
    const start = rows.start[i] as number
    if (status > 0 && status < 500 && start > from && start < to) answered++
  }
  return answered
}

/** A proxy with addresses that are gone is such an outage, too. */
function withLostUpstream(candidates: readonly string[], status: number): string[] {
  if (status !== 502 && status !== 504) return [...candidates]
  const [first, second] = candidates as readonly [string, string]
  return status === 502
    ? [first, second, 'upstream-dns-stale-or-failed', candidates[2] as string]
    : [first, 'upstream-dns-stale-or-failed', second, candidates[2] as string]
}

/** How many failures came while the target worked, for a tenth of a second and more, on a request that it then answered. */
function besideOpen(group: FailureGroup, measures: Measures, mine: readonly number[]): number {
  let beside = 0
  for (const [target, list] of groupByTarget(group, mine)) {
    const rows = measures.rowsOf(target)
    if (rows === undefined) continue
    const { begins, ends } = longAnswers(rows)
    for (const i of list) {
      const end = group.failures.end[i] as number
      if (countUpTo(begins, end) > countUpTo(ends, end)) beside++
    }
  }
  return beside
}

/** Hand-overs and ends of the requests that took the target a tenth of a second, each in rising order. */
function longAnswers(rows: TargetTraffic): { readonly begins: Float64Array; readonly ends: Float64Array } {
  const begins = new Float64Array(rows.length)
  const ends = new Float64Array(rows.length)
  const used = fillLong(begins, ends, rows)
  return { begins: sortTimes(begins.subarray(0, used)), ends: sortTimes(ends.subarray(0, used)) }
}

function fillLong(begins: Float64Array, ends: Float64Array, rows: TargetTraffic): number {
  const { start, end, requestMs, targetMs, targetStatus } = rows
  let used = 0
  for (let i = 0; i < rows.length; i++) {
    const status = targetStatus[i] as number
    if (status === 0 || status >= 500 || (targetMs[i] as number) < 100) continue
    begins[used] = (start[i] as number) + Math.max(0, requestMs[i] as number)
    ends[used++] = end[i] as number
  }
  return used
}

/** Failures in stretches of one target that last as long as nginx bans a server (fail_timeout, 10 s by default). */
function inBans(group: FailureGroup, mine: readonly number[]): number {
  let inside = 0
  for (const [, list] of groupByTarget(group, mine)) {
    let stretch: number[] = []
    const close = (): void => {
      const lasted = (stretch.at(-1) ?? 0) - (stretch[0] ?? 0)
      if (stretch.length >= 3 && lasted > 7_500 && lasted <= 10_500) inside += stretch.length
    }
    for (const i of list) {
      const end = group.failures.end[i] as number
      if (stretch.length > 0 && end - (stretch.at(-1) as number) > 4_000) {
        close()
        stretch = []
      }
      stretch.push(end)
    }
    close()
  }
  return inside
}

/** The failures of each target stand in few unbroken stretches: it was down, not unlucky. */
function isContiguous(group: FailureGroup, mine: readonly number[]): boolean {
  for (const [, list] of groupByTarget(group, mine)) {
    const ends = list.map((i) => group.failures.end[i] as number)
    const span = (ends.at(-1) as number) - (ends[0] as number)
    if (list.length >= 5 && span / list.length < 3_000) return true
  }
  return false
}
