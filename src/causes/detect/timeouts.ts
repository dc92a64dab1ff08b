import { leastOf, mostOf } from '../../core/extremes.ts'
import type { Claim } from '../claim.ts'
import {
  countUpTo,
  type FailureGroup,
  groupBy,
  groupByTarget,
  routeAt,
  targetAt,
  withSymptom,
} from './failure-group.ts'
import type { Knee, Measures } from './measures.ts'
import { clock, count, median, plural, seconds, share } from './words.ts'

/** 504 after hand-over at the idle timeout (cause 34), and 460 with the client's timers (cause 46). */
export function detectTimeouts(group: FailureGroup, measures: Measures): Claim[] {
  return [...detectIdleTimeout(group, measures), ...detectClientLeft(group)]
}

/** 504 after the hand-over, when the idle timeout was over. */
export function atIdleTimeout(group: FailureGroup): number[] {
  const { failures, idleTimeoutSeconds } = group
  return withSymptom(group, 'response-timeout').filter((i) => {
    const waited = (failures.elapsedMs[i] as number) - Math.max(0, failures.requestMs[i] as number)
    return waited >= idleTimeoutSeconds * 1000 - 250 && waited <= idleTimeoutSeconds * 1000 + 1_500
  })
}

function detectIdleTimeout(group: FailureGroup, measures: Measures): Claim[] {
  const all = atIdleTimeout(group)
  const deeper = [...judgeStalls(group, measures, all), ...judgePools(group, measures, all)]
  const taken = new Set(deeper.flatMap((claim) => claim.failures))
  const left = all.filter((i) => !taken.has(i))
  return left.length === 0 ? deeper : [...deeper, judgeIdleTimeout(group, measures, left)]
}

const timerFields = ['request_creation_time', 'time', 'request_processing_time', 'target_processing_time']

/** Cause 35: a target finishes nothing for seconds, then a batch at one instant, while the others go on. */
function judgeStalls(group: FailureGroup, measures: Measures, all: readonly number[]): Claim[] {
  const { failures, idleTimeoutSeconds } = group
  const mine: number[] = []
  const rows: (string | number)[][] = []
  let [together, answeredByOthers, longestMs] = [0, 0, 0]
  for (const [target, list] of groupByTarget(group, all)) {
    const others = [...measures.targets.keys()].filter((each) => each !== target)
    const inside: number[] = []
    const seen: (string | number)[][] = []
    for (const stall of measures.stallsOf(target)) {
      const here = list.filter((i) => {
        const end = failures.end[i] as number
        const covered = Math.min(end, stall.to) - Math.max(end - idleTimeoutSeconds * 1000, stall.from)
        return covered >= idleTimeoutSeconds * 600
      })
      // A loop that wakes answers all that still wait; a few busy workers answer as many as they are.
      if (here.length === 0 || stall.together < Math.max(5, stall.open * 0.25)) continue
      // A queue longer than the idle timeout looks as silent: what workers finish had been given up. But it grew up to that.
      if (stall.waitBeforeMs >= idleTimeoutSeconds * 600) continue
      const theirs = others.reduce((sum, each) => sum + answersIn(measures, each, stall.from, stall.to), 0)
      // A dependency that stops would stop them all.
      if (theirs < LEAST_OTHER_ANSWERS) continue
      inside.push(...here.filter((i) => !inside.includes(i)))
      answeredByOthers += theirs
      together += stall.together
      longestMs = Math.max(longestMs, stall.to - stall.from)
      seen.push([clock(stall.from), target, seconds(stall.to - stall.from, 1), stall.open, here.length, stall.together])
    }
    if (inside.length < 3 || inside.length < list.length * 0.6) continue
    if (new Set(inside.map((i) => routeAt(group, i))).size < 2) continue
    mine.push(...inside)
    rows.push(...seen)
  }
  if (mine.length === 0) return []
  const targets = new Set(mine.map((i) => targetAt(group, i))).size
  return [
    {
      cause: 'event-loop-blocked',
      confidence: 'likely',
      title: `The process answered nothing for longer than the idle timeout of ${idleTimeoutSeconds} s, then everything at once`,
      failures: mine,
      because: [
        `${plural(mine.length, 'request')} on ${plural(new Set(mine.map((i) => routeAt(group, i))).size, 'route')} got no byte for ${idleTimeoutSeconds} s, each within one of ${plural(rows.length, 'stretch', 'stretches')} (up to ${seconds(longestMs, 1)}) in which the target finished no request at all`,
        `at the end of them ${plural(together, 'answer')} came within 0.4 s, to requests that had begun seconds apart: one thing held them all`,
        `meanwhile other targets of the same group gave ${plural(answeredByOthers, 'answer')}: what they depend on was there`,
      ],
      evidence: [
        {
          kind: 'table',
          id: 'stalls',
          title: 'Stretches in which a target finished nothing',
          columns: ['from', 'target', 'for', 'open at its end', 'timed out', 'answered together'],
          rows: rows.slice(0, 12),
        },
      ],
      ruledOut: [
        {
          cause: 'dependency-stall',
          why: `${plural(answeredByOthers, 'answer')} of other targets in the same seconds; ${plural(targets, 'target')} of ${count(measures.targets.size)} stood still`,
        },
        {
          cause: 'worker-pool-exhausted',
          why: 'busy workers finish one after another; here nothing ended, then all at once',
        },
        { cause: 'listen-backlog-overflow', why: 'the connection was made and the request handed over' },
      ],
      candidates: ['cpu-throttled-target'],
      decidedBy: timerFields,
      numbers: { timerSeconds: idleTimeoutSeconds },
    },
  ]
}

