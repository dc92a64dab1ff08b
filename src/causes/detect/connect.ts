import type { Evidence } from '../../core/diagnosis.ts'
import { leastOf, mostOf } from '../../core/extremes.ts'
import type { Claim } from '../claim.ts'
import {
  everOnTarget,
  type FailureGroup,
  groupByTarget,
  nodeAt,
  symptomAt,
  targetAt,
  withSymptom,
} from './failure-group.ts'
import type { Measures, TargetTraffic } from './measures.ts'
import { clock, count, median, plural, seconds, share } from './words.ts'

/** Failures on one target that are never further apart than this belong to one episode. */
const EPISODE_GAP_MS = 15_000
/** Linux answers a refused SYN with ICMP at most this often per peer: six at once, then one a second. causes.md 3. */
const ICMP_BURST = 6
const ICMP_PER_SECOND = 1
/** A SYN is repeated after 1, 3, 7 s (kernels before 6.5) or 1, 2, 3, 4, 5, 7 s. */
const SYN_LADDER_MS = [1_000, 2_000, 3_000, 4_000, 5_000, 7_000]
const LADDER_TOLERANCE_MS = 160
const LAST_REPEAT_MS = 7_000
const LEAST_SILENCE_MS = 12_000
/** A target with a full accept queue answers late: what it has accepted waits as well. */
const SLOW_MS = 1_000
const LEAST_USUAL = 8
const LONGER_THAN_A_ROLLOUT_MS = 25_000
/** The longest pause between restarts (CrashLoopBackOff). */
const LONGEST_RESTART_MS = 300_000
/** Behind a NodePort kube-proxy soon takes a pod that does not listen out: then it is ICMP, not RST. */
const LONGEST_BEHIND_NODE_PORT_MS = 60_000
/** No process goes, comes back and goes again within this time. */
const SHORTER_THAN_A_RESTART_MS = 1_500
const CONNECT_SYMPTOMS = ['connect-refused', 'connect-failed-late', 'connect-timeout', 'connect-failed'] as const

interface Attempt {
  readonly failure: number
  readonly start: number
  readonly elapsedMs: number
  readonly node: string
}

/** What happened to new connections towards one target in one stretch of time. */
interface Episode {
  readonly target: string
  readonly from: number
  readonly to: number
  readonly refused: readonly Attempt[]
  readonly late: readonly Attempt[]
  readonly timedOut: readonly Attempt[]
  readonly unknown: readonly Attempt[]
  /** Answers of this target to requests handed over inside the episode. */
  readonly answered: number
  /** Of those, requests whose hand-over waited as long as a repeated SYN. */
  readonly laddered: number
  /** Requests to this target inside the episode; undefined when its rows were not kept. */
  readonly requests: number | undefined
}

/** Causes 6, 7, 9, 13, 14, 19 and their kin: the connection to the target was not made. */
export function detectConnectFailures(group: FailureGroup, measures: Measures): Claim[] {
  const all = withSymptom(group, ...CONNECT_SYMPTOMS)
  if (all.length === 0) return []
  const claims: Claim[] = []
  for (const [target, failures] of groupByTarget(group, all)) {
    const attempts = failures.map((failure) => attemptOf(group, failure)).sort((a, b) => a.start - b.start)
    for (const part of split(attempts))
      claims.push(...judgeEpisode(group, measures, episodeOf(group, measures, target, part)))
  }
  return mergeAlike(claims)
}

function attemptOf(group: FailureGroup, failure: number): Attempt {
  const { failures } = group
  const end = failures.end[failure] as number
  const elapsed = failures.elapsedMs[failure] as number
  const start = failures.start[failure] as number
  return {
    failure,
    start: Number.isNaN(start) ? end : start,
    elapsedMs: elapsed,
    node: nodeAt(group, failure),
  }
}

function split(attempts: readonly Attempt[]): Attempt[][] {
  const parts: Attempt[][] = []
  let until = Number.NEGATIVE_INFINITY
  for (const attempt of attempts) {
    if (attempt.start > until + EPISODE_GAP_MS) parts.push([])
    parts.at(-1)?.push(attempt)
    until = Math.max(until, attempt.start + (Number.isNaN(attempt.elapsedMs) ? 0 : attempt.elapsedMs))
  }
  return parts
}

function episodeOf(group: FailureGroup, measures: Measures, target: string, attempts: readonly Attempt[]): Episode {
  const of = (symptom: string): Attempt[] => attempts.filter(({ failure }) => symptomAt(group, failure) === symptom)
  const from = attempts.reduce((low, each) => Math.min(low, each.start), Number.POSITIVE_INFINITY)
  const to = attempts.reduce((high, each) => Math.max(high, each.start), Number.NEGATIVE_INFINITY)
  const rows = measures.rowsOf(target)
  const answers = rows ? countAnswers(rows, from, to) : { answered: 0, laddered: 0, requests: undefined }
  return {
    target,
    from,
    to,
    refused: of('connect-refused'),
    late: of('connect-failed-late'),
    timedOut: of('connect-timeout'),
    unknown: of('connect-failed'),
    ...answers,
  }
}

function countAnswers(
  rows: TargetTraffic,
  from: number,
  to: number,
): { readonly answered: number; readonly laddered: number; readonly requests: number } {
  let answered = 0
  let laddered = 0
  let requests = 0
  for (let i = 0; i < rows.length; i++) {
    const start = rows.start[i] as number
    if (!(start >= from && start <= to)) continue
    requests++
    if (rows.targetStatus[i] === 0) continue
    answered++
    if (isOnLadder(rows.requestMs[i] as number)) laddered++
  }
  return { answered, laddered, requests }
}

