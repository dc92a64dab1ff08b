import { formatCount } from '../../core/format-count.ts'
import type { Closing } from '../closing.ts'
import { eventsOf, eventsWithin } from '../events-within.ts'
import type { Joined } from '../joined.ts'
import { type OnTheWay, onTheWay } from '../nodes.ts'
import { byTargetGroup, flowOf, groupKey, type Subjects, symptomOf, targetOf } from '../subjects.ts'
import type { EventKind, LifeEvent } from '../testimony.ts'
import { atLeast } from './events.ts'

/** The kernel prints ten such lines in five seconds and keeps the others to itself. */
const QUIET_MS = 5_000
/** Clocks differ a little. */
const SLACK_MS = 2_000
/** So improbable must it be that as many lie near such an event by chance. */
const MOST_BY_CHANCE = { likely: 0.02, possible: 0.2 } as const
/** A connect timeout has lost the first SYN and at least the repeats after 1, 3 and 7 s. */
const LEAST_PACKETS = 3
/** ... and at most those after 1, 2, 3, 4, 5 and 7 s; others of them got through in the end. */
const ACCOUNTED_PACKETS = 12
/** Where far more packets were lost than timeouts explain, their repeats got through. */
const MOST_PACKETS = 50

const NEARLY_ALL = 0.9
/** Fewer numbers agree by chance. */
const LEAST_ACCOUNTED = 5

const SYN_FLOOD: ReadonlySet<EventKind> = new Set(['syn-flood'])
const COUNTED: readonly EventKind[] = ['conntrack-full', 'allowance-exceeded', 'insert-failed']

/** New connections that a node dropped: its kernel's log or its counters say so, at the time of the SYNs. */
export function closeByNodes(joined: Joined, failures: readonly number[]): Closing[] {
  const closings = new Map<number, Closing>()
  const timeouts = failures.filter((failure) => symptomOf(joined.subjects, failure) === 'connect-timeout')
  for (const lost of byTargetGroup(joined.subjects, timeouts))
    for (const kind of COUNTED) {
      const nodes = byNode(joined, kind)
      const found = nodes.flatMap((events) => judgeNode(joined, events, lost, nodes.length))
      // The node that a connection went to goes before the one that it may have been sent on to.
      for (const { way, ...closing } of found.sort((a, b) => Number(b.way === 'yes') - Number(a.way === 'yes')))
        if (!closings.has(closing.failure)) closings.set(closing.failure, closing)
    }
  for (const failure of failures) {
    const closing = closings.has(failure) ? undefined : afterFlood(joined, failure)
    if (closing) closings.set(failure, closing)
  }
  return [...closings.values()]
}

function byNode({ events }: Joined, kind: EventKind): LifeEvent[][] {
  const nodes = new Map<string, LifeEvent[]>()
  for (const event of events) {
    if (event.kind !== kind) continue
    const known = nodes.get(event.who)
    if (known === undefined) nodes.set(event.who, [event])
    else known.push(event)
  }
  return [...nodes.values()]
}

function judgeNode(
  joined: Joined,
  events: readonly LifeEvent[],
  lost: readonly number[],
  nodes: number,
): (Closing & { readonly way: OnTheWay })[] {
  const { subjects } = joined
  const [event] = events as [LifeEvent]
  // Of many failures, by target group, and healthy requests few have another target.
  const ways = new Map<string, OnTheWay>()
  const wayOf = (subject: number): OnTheWay => {
    const key = `${subject < subjects.failures.length ? groupKey(flowOf(subjects, subject)) : ''} ${targetOf(subjects, subject)}`
    const way = ways.get(key) ?? onTheWay(joined, event, subject)
    ways.set(key, way)
    // The source port is the first node's: what it sends on keeps it.
    return way === 'perhaps' && event.kind === 'insert-failed' ? 'no' : way
  }
  const isNear = nearTo(events)
  const atThatTime = lost.filter((failure) => isNear(subjects.start[failure] as number))
  const near = atThatTime.filter((failure) => wayOf(failure) !== 'no')
  if (near.length === 0) return []
  const cause = causeOf(events, subjects, near)
  if (cause === undefined) return []
  const controls = controlsOf(joined, lost[0] as number)
  const healthyNear = controls.filter((control) => isNear(subjects.start[control] as number))
  const mine = lost.filter((failure) => wayOf(failure) !== 'no')
  const byTime = atLeast(
    secondsOf(subjects, near),
    secondsOf(subjects, mine),
    (healthyNear.length + 1) / (controls.length + 2),
  )
  // A log that lies within the incident has no other time to compare with, but it may have another node.
  const isHere = (subject: number): boolean => wayOf(subject) === 'yes'
  const byPlace = atLeast(
    secondsHere(subjects, atThatTime, isHere),
    secondsOf(subjects, atThatTime),
    (healthyNear.filter(isHere).length + 1) / (healthyNear.length + 2),
  )
  // Of many nodes one looks guilty by chance.
  const chance = 2 * nodes * Math.min(byTime, byPlace)
  const isKnown = near.some((failure) => wayOf(failure) !== 'unknown')
  if (!isKnown && chance > MOST_BY_CHANCE.possible) return []
  const isSure = cause.isAccounted || chance <= MOST_BY_CHANCE.likely
  const share = controls.length === 0 ? 1 : healthyNear.length / controls.length
  const control = cause.isAccounted
    ? `about as many as ${formatCount(near.length)} such connections lose with their repeats, and hardly any at another time`
    : `of the healthy requests ${Math.round(share * 100)} % are that near to it`
  const unknown = isKnown ? '' : `; no list of nodes or pods says which targets are on ${event.who || 'that node'}`
  const because = `${sayNode(event)} ${cause.says} as its first SYN was sent; ${control}${unknown}`
  return near.map((failure) => {
    const way = wayOf(failure)
    // A busy minute fills tables and queues alike, and through another node most connections go to other pods.
    const isLikely = way === 'yes' && cause.isDirect && isSure
    return {
      failure,
      cause: cause.id,
      confidence: isLikely ? 'likely' : 'possible',
      because,
      // Packets that the node itself counts as dropped did not get as far as the pod.
      refutes: isLikely ? ['listen-backlog-overflow'] : [],
      way,
    }
  })
}

