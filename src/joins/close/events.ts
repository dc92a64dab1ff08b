import type { Confidence, Symptom } from '../../core/vocabulary.ts'
import type { Closing } from '../closing.ts'
import { eventsWithin } from '../events-within.ts'
import { concerns, hitsBy, type Joined } from '../joined.ts'
import { byTargetGroup, flowOf, groupKey, symptomOf } from '../subjects.ts'
import type { EventKind, Hit, LifeEvent } from '../testimony.ts'

interface EventRule {
  readonly kinds: readonly EventKind[]
  readonly cause: string
  /** The failure's end lies between the event's time less `beforeMs` and its time plus `afterMs`. */
  readonly beforeMs: number
  readonly afterMs: number
  /** Which failures it may be about; absent: connections that were lost with a request on them. */
  readonly symptom?: Symptom
  readonly status?: number
  /** The event is about an answer, so one in the app's log speaks for it. */
  readonly isOfAnswer?: true
}

/** What happened to a process at that second. Surest first; of two windows for one cause the narrow one. */
const RULES: readonly EventRule[] = [
  { kinds: ['worker-timeout'], cause: 'worker-timeout', beforeMs: 1_500, afterMs: 3_000 },
  { kinds: ['liveness-kill'], cause: 'liveness-probe-kills-busy-pod', beforeMs: 2_000, afterMs: 35_000 },
  {
    kinds: ['out-of-memory', 'crashed', 'worker-killed'],
    cause: 'worker-killed-mid-request',
    beforeMs: 1_500,
    afterMs: 2_000,
  },
  { kinds: ['wrong-length'], cause: 'content-length-mismatch', beforeMs: 300, afterMs: 500, isOfAnswer: true },
  // Where workers end every few seconds, most requests are near to one; their connections go at once.
  { kinds: ['worker-recycled'], cause: 'worker-recycling', beforeMs: 300, afterMs: 300 },
  { kinds: ['worker-recycled'], cause: 'worker-recycling', beforeMs: 500, afterMs: 2_000 },
  {
    kinds: ['limit-reached'],
    cause: 'admission-limit-rejected',
    beforeMs: 300,
    afterMs: 300,
    symptom: 'target-answered',
    status: 503,
  },
  { kinds: ['no-connections'], cause: 'proxy-sheds-idle-connections', beforeMs: 2_000, afterMs: 2_000 },
  { kinds: ['reload'], cause: 'proxy-reload-closes-connections', beforeMs: 1_000, afterMs: 3_000 },
]

/** So improbable must it be that as many failures lie near such events by chance. */
const MOST_BY_CHANCE = { likely: 0.02, possible: 0.2 } as const

/** Process ends, restarts and reloads beside connections that closed before the answer. */
export function closeByEvents(joined: Joined, failures: readonly number[]): Closing[] {
  const closings = new Map<number, Closing>()
  for (const rule of RULES) {
    const events = joined.events.filter((event) => rule.kinds.includes(event.kind))
    if (events.length === 0) continue
    for (const lost of groupsOf(joined, failures, rule))
      for (const closing of applyRule(joined, rule, events, lost)) {
        const known = closings.get(closing.failure)
        if (known === undefined || (known.cause === closing.cause && known.confidence === 'possible'))
          closings.set(closing.failure, closing)
      }
  }
  return [...closings.values()]
}

/** The failures that a rule may be about, by target group. */
function groupsOf(
  joined: Joined,
  failures: readonly number[],
  { symptom = 'closed-before-response', status }: EventRule,
): number[][] {
  const { subjects } = joined
  const mine = failures.filter(
    (failure) =>
      symptomOf(subjects, failure) === symptom &&
      (status === undefined || subjects.failures.elbStatus[failure] === status),
  )
  return byTargetGroup(subjects, mine)
}