export function isOnLadder(ms: number): boolean {
  return SYN_LADDER_MS.some((rung) => ms >= rung - 20 && ms <= rung + LADDER_TOLERANCE_MS)
}

function judgeEpisode(group: FailureGroup, measures: Measures, episode: Episode): Claim[] {
  const rollout = judgeReplaced(group, measures, episode)
  if (rollout) return rollout
  const answered = episode.refused.length + episode.late.length
  // A stray refusal among dozens of silences is no rate limit.
  const isLimit = answered >= 3 || episode.timedOut.length <= answered * 10
  if (group.isNodePort && isLimit && episode.refused.length > 0 && (episode.late.length > 0 || hasIcmpShape(episode))) {
    const rejected = judgeRejected(group, measures, episode)
    if (rejected.length > 0) return rejected
  }
  if (episode.refused.length > 0) {
    // A stray refusal beside many silences is another event: judged apart.
    const silent = { ...episode, refused: [], late: [] }
    const claims = [
      ...judgeRefused(group, measures, { ...episode, timedOut: [], late: [] }),
      ...(episode.late.length > 0 ? judgeLate(group, { ...episode, refused: [], timedOut: [] }) : []),
      ...(episode.timedOut.length > 0 ? judgeTimedOut(group, measures, silent) : []),
    ]
    // A node that passes others on, and found no host for these: its rules name a pod that is gone.
    const isGone = group.isNodePort && episode.answered > 0 && episode.late.some((each) => !isOnLadder(each.elapsedMs))
    return isGone ? claims.map((claim) => withFirst(claim, 'stale-endpoint-routing')) : claims
  }
  if (episode.late.length > 0) return judgeLate(group, episode)
  if (episode.timedOut.length > 0) return judgeTimedOut(group, measures, episode)
  return []
}

function withFirst(claim: Claim, cause: string): Claim {
  if (claim.cause !== null) return claim
  return { ...claim, candidates: [cause, ...claim.candidates.filter((each) => each !== cause)].slice(0, 4) }
}

/** Refusals at no more than the kernel's ICMP rate while other SYNs stayed unanswered in the same stretch. */
function hasIcmpShape(episode: Episode): boolean {
  const [first, last] = [episode.refused[0]?.start ?? 0, episode.refused.at(-1)?.start ?? 0]
  const during = episode.timedOut.filter(({ start }) => start >= first - 1_000 && start <= last + 1_000)
  return during.length > 0 && overIcmpBudget(episode) === undefined
}

/**
 * The (node, target) whose refusals came faster than any ICMP answers could: then it was a RST. The kernel's bucket is
 * followed answer by answer: six at most, one more every second, one gone with each answer.
 */
function overIcmpBudget(episode: Episode): { node: string; refused: number; spanMs: number; most: number } | undefined {
  let worst: { node: string; refused: number; spanMs: number; most: number; beyond: number } | undefined
  for (const [node, answers] of groupByNode([...episode.refused, ...episode.late])) {
    const moments = answers.map(answeredAt).sort((a, b) => a - b)
    let left = ICMP_BURST
    let last = moments[0] as number
    let beyond = 0
    for (const moment of moments) {
      left = Math.min(ICMP_BURST, left + ((moment - last) / 1000) * ICMP_PER_SECOND)
      last = moment
      if (left >= 0.9) left -= 1
      else beyond++
    }
    const spanMs = last - (moments[0] as number)
    const most = ICMP_BURST + Math.floor((spanMs / 1000) * ICMP_PER_SECOND)
    if (beyond >= 3 && beyond >= moments.length * 0.08 && beyond > (worst?.beyond ?? 0))
      worst = { node, refused: moments.length, spanMs, most: Math.min(most, moments.length - beyond), beyond }
  }
  return worst
}

/** When the SYN that was refused got its answer. */
function answeredAt({ start, elapsedMs }: Attempt): number {
  return start + (Number.isNaN(elapsedMs) ? 0 : elapsedMs)
}

function groupByNode(attempts: readonly Attempt[]): Map<string, Attempt[]> {
  const groups = new Map<string, Attempt[]>()
  for (const attempt of attempts) {
    const list = groups.get(attempt.node)
    if (list) list.push(attempt)
    else groups.set(attempt.node, [attempt])
  }
  return groups
}

