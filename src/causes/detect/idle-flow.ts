import { leastOf, mostOf } from '../../core/extremes.ts'
import type { Claim } from '../claim.ts'
import { type FailureGroup, groupByTarget, withSymptom } from './failure-group.ts'
import type { Measures } from './measures.ts'
import { count, plural, seconds, share } from './words.ts'

/** Who knows nothing of a connection answers its next packet at once. */
const QUICK_MS = 60
const LEAST_FAILURES = 5
const LEAST_HEALTHY = 20
/** Failures that came on a new connection have another cause; so many of them the log may hide behind an old one. */
const MOST_NEW = 0.1
/** Healthy requests on connections that were idle as long: the log cannot see that those were new ones. */
const MOST_ABOVE = 0.1
/** A race lies within a round trip of one idleness; what is forgotten fails at any above it. */
const LEAST_SPREAD_MS = 500
const LEAST_SPREAD = 0.1
const MOMENT_MS = 250
const ONE_EVENT_MS = 1_000
/** Exponents of ten. */
const LEAST_SURPRISE = { likely: 5, possible: 3 }
const LEAST_EVENTS = { likely: 3, possible: 2 }
/** Without a known idle timeout: AWS's maximum. */
const LONGEST_SECONDS = 4_000

/**
 * Cause 18: every request on a connection that had been idle for T and more fails, and none on one idle for less. A server
 * that closes after T is seen to close, and fails only what crosses its FIN: at T within a round trip.
 */
export function detectIdleFlow(group: FailureGroup, measures: Measures): Claim[] {
  const { failures } = group
  const isHandedOver = (i: number): boolean => (failures.requestMs[i] as number) >= 0
  const reset = withSymptom(group, 'closed-before-response').filter(
    (i) => isHandedOver(i) && (failures.targetMs[i] as number) <= QUICK_MS,
  )
  const silent = withSymptom(group, 'response-timeout').filter(isHandedOver)
  const longest = group.isIdleTimeoutKnown ? [group.idleTimeoutSeconds] : [group.idleTimeoutSeconds, LONGEST_SECONDS]
  return [reset, silent].flatMap((some) => {
    for (const idleSeconds of some.length < LEAST_FAILURES ? [] : longest) {
      const claim = judge(group, measures, some, idleSeconds * 1_000)
      if (claim) return [claim, ...onNewOnes(some, claim)]
    }
    return []
  })
}

/** What the log cannot put on an old connection, beside many on old ones. */
function onNewOnes(some: readonly number[], claim: Claim): Claim[] {
  const isClaimed = new Set(claim.failures)
  const rest = some.filter((i) => !isClaimed.has(i))
  if (rest.length === 0) return []
  return [
    {
      ...claim,
      cause: null,
      confidence: null,
      title: 'Closed at once, beside connections that something on the path forgot',
      failures: rest,
      because: [
        `${plural(rest.length, 'request')} failed as others did that came on forgotten connections; by the log ${rest.length === 1 ? 'its connection' : 'their connections'} may have been new`,
      ],
      evidence: [],
      ruledOut: [],
      candidates: ['idle-flow-expired', 'keepalive-shorter-than-idle-timeout', 'proxy-reload-closes-connections'],
    },
  ]
}

interface Request {
  readonly idleMs: number
  /** Hand-over. */
  readonly at: number
  readonly flow: number
}

