import type { Claim } from '../claim.ts'
import { type FailureGroup, groupBy, routeAt, targetAt, withSymptom } from './failure-group.ts'
import type { Measures } from './measures.ts'
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
  const targets = groupBy(mine, (i) => targetAt(group, i))
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
  return {
    ...base,
    cause: null,
    confidence: null,
    ruledOut: [],
    candidates: candidatesOf(group, status, mine, { isTimer, isInstant }),
  }
}

function candidatesOf(
  group: FailureGroup,
  status: number,
  mine: readonly number[],
  { isTimer, isInstant }: { readonly isTimer: boolean; readonly isInstant: boolean },
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
      return ['admission-limit-rejected', 'application-error', 'nginx-no-live-upstreams', 'dependency-stall']
    case 500:
      return isTimer
        ? ['worker-timeout', 'application-error', 'dependency-stall', 'proxy-sheds-idle-connections']
        : ['application-error', 'dependency-stall', 'worker-timeout', 'proxy-sheds-idle-connections']
    default:
      return ['application-error', 'admission-limit-rejected', 'nginx-upstream-timeout', 'dependency-stall']
  }
}

/** The failures of each target stand in few unbroken stretches: it was down, not unlucky. */
function isContiguous(group: FailureGroup, mine: readonly number[]): boolean {
  for (const [, list] of groupBy(mine, (i) => targetAt(group, i))) {
    const ends = list.map((i) => group.failures.end[i] as number)
    const span = (ends.at(-1) as number) - (ends[0] as number)
    if (list.length >= 5 && span / list.length < 3_000) return true
  }
  return false
}