/** Instant refusals beside late and unanswered SYNs: kube-proxy's REJECT with the kernel's ICMP rate limit. */
function judgeRejected(group: FailureGroup, measures: Measures, episode: Episode): Claim[] {
  const { refused, late, timedOut } = episode
  const answeredSyns = [...refused, ...late].sort((a, b) => a.start - b.start)
  const onLadder = late.filter(({ elapsedMs }) => isOnLadder(elapsedMs)).length
  const constantLate = isConstant(late.map(({ elapsedMs }) => elapsedMs))
  if (late.length > 0 && onLadder < late.length * 0.6 && !constantLate) return []
  // REJECT was in force from the first ICMP answer to the last one, wherever several are close together. The first SYN
  // decides: its repeats follow connection tracking to where it went. While the kernel has not answered for seconds, it
  // has answers to give, so among the first SYNs that meet REJECT some are refused at once: what began earlier did not.
  const spans = rejectSpans(answeredSyns)
  const placeOf = ({ start }: Attempt): 'rejected' | 'queued' | 'either' => {
    if (spans.some(({ from, to }) => start >= from && start <= to)) return 'rejected'
    return spans.some(
      ({ from, to, isFresh }) =>
        (start > to && start <= to + 2_500) || (start < from && start > from - (isFresh ? 700 : 2_500)),
    )
      ? 'either'
      : 'queued'
  }
  const rejected = timedOut.filter((attempt) => placeOf(attempt) === 'rejected')
  const queued = timedOut.filter((attempt) => placeOf(attempt) === 'queued')
  const either = timedOut.filter((attempt) => placeOf(attempt) === 'either')
  const budget = spans.reduce((sum, { from, to }) => sum + ICMP_BURST + (to - from) / 1000 + 1, 0)
  const nodes = groupByNode(answeredSyns)
  // A closed port answers every SYN at once: one that waits while others are refused at once did not meet a closed port.
  const waitedOf = (attempts: readonly Attempt[]): number =>
    attempts.filter(({ start }) => refused.some((each) => each.start < start - 20 && start - each.start < 10_000))
      .length
  const waited = waitedOf(late)
  // After 3 s a node also gives up a neighbour that is gone, which is no repeated SYN.
  const repeated = late.filter(({ elapsedMs }) => elapsedMs < 2_900 || elapsedMs > 3_300)
  const isRepeated = waitedOf(repeated) >= 1 || repeated.filter(({ elapsedMs }) => isOnLadder(elapsedMs)).length >= 2
  const isLikely =
    group.isNodePort &&
    overIcmpBudget(episode) === undefined &&
    refused.length >= 2 &&
    answeredSyns.length >= 4 &&
    (isRepeated || rejected.length >= 2)
  const spanText = spans
    .slice(0, 4)
    .map(({ from, to }) => `${clock(from)} to ${clock(to)}`)
    .join(', ')
  const others = [
    ...(late.length > 0 ? [`${count(late.length)} after ${rungs(late)} (a repeated SYN got its answer)`] : []),
    ...(rejected.length > 0 ? [`${count(rejected.length)} not within 10 s`] : []),
  ].join(' and ')
  const because = [
    `${plural(refused.length, 'request')} to ${episode.target} ${refused.length === 1 ? 'was' : 'were'} refused at once${others === '' ? '' : `, ${others}`}, from ${spanText}${spans.length > 4 ? ` and ${spans.length - 4} more times` : ''}`,
    `that is what kube-proxy's REJECT looks like: the node answers with ICMP, and its kernel sends at most ${ICMP_BURST} at once and then one a second to each peer (seen: at most ${count(mostOf([...nodes.values()].map((each) => each.length)))} from one load balancer node where about ${count(Math.ceil(budget))} could be)`,
    `the Service had no ready endpoint in those seconds; a NodePort does not know whether a pod is busy, only whether it is ready`,
  ]
  const claims: Claim[] = [
    {
      cause: 'service-without-endpoints',
      confidence: isLikely ? 'likely' : 'possible',
      title: 'The Service had no ready endpoint: the node refused connections to the NodePort',
      failures: [...answeredSyns, ...rejected].map(({ failure }) => failure),
      because,
      evidence: [elapsedTable(episode, rejected.length)],
      ruledOut: [
        {
          cause: 'connection-refused',
          why: `a port nobody listens on answers every SYN at once with RST; here ${plural(late.length, 'answer')} came late${waited > 0 ? ` (${count(waited)} to SYNs that were sent after others had been refused at once)` : ''} and ${plural(timedOut.length, 'connection request')} got none`,
        },
        {
          cause: 'keepalive-shorter-than-idle-timeout',
          why: 'no connection was there to be reused: the request was never handed over (request_processing_time -1)',
        },
        {
          cause: 'security-group-or-nacl-block',
          why: 'a filter that drops packets refuses nothing at once',
        },
      ],
      candidates: isLikely ? [] : ['connection-refused', 'host-unreachable'],
      decidedBy: ['request_processing_time', 'elb_status_code', 'request_creation_time', 'time'],
      numbers: {},
    },
  ]
  if (either.length > 0)
    claims.push({
      cause: null,
      confidence: null,
      title:
        'No answer within 10 s at the edge of the seconds without endpoint: the full accept queue or a silent REJECT',
      failures: either.map(({ failure }) => failure),
      because: [
        `${plural(either.length, 'connection request')} to ${episode.target} began within seconds of the moment REJECT came into force or went: the first SYN may have met a full accept queue or the ICMP rate limit, both are silent`,
      ],
      evidence: [],
      ruledOut: [
        { cause: 'target-idle-timeout', why: '10.00 s is the connect timeout; the request was never handed over' },
      ],
      candidates: ['listen-backlog-overflow', 'service-without-endpoints', 'event-loop-blocked'],
      decidedBy: ['request_creation_time', 'time'],
      numbers: {},
    })
  if (queued.length > 0)
    claims.push(
      ...judgeQueued(group, measures, { ...withSpan(episode, queued), refused: [], late: [], timedOut: queued }, spans),
    )
  return claims
}

function withSpan(episode: Episode, attempts: readonly Attempt[]): Episode {
  const starts = attempts.map(({ start }) => start)
  return {
    ...episode,
    from: starts.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    to: starts.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  }
}

interface RejectSpan {
  from: number
  to: number
  /** No answer of this kind in the seconds before: the kernel has all its six again. */
  isFresh: boolean
}

function rejectSpans(answered: readonly Attempt[]): RejectSpan[] {
  const spans: RejectSpan[] = []
  for (const attempt of [...answered].sort((a, b) => answeredAt(a) - answeredAt(b))) {
    const moment = answeredAt(attempt)
    const last = spans.at(-1)
    // One answer a second and peer is the limit, so more than 4 s without one is a gap.
    if (last && moment - last.to <= 4_000) {
      last.to = moment
      last.from = Math.min(last.from, attempt.start)
    } else
      spans.push({ from: attempt.start, to: moment, isFresh: last === undefined || attempt.start - last.to > 7_000 })
  }
  return spans
}