interface NodeCause {
  readonly id: string
  readonly says: string
  /** What it says is that packets of new connections were dropped, no more and no less. */
  readonly isDirect: boolean
  /** So many packets, at these times and at no other, as these connections lost. */
  readonly isAccounted: boolean
}

/** The same words for all failures: what differs from event to event is summed up. */
function causeOf(events: readonly LifeEvent[], subjects: Subjects, near: readonly number[]): NodeCause | undefined {
  const [{ kind, text }] = events as [LifeEvent]
  if (kind === 'conntrack-full')
    return { id: 'conntrack-table-full', says: `says "${text}"`, isDirect: true, isAccounted: false }
  const { start, end, logWindow } = subjects
  const within = eventsWithin(events)
  const packets = sumOf([
    ...new Set(near.flatMap((failure) => within(start[failure] as number, end[failure] as number))),
  ])
  const ofLog = sumOf(events.filter(({ timeMs, lastMs }) => lastMs >= logWindow.start && timeMs <= logWindow.end))
  // Each of these connections lost all its SYNs: fewer packets than that are not the whole story.
  const isEnough = packets >= near.length * LEAST_PACKETS
  const isAccounted =
    isEnough &&
    near.length >= LEAST_ACCOUNTED &&
    packets <= near.length * ACCOUNTED_PACKETS &&
    packets >= ofLog * NEARLY_ALL
  const says = `counts ${formatCount(packets)} packets more in ${text.replace(/ grew$/, '')}`
  if (kind === 'allowance-exceeded') {
    const isDirect = isEnough && text.startsWith('conntrack')
    return { id: 'instance-connection-allowance-exceeded', says, isDirect, isAccounted }
  }
  if (!isEnough) return undefined
  return packets > near.length * MOST_PACKETS
    ? {
        id: 'snat-port-race',
        says: `${says}, most of whose repeats must have got through,`,
        isDirect: false,
        isAccounted,
      }
    : { id: 'snat-port-exhaustion', says, isDirect: true, isAccounted }
}

function sumOf(events: readonly LifeEvent[]): number {
  return events.reduce((sum, { count }) => sum + count, 0)
}

/** `events` are of one kind. */
function nearTo(events: readonly LifeEvent[]): (startMs: number) => boolean {
  const within = eventsWithin(events)
  const quietMs = events[0]?.kind === 'conntrack-full' ? QUIET_MS : SLACK_MS
  return (startMs) => within(startMs - quietMs, startMs + SLACK_MS).length > 0
}

/** Healthy requests of the same target group, as subjects. */
function controlsOf({ subjects }: Joined, failure: number): number[] {
  const key = groupKey(flowOf(subjects, failure))
  return subjects.controls.flatMap(({ target }, n) =>
    (subjects.groupsOfTarget.get(target)?.has(key) ?? true) ? [subjects.failures.length + n] : [],
  )
}

/** Failures of one second are one coincidence, not many. */
function secondsOf({ start }: Subjects, failures: readonly number[]): number {
  return new Set(failures.map((failure) => Math.floor((start[failure] as number) / 1000))).size
}

/** Of a second in which half of the failures went here, half. */
function secondsHere({ start }: Subjects, failures: readonly number[], isHere: (failure: number) => boolean): number {
  const seconds = new Map<number, { all: number; here: number }>()
  for (const failure of failures) {
    const second = Math.floor((start[failure] as number) / 1000)
    const known = seconds.get(second) ?? { all: 0, here: 0 }
    seconds.set(second, known)
    known.all++
    if (isHere(failure)) known.here++
  }
  let sum = 0
  for (const { all, here } of seconds.values()) sum += here / all
  return Math.floor(sum)
}

/** Said once in the life of a listening socket, when SYNs come faster than it is emptied. */
function afterFlood(joined: Joined, failure: number): Closing | undefined {
  if (symptomOf(joined.subjects, failure) !== 'connect-timeout') return undefined
  const startMs = joined.subjects.start[failure] as number
  const flood = eventsOf(joined, SYN_FLOOD)(startMs - 60_000, startMs + SLACK_MS).find(
    (event) => onTheWay(joined, event, failure) !== 'no',
  )
  if (flood === undefined) return undefined
  return {
    failure,
    cause: 'listen-backlog-overflow',
    confidence: 'possible',
    because: `${sayNode(flood)} said "${flood.text.slice(0, 90)}" in the minute before: the queue of that port had been full`,
  }
}

function sayNode({ who, kind }: LifeEvent): string {
  const what = kind === 'conntrack-full' || kind === 'syn-flood' ? 'the kernel' : 'the node'
  return who === '' ? what : what === 'the node' ? who : `the kernel of ${who}`
}