const LEAST_OTHER_ANSWERS = 10

function answersIn(measures: Measures, target: string, from: number, to: number): number {
  const rows = measures.rowsOf(target)
  let answers = 0
  if (rows === undefined) return 0
  for (let i = 0; i < rows.length; i++)
    if (rows.targetStatus[i] !== 0 && (rows.end[i] as number) > from && (rows.end[i] as number) < to) answers++
  return answers
}

/** Cause 36: above a level, more open requests do not finish more; what times out waited for a worker. */
function judgePools(group: FailureGroup, measures: Measures, all: readonly number[]): Claim[] {
  const { failures, idleTimeoutSeconds } = group
  const mine: number[] = []
  const knees: { readonly target: string; readonly knee: Knee; readonly levels: readonly number[] }[] = []
  for (const [target, list] of groupByTarget(group, all)) {
    const times = measures.openTimesOf(target)
    if (times === undefined || list.length < 5) continue
    const { begins, ends: ended } = times
    const ends = list.map((i) => failures.end[i] as number)
    const from = leastOf(ends.slice(0, 1_000)) - idleTimeoutSeconds * 1000
    const to = mostOf(ends.slice(-1_000))
    const knee = measures.kneeOf(target, from, to)
    // Answers in batches, with nothing between them: one loop, not workers.
    const stood = measures.stallsOf(target).reduce((sum, each) => sum + overlap(each, from, to), 0)
    if (knee === undefined || knee.level < 2 || stood > (to - from) * 0.1) continue
    const levels = list.map((i) => {
      const moment = (failures.start[i] as number) + Math.max(0, failures.requestMs[i] as number)
      return countUpTo(begins, moment - 1) - countUpTo(ended, moment - 1)
    })
    const above = levels.filter((level) => level >= knee.level).length
    const isAllRoutes = new Set(list.map((i) => routeAt(group, i))).size >= 3
    if (above < list.length * 0.9 || !isAllRoutes) continue
    mine.push(...list)
    knees.push({ target, knee, levels })
  }
  if (mine.length === 0) return []
  const [first] = knees as [(typeof knees)[number]]
  const levels = knees.flatMap((each) => each.levels)
  const routes = new Set(mine.map((i) => routeAt(group, i))).size
  return [
    {
      cause: 'worker-pool-exhausted',
      confidence: 'likely',
      title: `All workers were busy: what waits for one of them timed out after ${idleTimeoutSeconds} s`,
      failures: mine,
      because: [
        `${first.target} finished ${first.knee.perSecond.toFixed(1)} requests a second, whether ${count(first.knee.level)} or ${count(first.knee.upTo)} were open: what is above the number of its workers waits`,
        `the ${plural(mine.length, 'request')} that got no byte for ${idleTimeoutSeconds} s were handed over while ${count(levels.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY))} to ${count(levels.reduce((a, b) => Math.max(a, b), 0))} others were open (median ${count(median(levels))})`,
        `${plural(routes, 'route')} time out alike, so it is no single slow route`,
      ],
      evidence: knees.slice(0, 3).map(({ target, knee }) => ({
        kind: 'table',
        id: 'knee',
        title: `Open requests on ${target} and what it finished`,
        columns: ['open requests, from', 'seconds', 'answers a second'],
        rows: knee.steps.map((step) => [step.from, Math.round(step.seconds), Math.round(step.perSecond * 10) / 10]),
      })),
      ruledOut: [
        {
          cause: 'event-loop-blocked',
          why: `answers went on coming, ${first.knee.perSecond.toFixed(1)} a second, while requests waited`,
        },
        {
          cause: 'dependency-stall',
          why: `what is finished a second stays the same while the number of open requests doubles; a dependency that stops takes it to nothing`,
        },
        { cause: 'listen-backlog-overflow', why: 'the connection was made and the request handed over' },
      ],
      candidates: ['target-idle-timeout', 'cpu-throttled-target'],
      decidedBy: timerFields,
      numbers: { timerSeconds: idleTimeoutSeconds, concurrencyLimit: first.knee.level },
    },
  ]
}

function overlap(stretch: { readonly from: number; readonly to: number }, from: number, to: number): number {
  return Math.max(0, Math.min(stretch.to, to) - Math.max(stretch.from, from))
}

function judgeIdleTimeout(group: FailureGroup, measures: Measures, mine: readonly number[]): Claim {
  const { failures, idleTimeoutSeconds } = group
  const waits = mine.map((i) => failures.elapsedMs[i] as number)
  const [low, high] = [min(waits), max(waits)]
  const routes = groupBy(mine, (i) => routeAt(group, i))
  const targets = groupByTarget(group, mine)
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
  return {
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
  }
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