function rungs(late: readonly Attempt[]): string {
  if (late.length === 0) return 'some seconds'
  const steps = [...new Set(late.map(({ elapsedMs }) => Math.round(elapsedMs / 1000)))].sort((a, b) => a - b)
  return `${steps.join(', ')} s`
}

function isConstant(values: readonly number[]): boolean {
  if (values.length < 3) return false
  const middle = median(values)
  return values.filter((value) => Math.abs(value - middle) <= 150).length >= values.length * 0.8
}

/** Beginning of the latest request that the target answered: what was in flight may end long after nobody listens. */
function lastAnswered(measures: Measures, target: string): number {
  const rows = measures.rowsOf(target)
  const life = measures.targets.get(target)
  if (rows === undefined) return life?.lastSuccess ?? Number.NEGATIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  for (let i = 0; i < rows.length; i++)
    if (rows.targetStatus[i] !== 0 && (rows.start[i] as number) > last) last = rows.start[i] as number
  // Windows with failures are kept first, so a success that was not kept may be later.
  return rows.length < (life?.requests ?? 0) ? Math.max(last, life?.lastSuccess ?? last) : last
}

function hasNewcomer(measures: Measures): boolean {
  return [...measures.targets.values()].some(
    ({ firstSuccess }) => Number.isFinite(firstSuccess) && firstSuccess > measures.logStart + 5_000,
  )
}

/** It never answered again after this episode began, and the log goes on long enough to tell. */
function isGoneAfter(measures: Measures, episode: Episode): boolean {
  if (measures.logEnd - episode.from <= 8_000 || !measures.targets.has(episode.target)) return false
  return lastAnswered(measures, episode.target) < episode.from + 2_000
}

/** A pod's address that answered, failed and was replaced by a new one: the rollout did not wait for the load balancer. */
function judgeReplaced(group: FailureGroup, measures: Measures, episode: Episode): Claim[] | undefined {
  const life = measures.targets.get(episode.target)
  if (group.isNodePort || life === undefined || !isGoneAfter(measures, episode)) return undefined
  const hasAnswered = Number.isFinite(life.firstSuccess)
  const replaced = [...measures.targets].filter(
    ([target, other]) =>
      target !== episode.target &&
      Number.isFinite(other.firstSuccess) &&
      Math.abs(other.firstSuccess - episode.from) < 90_000 &&
      other.firstSuccess > measures.logStart + 5_000,
  )
  if (!hasAnswered || replaced.length === 0) return undefined
  const all = [...episode.refused, ...episode.late, ...episode.timedOut]
  const isSudden = episode.from - life.lastSuccess < 15_000
  const isSure = isSudden && episode.refused.length + episode.late.length > 0
  return [
    {
      cause: 'deregistration-race',
      confidence: isSure ? 'likely' : 'possible',
      title: 'The target stopped listening before the load balancer stopped sending to it',
      failures: all.map(({ failure }) => failure),
      because: [
        `${plural(all.length, 'connection')} to ${episode.target} failed from ${clock(episode.from)} to ${clock(episode.to)}: ${count(episode.refused.length)} refused at once, ${count(episode.late.length)} given up after ${rungs(episode.late)}, ${count(episode.timedOut.length)} not answered within 10 s`,
        `${episode.target} answered until ${clock(life.lastSuccess)} and never again`,
        `${plural(replaced.length, 'other target')} answered for the first time within 90 s of that (${replaced
          .slice(0, 2)
          .map(([target]) => target)
          .join(', ')}): a rollout`,
      ],
      evidence: [elapsedTable(episode, 0)],
      ruledOut: [
        { cause: 'connection-refused', why: 'the address did not come back: it was replaced, not restarted' },
        { cause: 'service-without-endpoints', why: 'targets are pods: no kube-proxy rule stands between' },
      ],
      candidates: isSure ? [] : ['host-unreachable', 'node-removed-before-deregistration'],
      decidedBy: ['target:port', 'request_processing_time', 'request_creation_time', 'time'],
      numbers: {},
    },
  ]
}

