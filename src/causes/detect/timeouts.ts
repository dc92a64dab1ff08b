import type { Claim } from '../claim.ts'
import { type FailureGroup, groupBy, routeAt, targetAt, withSymptom } from './failure-group.ts'
import type { Measures } from './measures.ts'
import { count, plural, seconds, share } from './words.ts'

/** 504 after hand-over at the idle timeout (cause 34), and 460 with the client's timers (cause 46). */
export function detectTimeouts(group: FailureGroup, measures: Measures): Claim[] {
  return [...detectIdleTimeout(group, measures), ...detectClientLeft(group)]
}

function detectIdleTimeout(group: FailureGroup, measures: Measures): Claim[] {
  const { failures, idleTimeoutSeconds } = group
  const isAtTimeout = (i: number): boolean => {
    const waited = (failures.elapsedMs[i] as number) - Math.max(0, failures.requestMs[i] as number)
    return waited >= idleTimeoutSeconds * 1000 - 250 && waited <= idleTimeoutSeconds * 1000 + 1_500
  }
  const mine = withSymptom(group, 'response-timeout').filter(isAtTimeout)
  if (mine.length === 0) return []
  const waits = mine.map((i) => failures.elapsedMs[i] as number)
  const [low, high] = [min(waits), max(waits)]
  const routes = groupBy(mine, (i) => routeAt(group, i))
  const targets = groupBy(mine, (i) => targetAt(group, i))
  const worst = [...routes].sort((a, b) => b[1].length - a[1].length)[0]
  const because = [
    `${count(mine.length)} of ${count(mine.length)} ended ${seconds(low)} to ${seconds(high)} after they began: the idle timeout of ${idleTimeoutSeconds} s (${group.isIdleTimeoutKnown ? 'known' : 'the default'})`,
    `the target had the request (request_processing_time is set) and sent no byte of an answer`,
  ]
  if (worst) {
    const requests = measures.routeRequests(worst[0])
    because.push(
      routes.size === 1
        ? `only ${worst[0]} times out: ${share(mine.length, requests)} of its ${plural(requests, 'request')}`
        : `${plural(routes.size, 'route')} time out; most ${worst[0]} with ${count(worst[1].length)} (${share(worst[1].length, requests)} of its requests)`,
    )
  }
  because.push(
    targets.size === measures.targets.size
      ? `all ${plural(targets.size, 'target')} see it`
      : `${count(targets.size)} of ${plural(measures.targets.size, 'target')} see it: ${[...targets.keys()].slice(0, 3).join(', ')}`,
  )
  return [
    {
      cause: 'target-idle-timeout',
      confidence: 'likely',
      title: `The target sent nothing for the idle timeout of ${idleTimeoutSeconds} s`,
      failures: mine,
      because,
      evidence: [
        {
          kind: 'count',
          id: 'elapsed-at-idle-timeout',
          title: `504s after hand-over that lasted ${idleTimeoutSeconds} s`,
          value: mine.length,
          of: withSymptom(group, 'response-timeout').length,
          unit: 'failures',
          control: {
            label: `answers below 500; their 99th percentile is ${seconds(measures.service.p99Ms)}`,
            value: measures.service.served,
            of: null,
          },
        },
      ],
      ruledOut: [
        { cause: 'listen-backlog-overflow', why: 'the connection was made and the request handed over' },
        {
          cause: 'content-length-mismatch',
          why: `the wait is the idle timeout counted from the hand-over, not from the first byte of an answer`,
        },
      ],
      candidates: ['event-loop-blocked', 'worker-pool-exhausted', 'dependency-stall'],
      decidedBy: ['request_creation_time', 'time', 'request_processing_time', 'target_processing_time'],
      numbers: { timerSeconds: idleTimeoutSeconds },
    },
  ]
}

function detectClientLeft(group: FailureGroup): Claim[] {
  const { failures } = group
  const mine = withSymptom(group, 'client-left')
  if (mine.length === 0) return []
  const connecting = mine.filter((i) => (failures.requestMs[i] as number) < 0)
  const waits = mine.map((i) => failures.elapsedMs[i] as number).filter((ms) => !Number.isNaN(ms))
  const pile = tallest(waits)
  const because = [
    `460: the client closed the connection before there was an answer (${count(mine.length)} times)`,
    `${count(connecting.length)} of them while the load balancer was still connecting to the target, ${count(mine.length - connecting.length)} while the target was working`,
  ]
  if (pile && pile.count >= 3 && pile.count * 2 >= waits.length)
    because.push(
      `${count(pile.count)} of ${count(waits.length)} left ${seconds(pile.from)} to ${seconds(pile.to)} after they asked: a client timeout of about ${pile.rounded} s`,
    )
  return [
    {
      cause: 'client-gave-up',
      confidence: 'certain',
      failures: mine,
      because,
      evidence: [],
      ruledOut: [],
      candidates:
        connecting.length * 2 > mine.length
          ? ['listen-backlog-overflow', 'host-unreachable']
          : ['target-idle-timeout', 'worker-pool-exhausted'],
      decidedBy: ['elb_status_code', 'request_creation_time', 'time'],
      numbers: pile ? { timerSeconds: pile.rounded } : {},
    },
  ]
}

function tallest(
  waits: readonly number[],
): { readonly count: number; readonly from: number; readonly to: number; readonly rounded: number } | undefined {
  const sorted = [...waits].sort((a, b) => a - b)
  let best: { count: number; from: number; to: number; rounded: number } | undefined
  let low = 0
  for (let high = 0; high < sorted.length; high++) {
    while ((sorted[high] as number) - (sorted[low] as number) > 250) low++
    const found = high - low + 1
    if (best === undefined || found > best.count) {
      const [from, to] = [sorted[low] as number, sorted[high] as number]
      best = { count: found, from, to, rounded: Math.round(from / 100) / 10 }
    }
  }
  return best
}

function min(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
}

function max(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
}