function judge(group: FailureGroup, measures: Measures, some: readonly number[], longestMs: number): Claim | undefined {
  const lost: Request[] = []
  const mine: number[] = []
  const healthy: number[] = []
  for (const [target, failed] of groupByTarget(group, some)) {
    const rows = measures.rowsOf(target)
    const idle = measures.idleOf(target, longestMs)
    if (rows === undefined || idle === undefined) return undefined
    const rowOf = new Map<string, number>()
    for (let row = 0; row < rows.length; row++) {
      if (rows.targetStatus[row] !== 0) healthy.push(idle[row] as number)
      else rowOf.set(`${rows.flow[row]} ${rows.start[row]} ${rows.end[row]}`, row)
    }
    for (const i of failed) {
      const { flow, start, end, requestMs } = group.failures
      const row = rowOf.get(`${flow[i]} ${start[i]} ${end[i]}`)
      const idleMs = row === undefined ? Number.NaN : (idle[row] as number)
      if (Number.isNaN(idleMs)) continue
      lost.push({ idleMs, at: (start[i] as number) + (requestMs[i] as number), flow: flow[i] as number })
      mine.push(i)
    }
  }
  if (lost.length < LEAST_FAILURES || lost.length < some.length * (1 - MOST_NEW)) return undefined
  const from = leastOf(lost.map(({ idleMs }) => idleMs))
  const to = mostOf(lost.map(({ idleMs }) => idleMs))
  if (to - from < Math.max(LEAST_SPREAD_MS, from * LEAST_SPREAD)) return undefined
  const reused = healthy.filter((idleMs) => !Number.isNaN(idleMs))
  const above = reused.filter((idleMs) => idleMs >= from).length
  if (reused.length < LEAST_HEALTHY || above > (above + lost.length) * MOST_ABOVE) return undefined
  const longestHealthy = reused.reduce((most, idleMs) => (idleMs < from ? Math.max(most, idleMs) : most), 0)
  const chance = (above + lost.length) / (reused.length + lost.length)
  const events = eventsIn(lost.map(({ at }) => at))
  const moments = new Set(lost.map(({ at }) => Math.floor(at / MOMENT_MS))).size
  const units = new Set(lost.map(({ at, flow }) => `${Math.floor(at / MOMENT_MS)} ${flow}`)).size
  // Flows that fail in one moment have much in common: they count for more than one event, and for less than each alone.
  const surprise = -Math.sqrt(moments * units) * Math.log10(chance)
  if (surprise < LEAST_SURPRISE.possible || events < LEAST_EVENTS.possible) return undefined
  const isLikely = surprise >= LEAST_SURPRISE.likely && events >= LEAST_EVENTS.likely && above <= lost.length * 0.02
  return {
    cause: 'idle-flow-expired',
    confidence: isLikely ? 'likely' : 'possible',
    title: `Something on the path forgot connections that had been idle for ${seconds(from, 1)} and more`,
    failures: mine,
    because: [
      `${count(lost.length)} of ${plural(some.length, 'such failure')} came on connections that had been idle for ${seconds(from, 1)} to ${seconds(to, 1)}, in ${plural(events, 'event')}; of ${plural(reused.length, 'healthy request')} on used connections ${above === 0 ? 'none' : count(above)} had one idle for that long (the longest below: ${seconds(longestHealthy, 1)}; by chance less than once in 10^${Math.floor(surprise)})`,
      'it hits every time above one idleness, at any length: a server that closes after that time fails only what crosses its FIN, within a round trip of it, and the load balancer sees the others closed',
      'the log names no connections: a request is taken to use the one that its load balancer node used last for that target',
    ],
    evidence: [
      {
        kind: 'count',
        id: 'idle-share',
        title: `Requests on connections idle for ${seconds(from, 1)} and more: failed`,
        value: lost.length,
        of: lost.length + above,
        unit: 'requests',
        control: { label: 'on connections idle for less', value: some.length - lost.length, of: reused.length - above },
      },
    ],
    ruledOut: [
      {
        cause: 'keepalive-shorter-than-idle-timeout',
        why: `a race lies within a round trip of one idleness; these spread over ${seconds(to - from, 1)}`,
      },
      {
        cause: 'proxy-reload-closes-connections',
        why: `${share(reused.length - above, reused.length - above + some.length - lost.length)} of the requests on connections idle for less were answered, at all times`,
      },
    ],
    candidates: isLikely ? [] : ['keepalive-shorter-than-idle-timeout', 'proxy-reload-closes-connections'],
    decidedBy: ['request_creation_time', 'target:port', 'target_processing_time', 'response_processing_time'],
    numbers: { timerSeconds: Math.floor(from / 100) / 10 },
  }
}

/** Runs of hand-overs that lie close together. */
function eventsIn(moments: readonly number[]): number {
  const sorted = [...moments].sort((a, b) => a - b)
  return sorted.filter((at, n) => n === 0 || at - (sorted[n - 1] as number) > ONE_EVENT_MS).length
}