/** Every refusal at once, nothing late, nothing unanswered. */
function judgeRefused(group: FailureGroup, measures: Measures, episode: Episode): Claim[] {
  const over = overIcmpBudget(episode)
  const lasted = seconds(episode.to - episode.from, 1)
  const base = {
    failures: episode.refused.map(({ failure }) => failure),
    evidence: [elapsedTable(episode, 0)],
    decidedBy: ['request_processing_time', 'elb_status_code', 'request_creation_time', 'time'],
    numbers: {},
  }
  const refusedText = `${plural(episode.refused.length, 'connection')} to ${episode.target} ${episode.refused.length === 1 ? 'was' : 'were'} refused within ${Math.ceil(mostOf(episode.refused.map(({ elapsedMs }) => elapsedMs)))} ms, over ${lasted} from ${clock(episode.from)}`
  const hasAnswered = Number.isFinite(measures.targets.get(episode.target)?.firstSuccess)
  if (over || !group.isNodePort) {
    const isSure = episode.refused.length >= 3 && isRestart(group, measures, episode)
    return [
      {
        ...base,
        cause: isSure ? 'connection-refused' : null,
        confidence: isSure ? 'likely' : null,
        title: isSure
          ? 'Nothing listened on the target’s port'
          : 'The target refused the connection, or TLS to it failed at once',
        because: [
          refusedText,
          ...(isSure ? [] : [sayWhyUndecided(measures, episode)]),
          over
            ? `${count(over.refused)} refusals of one load balancer node within ${seconds(over.spanMs, 1)}: faster than ICMP may answer (at most ${count(over.most)}), so no Service without endpoints`
            : `targets are pods (no NodePort), so the refusal came from the pod itself`,
          ...(episode.requests === undefined
            ? []
            : [`${count(episode.answered)} of ${plural(episode.requests, 'request')} to it were answered meanwhile`]),
        ],
        ruledOut: [
          {
            cause: 'service-without-endpoints',
            why: over
              ? 'REJECT answers with ICMP, which the kernel limits to about one a second per peer'
              : 'no kube-proxy rule stands between the load balancer and a pod',
          },
          { cause: 'keepalive-shorter-than-idle-timeout', why: 'the request was never handed over' },
          ...(isSure
            ? [
                {
                  cause: 'target-tls-handshake-failure',
                  why: 'answers of the same target before or after show that its handshake works, if the target group has one',
                },
              ]
            : []),
        ],
        candidates: isSure ? [] : candidatesOfRefusal(measures, episode, hasAnswered),
        ...(!isSure && episode.refused.length >= 3 && (!hasAnswered || isLasting(measures, episode))
          ? { butFor: { lookAlike: 'target-tls-handshake-failure', cause: 'connection-refused' } }
          : {}),
      },
    ]
  }
  return [
    {
      ...base,
      cause: null,
      confidence: null,
      title: 'The node refused the connection at once',
      because: [
        refusedText,
        `so few that ICMP (a Service without endpoints) and RST (no listener behind the NodePort) look the same`,
      ],
      ruledOut: [{ cause: 'keepalive-shorter-than-idle-timeout', why: 'the request was never handed over' }],
      // Without any endpoint no new connection is made for as long as it lasts, so that soon all requests fail.
      candidates:
        episode.requests !== undefined &&
        episode.to - episode.from > 60_000 &&
        episode.refused.length < episode.requests * 0.2
          ? [
              'connection-refused',
              'stale-endpoint-routing',
              'service-without-endpoints',
              'target-tls-handshake-failure',
            ]
          : hasAnswered
            ? [
                'service-without-endpoints',
                'connection-refused',
                'stale-endpoint-routing',
                'target-tls-handshake-failure',
              ]
            : ['service-without-endpoints', 'connection-refused', 'target-tls-handshake-failure'],
    },
  ]
}

/**
 * RST to a SYN and a TLS handshake that fails at once are the same row. What TLS trouble does not show: a process that
 * goes and comes back, so that one stretch of refusals lies between answers, or its open connections broke as it went.
 */
function isRestart(group: FailureGroup, measures: Measures, episode: Episode): boolean {
  const lastedMs = episode.to - episode.from
  const hasDied = brokeOff(group, episode)
  const isBack = lastAnswered(measures, episode.target) > episode.to
  // What a new version cannot do, every target would show.
  if (!isBack) return hasDied && !group.isNodePort && isLasting(measures, episode) && doOthersAnswer(measures, episode)
  // Of several pods behind a NodePort one may be gone while the others answer.
  if (isInterleaved(measures, episode)) return hasDied && lastedMs <= LONGEST_BEHIND_NODE_PORT_MS
  return lastedMs <= (group.isNodePort ? LONGEST_BEHIND_NODE_PORT_MS : LONGEST_RESTART_MS)
}

/** A pod that a rollout takes away has a successor, and is taken off the list within seconds. */
function isLasting(measures: Measures, episode: Episode): boolean {
  return episode.to - episode.from >= LONGER_THAN_A_ROLLOUT_MS && !hasNewcomer(measures)
}

function doOthersAnswer(measures: Measures, { target, to }: Episode): boolean {
  return [...measures.targets].some(([other, { lastSuccess }]) => other !== target && lastSuccess > to)
}

/** Requests that the target had already taken ended without an answer as the refusals began. */
function brokeOff(group: FailureGroup, { target, from }: Episode): boolean {
  return everOnTarget(group, 'closed-before-response', target).some((i) => {
    const end = group.failures.end[i] as number
    return end >= from - 2_000 && end <= from + 2_000
  })
}

/** Answers and refusals so close to each other, again and again, that no process can have come and gone in between. */
function isInterleaved(measures: Measures, { target, refused }: Episode): boolean {
  const rows = measures.rowsOf(target)
  if (rows === undefined) return false
  const moments = refused.map(({ start }) => start).sort((a, b) => a - b)
  const answers: number[] = []
  for (let i = 0; i < rows.length; i++) if (rows.targetStatus[i] !== 0) answers.push(rows.start[i] as number)
  answers.sort((a, b) => a - b)
  let [next, between, runs] = [0, 0, 1]
  for (const [n, moment] of moments.entries()) {
    const before = moments[n - 1] ?? Number.POSITIVE_INFINITY
    const first = next
    while (next < answers.length && (answers[next] as number) < moment) next++
    // Connections that were open may be served for a moment after the port has closed.
    const inside = before < moment && before > (moments[0] as number) + 2_000 ? next - first : 0
    if (inside === 0) continue
    runs++
    if (moment - before < SHORTER_THAN_A_RESTART_MS) between++
  }
  return (between >= 2 && between >= moments.length * 0.05) || moments.length < runs * 2
}

function sayWhyUndecided(measures: Measures, episode: Episode): string {
  const answered = lastAnswered(measures, episode.target)
  const same =
    'a failed TLS handshake (target groups of protocol HTTPS only) leaves the same row as a refused connection'
  if (!Number.isFinite(answered)) return `the target never answered in this log, and ${same}`
  if (answered > episode.to) return `answers and refusals of this target are mixed or few, and ${same}`
  return `the target did not answer again, and ${same}`
}

