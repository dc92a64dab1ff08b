import type { Evidence, Missing, WitnessReport } from '../core/diagnosis.ts'
import type { Confidence } from '../core/vocabulary.ts'
import { atThatTime, countsSideBySide, inSentry } from './at-that-time.ts'
import { closeByAnswers } from './close/answered.ts'
import { closeByApp } from './close/app.ts'
import { closeByCloudWatch } from './close/cloudwatch.ts'
import { closeByEvents } from './close/events.ts'
import { closeByFailOpen } from './close/fail-open.ts'
import { closeByGracePeriod } from './close/grace-period.ts'
import { keepAliveByDefault } from './close/keep-alive.ts'
import { closeByKubernetes } from './close/kubernetes.ts'
import { closeByNginx } from './close/nginx.ts'
import { closeByLocalPolicy } from './close/no-local-endpoint.ts'
import { closeByRemovedNodes } from './close/node-removed.ts'
import { closeByNodes } from './close/nodes.ts'
import { closeByUnprobedStarts } from './close/pod-starts.ts'
import { closeByProxyFlags } from './close/proxies.ts'
import { closeByReadyPods } from './close/refused-by-nodes.ts'
import { closeByStaleRules } from './close/stale-routing.ts'
import { closeByThrottling } from './close/throttling.ts'
import type { Closer, Closing } from './closing.ts'
import { areConnections } from './connect-counts.ts'
import { say } from './coverage.ts'
import { cutAnswers } from './cut-answers.ts'
import type { Joined } from './joined.ts'
import { isQuiet, LIFE_CAUSES, quietOnes } from './quiet.ts'
import { missingFrom, witnessReports } from './report-witnesses.ts'
import { symptomOf } from './subjects.ts'
import { whereSeen } from './where-seen.ts'

/** The part of a claim that witnesses may change. */
export interface ClaimLike {
  readonly cause: string | null
  readonly confidence: Confidence | null
  readonly title?: string
  readonly failures: readonly number[]
  readonly because: readonly string[]
  readonly evidence: readonly Evidence[]
  readonly ruledOut: readonly { readonly cause: string; readonly why: string }[]
  readonly candidates: readonly string[]
  readonly butFor?: { readonly lookAlike: string; readonly cause: string }
  readonly loadBalancer: string
  readonly targetGroup: string
  readonly numbers: {
    readonly timerSeconds?: number
    readonly keepAliveSeconds?: number
    readonly suspectedKeepAliveSeconds?: number
    readonly servers?: readonly string[]
  }
}

export interface WitnessedJudgement<C> {
  readonly claims: readonly C[]
  /** Failure index to its claim. */
  readonly claimOf: Int32Array
  readonly witnesses: readonly WitnessReport[]
  readonly missing: readonly Missing[]
}

/** In order of trust: what one names stays named unless a later one is surer. */
const closers: readonly Closer[] = [
  closeByNginx,
  closeByProxyFlags,
  closeByApp,
  closeByAnswers,
  closeByEvents,
  closeByKubernetes,
  closeByLocalPolicy,
  closeByRemovedNodes,
  closeByStaleRules,
  closeByUnprobedStarts,
  closeByReadyPods,
  closeByGracePeriod,
  closeByFailOpen,
  closeByNodes,
  closeByCloudWatch,
  closeByThrottling,
]

const LEAST_CANDIDATES = 2
const MOST_LOOK_ALIKES = 3

const RANK: Readonly<Record<Confidence, number>> = { certain: 3, likely: 2, possible: 1 }