function applyRule(joined: Joined, rule: EventRule, all: readonly LifeEvent[], lost: readonly number[]): Closing[] {
  const { subjects } = joined
  const eventsAt = eventsNear(
    all.filter((event) => concerns(joined, event, lost[0] as number) !== 'no' || event.addresses.length > 0),
    rule,
  )
  const near: { failure: number; event: LifeEvent; isOurs: boolean }[] = []
  for (const failure of lost) {
    const end = subjects.end[failure] as number
    for (const event of eventsAt(end)) {
      const concern = concerns(joined, event, failure)
      if (concern === 'no') continue
      near.push({ failure, event, isOurs: concern === 'yes' })
      break
    }
  }
  if (near.length === 0) return []
  const key = groupKey(flowOf(subjects, lost[0] as number))
  const controls = subjects.controls.filter((control) => subjects.groupsOfTarget.get(control.target)?.has(key) ?? true)
  const healthyNear = controls.filter((control) => eventsAt(control.end).length > 0).length
  // With few healthy requests nobody knows how often they are near.
  const byChance = (healthyNear + 1) / (controls.length + 2)
  const isNear = new Set(near.map(({ failure }) => failure))
  const chance = atLeast(secondsOf(subjects.end, [...isNear]), secondsOf(subjects.end, lost), byChance)
  const closings: Closing[] = []
  for (const { failure, event, isOurs } of near) {
    // The app answered this one itself: whatever happened beside it did not lose it.
    if (!rule.isOfAnswer && hitsBy(joined, failure, 'app').some((hit) => isAnswer(hit, rule))) continue
    const confidence = confidenceOf(chance, isOurs)
    if (confidence === undefined) continue
    closings.push({
      failure,
      cause: rule.cause,
      confidence,
      because: `within ${Math.max(rule.beforeMs, rule.afterMs) / 1000} s of "${shorten(event)}"${event.who === '' ? '' : ` (${event.who})`}; of the healthy requests ${percent(controls.length === 0 ? 1 : healthyNear / controls.length)} are that near to such an event`,
    })
  }
  return closings
}

/** 503 in the app's log is the app's own; below 500 it answered. */
function isAnswer({ row }: Hit, { status }: EventRule): boolean {
  return row.status !== undefined && (row.status < 500 || row.status === status)
}

/** An event of somebody who may have nothing to do with this load balancer proves nothing. */
function confidenceOf(chance: number, isOurs: boolean): Confidence | undefined {
  if (chance <= MOST_BY_CHANCE.likely) return isOurs ? 'likely' : 'possible'
  return chance <= MOST_BY_CHANCE.possible ? 'possible' : undefined
}

/** Failures of one second are one coincidence, not many. */
function secondsOf(end: Float64Array, failures: readonly number[]): number {
  return new Set(failures.map((failure) => Math.floor((end[failure] as number) / 1000))).size
}

/** How probable it is that at least `hits` of `tries` succeed, each with probability `share`. */
export function atLeast(hits: number, tries: number, share: number): number {
  if (hits <= 0) return 1
  if (share <= 0) return 0
  if (share >= 1) return 1
  let log = tries * Math.log1p(-share)
  let below = 0
  for (let i = 0; i < hits; i++) {
    below += Math.exp(log)
    log += Math.log((tries - i) / (i + 1)) + Math.log(share) - Math.log1p(-share)
  }
  return Math.max(0, 1 - below)
}

function eventsNear(events: readonly LifeEvent[], { beforeMs, afterMs }: EventRule): (end: number) => LifeEvent[] {
  const within = eventsWithin(events)
  return (end) =>
    within(end - afterMs, end + beforeMs).filter(
      // Repeated events have two times and nothing in between.
      ({ count, timeMs, lastMs }) => !(count > 1 && end > timeMs + afterMs && end < lastMs - beforeMs),
    )
}

function shorten({ text }: LifeEvent): string {
  const plain = text
    .replace(/\(pid: ?\d+\)/, '')
    .replace(/\bpid:? ?\d+/, 'pid ...')
    .trim()
  return plain.length > 120 ? `${plain.slice(0, 117)}...` : plain
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`
}