/** An old address that falls silent is a rollout's; a handshake is in doubt where the target never made one. */
function candidatesOfRefusal(measures: Measures, episode: Episode, hasAnswered: boolean): string[] {
  const tls = 'target-tls-handshake-failure'
  if (!hasAnswered) return ['connection-refused', tls, 'deregistration-race', 'all-targets-unhealthy']
  return isGoneAfter(measures, episode)
    ? ['connection-refused', 'deregistration-race', tls, 'worker-killed-mid-request']
    : ['connection-refused', 'worker-killed-mid-request', tls, 'deregistration-race']
}

/** Refused after seconds, never at once. */
function judgeLate(group: FailureGroup, episode: Episode): Claim[] {
  const waits = episode.late.map(({ elapsedMs }) => elapsedMs)
  const middle = median(waits)
  const isNeighbour = isConstant(waits) && middle > 2_500 && middle < 3_600
  const base = {
    failures: [...episode.late, ...episode.timedOut].map(({ failure }) => failure),
    evidence: [elapsedTable(episode, 0)],
    decidedBy: ['request_processing_time', 'elb_status_code', 'request_creation_time', 'time'],
    numbers: {},
  }
  if (isNeighbour && episode.late.length >= 3)
    return [
      {
        ...base,
        cause: 'host-unreachable',
        confidence: episode.answered === 0 ? 'likely' : 'possible',
        title: 'The target’s address was not there any more',
        because: [
          `${plural(episode.late.length, 'connection')} to ${episode.target} failed after ${seconds(leastOf(waits))} to ${seconds(mostOf(waits))}: a neighbour that does not answer is given up after about 3 s`,
          `no connection was refused at once, and ${count(episode.answered)} requests to it were answered meanwhile`,
        ],
        ruledOut: [
          { cause: 'connection-refused', why: 'a host that is there refuses at once' },
          {
            cause: 'service-without-endpoints',
            why: 'its refusals come at once or at 1, 2, 3, 4, 5, 7 s, not only at 3 s',
          },
        ],
        candidates: episode.answered === 0 ? [] : ['service-without-endpoints'],
      },
    ]
  return [
    {
      ...base,
      cause: null,
      confidence: null,
      because: [
        `${plural(episode.late.length, 'connection')} to ${episode.target} failed after ${rungs(episode.late)}`,
      ],
      ruledOut: [],
      candidates: group.isNodePort
        ? [
            'service-without-endpoints',
            'host-unreachable',
            'stale-endpoint-routing',
            'node-removed-before-deregistration',
          ]
        : ['host-unreachable', 'deregistration-race', 'stale-endpoint-routing', 'node-removed-before-deregistration'],
    },
  ]
}

function judgeTimedOut(group: FailureGroup, measures: Measures, episode: Episode): Claim[] {
  return judgeQueued(group, measures, episode, [])
}