/** Claims and testimony in, claims out: what a witness names is split off, everything else says where it was seen. */
export function applyWitnesses<C extends ClaimLike>(
  claims: readonly C[],
  joined: Joined,
  candidatesOf: (claim: C) => readonly string[],
): WitnessedJudgement<C> {
  const closings = closingsOf(joined)
  const out: C[] = []
  const closed = new Map<string, { claim: C; closings: Closing[] }>()
  for (const claim of claims) {
    const taken: Closing[] = []
    const rest: number[] = []
    for (const failure of claim.failures) {
      const closing = closings.get(failure)
      if (closing !== undefined && isSurer(closing, claim)) taken.push(closing)
      else rest.push(failure)
    }
    for (const closing of taken) {
      const key = `${claim.loadBalancer}|${claim.targetGroup}|${closing.cause}|${closing.confidence}`
      const known = closed.get(key)
      if (known === undefined) closed.set(key, { claim, closings: [closing] })
      else known.closings.push(closing)
    }
    for (const part of partsOf(claim, rest, joined))
      out.push(withWitnesses(claim, part, taken.length, joined, candidatesOf))
  }
  for (const { claim, closings: found } of closed.values()) out.push(closedClaim(claim, found, joined, candidatesOf))
  addCounts(out, joined)
  const claimOf = new Int32Array(joined.subjects.failures.length).fill(-1)
  for (const [index, claim] of out.entries()) for (const failure of claim.failures) claimOf[failure] = index
  return {
    claims: out,
    claimOf,
    witnesses: witnessReports(joined),
    missing: [...missingFrom(joined), ...cutAnswers(joined)],
  }
}

/** What lies beside a restart is not judged with what does not, where quiet may decide. */
function partsOf(claim: ClaimLike, failures: readonly number[], joined: Joined): (readonly number[])[] {
  if (failures.length === 0) return []
  if (claim.cause !== null || claim.numbers.suspectedKeepAliveSeconds === undefined) return [failures]
  const quiet = new Set(quietOnes(joined, failures))
  // A few beside many: a series that goes on through a restart is not made by it.
  if (quiet.size < failures.length * 0.7 || quiet.size === failures.length) return [failures]
  return [[...quiet], failures.filter((failure) => !quiet.has(failure))]
}

/** Once: with the largest finding whose answers the load balancer made, or else the largest. */
function addCounts<C extends ClaimLike>(claims: C[], joined: Joined): void {
  const counts = countsSideBySide(joined)
  if (counts === undefined) return
  const isOwn = (claim: C): boolean => symptomOf(joined.subjects, claim.failures[0] as number) !== 'target-answered'
  const order = [...claims.keys()].sort((a, b) => {
    const [one, other] = [claims[a] as C, claims[b] as C]
    return Number(isOwn(other)) - Number(isOwn(one)) || other.failures.length - one.failures.length
  })
  const at = order[0]
  if (at === undefined) return
  const claim = claims[at] as C
  claims[at] = { ...claim, because: [...claim.because, counts.because], evidence: [...claim.evidence, counts.series] }
}

function closingsOf(joined: Joined): ReadonlyMap<number, Closing> {
  const closings = new Map<number, Closing>()
  const all = Array.from({ length: joined.subjects.failures.length }, (_, i) => i)
  for (const closer of closers)
    for (const closing of closer(joined, all)) {
      const known = closings.get(closing.failure)
      if (
        known === undefined ||
        RANK[closing.confidence] > RANK[known.confidence] ||
        isReasonOf(closing, known.cause) ||
        (RANK[closing.confidence] === RANK[known.confidence] && closing.refutes?.includes(known.cause))
      )
        closings.set(closing.failure, closing)
    }
  return closings
}

const WHY_LATE = new Set([
  'event-loop-blocked',
  'worker-pool-exhausted',
  'dependency-stall',
  'cold-start-overload',
  'cpu-throttled-target',
])

/** That it came too late says what was seen from outside; whoever says why it came late says more. */
function isReasonOf(closing: Closing, cause: string): boolean {
  return cause === 'target-idle-timeout' && WHY_LATE.has(closing.cause) && closing.confidence !== 'possible'
}