/** Connections that got no answer within 10 s. */
function judgeQueued(
  group: FailureGroup,
  measures: Measures,
  episode: Episode,
  rejectedSpans: readonly { readonly from: number; readonly to: number }[],
): Claim[] {
  const failures = episode.timedOut.map(({ failure }) => failure)
  if (failures.length === 0) return []
  const rows = measures.rowsOf(episode.target)
  const around = rows ? aroundEpisode(rows, episode) : undefined
  const base = {
    failures,
    evidence: [elapsedTable(episode, episode.timedOut.length), ...(around ? [around.evidence] : [])],
    decidedBy: ['request_processing_time', 'elb_status_code', 'request_creation_time', 'time'],
    numbers: around ? { openRequests: around.mostOpen } : {},
  }
  const said = `${plural(failures.length, 'connection')} to ${episode.target} ${failures.length === 1 ? 'was' : 'were'} not answered within 10 s`
  const isBeforeReject = rejectedSpans.some(({ from }) => from > episode.from && from - episode.to < 12_000)
  const isAlive = around !== undefined && (around.between >= 2 || (around.between >= 1 && isBeforeReject))
  // A network that loses packets, or a node without room for connections, leaves the answers as quick as they were.
  const isSlow = around !== undefined && around.slow >= 2 && around.slow >= around.answered * 0.04
  // The node itself refuses seconds later, so it was there, and what was silent was the pod behind it.
  const isNodeThere = isBeforeReject && isSlow
  if (around && ((isAlive && (isSlow || rejectedSpans.length > 0)) || isNodeThere))
    return [
      {
        ...base,
        cause: 'listen-backlog-overflow',
        confidence: 'likely',
        title: 'The accept queue of the pod was full: its kernel dropped connection requests',
        because: [
          said,
          `${plural(around.laddered, 'request')} to the same target got through only with a repeated SYN (request_processing_time on 1, 2, 3, 4, 5, 7 s) within 15 s of them, ${count(around.between)} while the repeats of others were still being lost; in the rest of the log ${count(around.ladderedElsewhere)} of ${count(around.elsewhere)} did`,
          `it was alive and behind: ${count(around.answered)} answers in that time, ${count(around.slow)} of them after a second and more, the slowest after ${seconds(around.slowestMs, 1)} (99th percentile of the whole log: ${seconds(measures.service.p99Ms)})`,
          ...(rejectedSpans.length > 0
            ? [
                'these came before or after the seconds in which the Service had no endpoint: one story in time, the app stops accepting, its queue fills, then its readiness probe fails',
              ]
            : []),
        ],
        ruledOut: [
          {
            cause: 'security-group-or-nacl-block',
            why:
              around.between > 0
                ? `a filter does not let ${plural(around.between, 'connection')} through between others that it drops`
                : `the node refused connections to the same port seconds later, so packets reached it`,
          },
          { cause: 'no-local-endpoint', why: 'the same target answered others meanwhile' },
          {
            cause: 'connection-refused',
            why: 'nothing was refused: a full accept queue drops SYNs in silence, iptables knows no load',
          },
        ],
        candidates: ['event-loop-blocked', 'worker-pool-exhausted', 'service-without-endpoints'],
      },
    ]
  // Shorter silences are what a blocked app makes too.
  const isDead =
    rejectedSpans.length === 0 &&
    episode.requests !== undefined &&
    episode.answered === 0 &&
    failures.length >= 3 &&
    episode.to - episode.from >= LEAST_SILENCE_MS
  const isOne = measures.targets.size > 1
  const isGone = isGoneAfter(measures, episode)
  // Requests on connections that were open before go into the same silence and end at the idle timeout.
  const stuck = isDead ? stuckRequests(group, episode) : []
  // A rule that drops new connections leaves those that are open alone; a node that is gone takes them along.
  // The load balancer gives a handshake 10 s as well.
  const tls = 'target-tls-handshake-failure'
  const nodeCauses =
    stuck.length > 0
      ? ['node-removed-before-deregistration', 'no-local-endpoint', 'security-group-or-nacl-block', tls]
      : ['no-local-endpoint', 'node-removed-before-deregistration', 'security-group-or-nacl-block', tls]
  const podCauses = ['security-group-or-nacl-block', 'host-unreachable', 'node-removed-before-deregistration', tls]
  const blocked = group.isNodePort ? nodeCauses : podCauses
  const byPlace = isDead
    ? blocked
    : [
        'listen-backlog-overflow',
        ...(group.isNodePort ? behindNodePort(episode, around, isSlow) : ['conntrack-table-full']),
        'security-group-or-nacl-block',
        tls,
      ]
  // AWS says 504 of a connection that is not answered; of a handshake its older page said 502, the newer one 504.
  const isBad = episode.timedOut.every(({ failure }) => group.failures.elbStatus[failure] === 502)
  const candidates = isBad ? [tls, ...byPlace.filter((cause) => cause !== tls)] : byPlace
  // Every way in, every connection, for good, and the other nodes go on: the machine went, or was cut off from all sides.
  const isMachine = group.isNodePort && isGone && stuck.length > 0 && isSeenByAll(measures, episode)
  return [
    {
      ...base,
      cause: isMachine ? 'node-removed-before-deregistration' : null,
      confidence: isMachine ? 'possible' : null,
      title: isMachine
        ? 'A node fell silent for good while it was still a registered target'
        : isDead
          ? 'The target fell silent: new connections got no answer'
          : 'The target did not answer the connection request within 10 s',
      failures: [...failures, ...stuck],
      because: [
        said,
        ...(isBad
          ? [
              'these are 502: a connection that is not answered ends in 504, so it may have been made and TLS got no answer',
            ]
          : []),
        episode.requests === undefined
          ? 'its other rows were not kept, so what it did meanwhile is unknown'
          : `of ${plural(episode.requests, 'request')} to it from ${clock(episode.from)} to ${clock(episode.to)}, ${count(episode.answered)} were answered${isDead && isOne ? '; other targets answered meanwhile' : ''}`,
        ...(stuck.length > 0
          ? [
              `${plural(stuck.length, 'request')} on connections that were open before got no answer either, until the idle timeout`,
            ]
          : []),
        ...(isDead
          ? [isGone ? 'it never answered again in this log' : `it answered again after ${clock(episode.to)}`]
          : []),
      ],
      ruledOut: [
        { cause: 'target-idle-timeout', why: '10.00 s is the connect timeout; the request was never handed over' },
        { cause: 'connection-refused', why: 'nothing was refused' },
        ...(isMachine
          ? [
              {
                cause: 'no-local-endpoint',
                why: 'its rule drops new connections only; here open ones went silent, too',
              },
            ]
          : []),
      ],
      candidates: isMachine ? ['security-group-or-nacl-block'] : candidates,
    },
  ]
}

/** No node of the load balancer reached it, and all of them reached others. */
function isSeenByAll(measures: Measures, episode: Episode): boolean {
  const nodes = new Set(episode.timedOut.map(({ node }) => node))
  return nodes.size === Math.min(measures.nodes.size, episode.timedOut.length) && doOthersAnswer(measures, episode)
}

/** Kube-proxy's refusals are what it answers for a Service without endpoints; a node without room lets some through. */
function behindNodePort(episode: Episode, around: Around | undefined, isSlow: boolean): string[] {
  const isAnswered = episode.answered >= Math.max(10, episode.timedOut.length)
  if (around !== undefined && around.answered >= 10 && around.laddered >= 2 && !isSlow)
    return ['conntrack-table-full', 'instance-connection-allowance-exceeded', 'service-without-endpoints']
  if (isAnswered && around?.laddered === 0)
    return ['snat-port-exhaustion', 'service-without-endpoints', 'conntrack-table-full']
  return ['service-without-endpoints', 'no-local-endpoint']
}

function stuckRequests(group: FailureGroup, episode: Episode): number[] {
  const { failures } = group
  return withSymptom(group, 'response-timeout').filter((i) => {
    const start = failures.start[i] as number
    return targetAt(group, i) === episode.target && start >= episode.from - 5_000 && start <= episode.to + 5_000
  })
}

interface Around {
  readonly answered: number
  readonly laddered: number
  /** Of those, connections that were made while repeats of a lost one were still to come: not the end of an outage. */
  readonly between: number
  readonly elsewhere: number
  readonly ladderedElsewhere: number
  readonly slow: number
  readonly slowestMs: number
  readonly mostOpen: number
  readonly evidence: Evidence
}