function isSurer(closing: Closing, claim: ClaimLike): boolean {
  if (claim.cause === null || claim.confidence === null) return true
  if (claim.confidence !== 'certain' && closing.refutes?.includes(claim.cause)) return true
  if (closing.cause === 'target-idle-timeout' && WHY_LATE.has(claim.cause) && claim.confidence !== 'possible')
    return false
  if (isReasonOf(closing, claim.cause)) return true
  return RANK[closing.confidence] > RANK[claim.confidence]
}

function withWitnesses<C extends ClaimLike>(
  claim: C,
  failures: readonly number[],
  gone: number,
  joined: Joined,
  candidatesOf: (claim: C) => readonly string[],
): C {
  const seen = whereSeen(joined, failures)
  // What the load balancer's log says first, then the witnesses: reports show only the first sentences.
  const [own, ...more] = claim.because
  const because = [...(own === undefined ? [] : [own]), ...byWitnesses(seen.because, joined, failures), ...more]
  if (gone > 0) because.push(`a witness names the cause of ${say(gone)} more of these: they are findings of their own`)
  const ruled = [
    ...(claim.cause === null ? [...ruledOutBy(seen, joined, failures), ...ruledOutByCounts(joined, failures)] : []),
    ...(claim.confidence === 'likely' || claim.confidence === 'certain' ? [] : ruledOutByQuiet(joined, failures)),
  ].filter((each) => each.cause !== claim.cause)
  const candidates = candidatesOf(claim)
  const left = candidates.filter((cause) => !ruled.some((each) => each.cause === cause))
  const { butFor } = claim
  const byDefault =
    claim.cause === null && seen.isAbsentFromApp ? keepAliveByDefault(claim, left, joined, failures) : undefined
  const isButFor = butFor !== undefined && ruled.some((each) => each.cause === butFor.lookAlike)
  if (byDefault !== undefined || isButFor) {
    const { title: _, ...untitled } = claim
    return {
      ...(untitled as C),
      cause: byDefault?.cause ?? butFor?.cause ?? null,
      confidence: 'likely',
      failures,
      because: byDefault ? [byDefault.because, ...because] : because,
      evidence: seen.evidence ? [...claim.evidence, seen.evidence] : claim.evidence,
      candidates: [],
      ruledOut: [...claim.ruledOut, ...ruled.filter((each) => candidates.includes(each.cause))],
      ...(byDefault ? { numbers: byDefault.numbers } : {}),
    }
  }
  // Silence of a witness rules out only as long as something else explains the failure: one candidate that is left over
  // by elimination would be named by nobody.
  if (claim.cause === null && left.length < LEAST_CANDIDATES && candidates.length - left.length >= 2)
    return {
      ...claim,
      failures,
      because,
      evidence: seen.evidence ? [...claim.evidence, seen.evidence] : claim.evidence,
    }
  return {
    ...claim,
    failures,
    because,
    evidence: seen.evidence ? [...claim.evidence, seen.evidence] : claim.evidence,
    // What nobody is left to dispute is likely; but of an undetermined claim something must stay possible.
    ...(left.length < candidates.length && (left.length > 0 || claim.cause !== null)
      ? {
          candidates: left,
          ...(left.length === 0 && claim.confidence === 'possible' ? { confidence: 'likely' as const } : {}),
          ruledOut: [...claim.ruledOut, ...ruled.filter((each) => candidates.includes(each.cause))],
        }
      : {}),
  }
}

/** The app's log and both Sentries are one sentence: together they are the riddle these incidents begin with. */
function byWitnesses(because: readonly string[], joined: Joined, failures: readonly number[]): string[] {
  const sentry = inSentry(joined, failures)
  const last = because.at(-1)
  const logs =
    sentry === undefined ? because : [...because.slice(0, -1), last === undefined ? sentry : `${last}; ${sentry}`]
  return [...logs, ...atThatTime(joined, failures)]
}