/** A route may always take a second: slow is what takes twice as long as the quick quarter of its route's answers. */
function slowerThanUsual(rows: TargetTraffic, slow: readonly number[]): number {
  const waits = new Map<number, number[]>()
  for (const i of slow) waits.set(rows.route[i] as number, [])
  for (let i = 0; i < rows.length; i++) {
    const targetMs = rows.targetMs[i] as number
    if (targetMs >= 0) waits.get(rows.route[i] as number)?.push(targetMs)
  }
  const usual = new Map<number, number>()
  for (const [route, all] of waits) {
    all.sort((a, b) => a - b)
    // Of a few answers none is usual.
    usual.set(route, all.length < LEAST_USUAL ? 0 : (all[all.length >> 2] as number))
  }
  return slow.filter((i) => (rows.targetMs[i] as number) >= 2 * (usual.get(rows.route[i] as number) as number)).length
}

/** The target's own answers from 15 s before the first lost SYN to 15 s after the last, against the rest of the log. */
function aroundEpisode(rows: TargetTraffic, episode: Episode): Around {
  const from = episode.from - 15_000
  const to = episode.to + 15_000
  const lost = episode.timedOut.map(({ start }) => start).sort((a, b) => a - b)
  const result = {
    answered: 0,
    laddered: 0,
    between: 0,
    elsewhere: 0,
    ladderedElsewhere: 0,
    slow: 0,
    slowestMs: 0,
    mostOpen: 0,
  }
  const bins = new Array<number>(11).fill(0)
  const control = new Array<number>(11).fill(0)
  const begins: number[] = []
  const ends: number[] = []
  const slow: number[] = []
  for (let i = 0; i < rows.length; i++) {
    const start = rows.start[i] as number
    const requestMs = rows.requestMs[i] as number
    if (rows.targetStatus[i] === 0 || requestMs < 0 || Number.isNaN(start)) continue
    const isIn = start >= from && start <= to
    const rung = Math.min(10, Math.floor(requestMs / 1000))
    const isLate = isOnLadder(requestMs)
    if (!isIn) {
      result.elsewhere++
      if (isLate) result.ladderedElsewhere++
      control[rung] = (control[rung] as number) + 1
      continue
    }
    result.answered++
    bins[rung] = (bins[rung] as number) + 1
    if (isLate) {
      result.laddered++
      if (isBetween(lost, start + requestMs)) result.between++
    }
    const targetMs = rows.targetMs[i] as number
    if (targetMs >= SLOW_MS) slow.push(i)
    result.slowestMs = Math.max(result.slowestMs, targetMs)
    begins.push(start + requestMs)
    ends.push(rows.end[i] as number)
  }
  result.slow = slowerThanUsual(rows, slow)
  begins.sort((a, b) => a - b)
  ends.sort((a, b) => a - b)
  let gone = 0
  for (const [n, begin] of begins.entries()) {
    while (gone < ends.length && (ends[gone] as number) <= begin) gone++
    result.mostOpen = Math.max(result.mostOpen, n + 1 - gone)
  }
  const scale = result.elsewhere === 0 ? 0 : result.answered / result.elsewhere
  return {
    ...result,
    evidence: {
      kind: 'histogram',
      id: 'connect-ladder',
      title: `Answered requests to ${episode.target} by how long the connection took`,
      unit: 's',
      label: 'answered in that time',
      edges: Array.from({ length: 12 }, (_, n) => n),
      counts: bins,
      control: {
        label: 'rest of the log, scaled',
        counts: control.map((value) => Math.round(value * scale * 10) / 10),
      },
      marks: [],
    },
  }
}

/** A SYN is repeated up to 7 s after the first: a lost one began before this moment and was repeated after it. */
function isBetween(lost: readonly number[], moment: number): boolean {
  return lost.some((start) => start < moment - 50 && start > moment - LAST_REPEAT_MS + 100)
}

function elapsedTable(episode: Episode, unanswered: number): Evidence {
  return {
    kind: 'table',
    id: 'connect-outcomes',
    title: `New connections to ${episode.target}, ${clock(episode.from)} to ${clock(episode.to)}`,
    columns: ['outcome', 'requests', 'after'],
    rows: [
      ['refused at once', episode.refused.length, '< 0.5 s'],
      ['refused late', episode.late.length, rungs(episode.late)],
      ['no answer', Math.max(unanswered, episode.timedOut.length), '10 s'],
      ['answered meanwhile', episode.answered, ''],
    ].filter(([, requests]) => requests !== 0) as (string | number)[][],
  }
}

/** One finding per cause and confidence, not one per target and episode. */
function mergeAlike(claims: readonly Claim[]): Claim[] {
  const merged = new Map<string, Claim[]>()
  for (const claim of claims) {
    const key = `${claim.cause}|${claim.confidence}|${claim.candidates.join()}|${claim.butFor?.cause}|${claim.cause === null ? claim.title : ''}`
    const list = merged.get(key)
    if (list) list.push(claim)
    else merged.set(key, [claim])
  }
  return [...merged.values()].map((alike) => {
    const sorted = [...alike].sort((a, b) => b.failures.length - a.failures.length)
    const first = sorted[0] as Claim
    if (sorted.length === 1) return first
    const failures = sorted.flatMap((claim) => claim.failures)
    const others = failures.length - first.failures.length
    return {
      ...first,
      failures,
      because: [
        ...first.because,
        `the same in ${plural(sorted.length - 1, 'further episode')} with ${plural(others, 'failure')} (${share(others, failures.length)} of this finding)`,
      ],
      evidence: sorted.flatMap((claim) => claim.evidence).slice(0, 4),
    }
  })
}