function ruledOutByCounts(joined: Joined, failures: readonly number[]): { cause: string; why: string }[] {
  const isSaid = failures.every((failure) => {
    const counted = joined.metrics.connects.get(failure)
    return counted !== undefined && areConnections(counted)
  })
  if (!isSaid) return []
  const why = 'CloudWatch counts them in TargetConnectionErrorCount and no TargetTLSNegotiationErrorCount'
  return [{ cause: 'target-tls-handshake-failure', why }]
}

function ruledOutByQuiet(joined: Joined, failures: readonly number[]): { cause: string; why: string }[] {
  if (!isQuiet(joined, failures)) return []
  const why = 'the witnesses show what starts, stops and reloads, and nothing did within 10 s of any of these'
  return LIFE_CAUSES.map((cause) => ({ cause, why }))
}

/**
 * The app answered well and its answer did not get through. Not `malformed-response` and
 * `content-length-mismatch`: access lines are written when an answer ends, and a handler that closes its socket instead leaves
 * none (lab: closed-without-response, content-length-mismatch).
 */
const AFTER_AN_ANSWER = ['response-headers-too-large']
/** The request never got as far as the app. */
const BEFORE_THE_APP = [
  'keepalive-shorter-than-idle-timeout',
  'event-loop-stall-resets-idle-connections',
  'proxy-sheds-idle-connections',
  'proxy-reload-closes-connections',
  'deregistration-race',
  'idle-flow-expired',
]

function ruledOutBy(
  seen: { readonly isAbsentFromApp: boolean; readonly isAnsweredByApp: boolean },
  joined: Joined,
  failures: readonly number[],
): { cause: string; why: string }[] {
  if (!failures.every((failure) => symptomOf(joined.subjects, failure) === 'closed-before-response')) return []
  if (seen.isAbsentFromApp)
    return AFTER_AN_ANSWER.map((cause) => ({
      cause,
      why: "the app's log covers these requests and has no answer to them",
    }))
  if (seen.isAnsweredByApp)
    return BEFORE_THE_APP.map((cause) => ({ cause, why: "the app's log has every one of these requests, answered" }))
  return []
}

function closedClaim<C extends ClaimLike>(
  claim: C,
  closings: readonly Closing[],
  joined: Joined,
  candidatesOf: (claim: C) => readonly string[],
): C {
  const failures = closings.map((closing) => closing.failure)
  const reasons = new Map<string, number>()
  const timers: number[] = []
  for (const { because, timerSeconds } of closings) {
    reasons.set(because, (reasons.get(because) ?? 0) + 1)
    if (timerSeconds !== undefined) timers.push(timerSeconds)
  }
  const seen = whereSeen(joined, failures)
  const first = closings[0] as Closing
  // What is only possible has rivals: without a word of the witness those that the log left.
  const lookAlikes = (): string[] => {
    const ruled = [...ruledOutBy(seen, joined, failures), ...ruledOutByQuiet(joined, failures)]
    return candidatesOf(claim)
      .filter((cause) => cause !== first.cause && !ruled.some((each) => each.cause === cause))
      .slice(0, MOST_LOOK_ALIKES)
  }
  const { title: _, ...untitled } = claim
  timers.sort((a, b) => a - b)
  const timer = timers[Math.floor(timers.length / 2)]
  return {
    ...(untitled as C),
    ...(first.title === undefined ? {} : { title: first.title }),
    cause: first.cause,
    confidence: first.confidence,
    failures,
    because: [
      ...[...reasons]
        .sort((a, b) => b[1] - a[1])
        .slice(0, 4)
        .map(([reason, count]) => `${say(count)} of ${say(failures.length)}: ${reason}`),
      ...byWitnesses(seen.because, joined, failures),
    ],
    evidence: seen.evidence ? [seen.evidence] : [],
    ruledOut: [],
    candidates: first.confidence === 'possible' ? (first.candidates ?? lookAlikes()) : [],
    numbers: timer === undefined ? {} : { timerSeconds: timer },
  }
}
