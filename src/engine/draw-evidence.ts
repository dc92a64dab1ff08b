import type { Evidence, SettingValue } from '../core/diagnosis.ts'
import { sortTimes } from '../core/sort-times.ts'
import { formatMicroseconds } from '../core/timestamp.ts'
import type { Symptom } from '../core/vocabulary.ts'
import { countHealthy, elapsedHistogram, type FineCounts } from '../evidence/elapsed-histogram.ts'
import type { TargetRows } from '../evidence/kept-traffic.ts'
import { openAtArrival } from '../evidence/open-at-arrival.ts'
import { findPeriod } from '../evidence/period.ts'
import {
  F_FIRST_END,
  F_FIRST_SUCCESS,
  F_LAST_END,
  F_LAST_SUCCESS,
  F_REQUESTS,
  flowFigure,
} from '../evidence/traffic-tally.ts'
import { flowOf, type Incident, symptomOf, targetKey } from './incident.ts'
import type { JudgedClaim } from './judge.ts'

/** Causes that a full target explains: the open requests at arrival tell for or against them. */
const ofLoad = new Set([
  'listen-backlog-overflow',
  'worker-pool-exhausted',
  'event-loop-blocked',
  'admission-limit-rejected',
  'cold-start-overload',
  'cpu-throttled-target',
])

/** Causes of targets that come or go. */
const ofLifetime = new Set([
  'deregistration-race',
  'deregistration-delay-exceeded',
  'shutdown-drops-in-flight',
  'node-removed-before-deregistration',
  'stale-endpoint-routing',
  'connection-refused',
  'host-unreachable',
  'cold-start-overload',
  'all-targets-unhealthy',
])

const MOST_LIVES = 40
/** Failures this close are one event. */
const ONE_EVENT_MS = 1_000
const LEAST_EVENTS = 6
const MOST_EVENTS = 60
const SHORTEST_PERIOD_S = 4
const LEAST_SURPRISE = 3
const CONNECT_TIMEOUT_SECONDS = 10

/**
 * The drawings that belong to a claim whatever detector or witness made it: how long its failures took, what the target
 * held when they came, and when each target lived. The detectors' own evidence stands before them.
 */
export function drawEvidence(incident: Incident, claim: JudgedClaim, idle: SettingValue | undefined): Evidence[] {
  const has = (id: string): boolean => claim.evidence.some((evidence) => evidence.id === id)
  const named = [...(claim.cause === null ? [] : [claim.cause]), ...claim.candidates]
  const drawings: (Evidence | undefined)[] = []
  if (!has('elapsed')) drawings.push(drawElapsed(incident, claim, idle))
  if (!has('open-requests') && named.some((cause) => ofLoad.has(cause)))
    drawings.push(drawOpenRequests(incident, claim))
  if (!has('lifelines') && named.some((cause) => ofLifetime.has(cause))) drawings.push(drawLifelines(incident, claim))
  if (!has('period')) drawings.push(countPeriod(incident, claim))
  return drawings.filter((drawing) => drawing !== undefined)
}

function drawElapsed(incident: Incident, claim: JudgedClaim, idle: SettingValue | undefined): Evidence | undefined {
  const { failures } = incident
  const shape = elapsedHistogram(
    claim.failures.map((i) => failures.elapsedMs[i] as number),
    healthyOf(incident, claim),
  )
  if (!shape) return undefined
  const has = (symptom: Symptom): boolean => claim.failures.some((i) => symptomOf(incident, i) === symptom)
  const known = [
    ...(has('connect-timeout') ? [{ at: CONNECT_TIMEOUT_SECONDS, label: 'connect timeout 10 s' }] : []),
    ...(has('response-timeout') && idle ? [{ at: idle.value, label: `idle timeout ${idle.value} s` }] : []),
  ].filter(({ at }) => claim.failures.some((i) => isNear((failures.elapsedMs[i] as number) / 1000, at)))
  const others = shape.timers
    .filter((seconds) => !known.some(({ at }) => isNear(seconds, at)))
    .map((seconds) => ({
      at: seconds,
      label: has('client-left') ? `the client's timeout, ${tidy(seconds)} s` : `a timer of ${tidy(seconds)} s`,
    }))
  return {
    kind: 'histogram',
    id: 'elapsed',
    title: 'How long the failures took',
    unit: 's',
    edges: shape.edges,
    counts: shape.counts,
    control: shape.control ? { label: 'healthy requests, scaled', counts: shape.control } : null,
    marks: [...known, ...others].sort((a, b) => a.at - b.at),
  }
}

/** Events that come by a clock. No cause follows from it alone: reloads, jobs, deploys and polling clients all have one. */
function countPeriod({ failures }: Incident, claim: JudgedClaim): Evidence | undefined {
  const events = eventsOf(failures.end, claim.failures)
  if (events.length < LEAST_EVENTS || events.length > MOST_EVENTS) return undefined
  const found = findPeriod([events], SHORTEST_PERIOD_S)
  if (found === undefined || found.surprise < LEAST_SURPRISE) return undefined
  return {
    kind: 'count',
    id: 'period',
    title: `Events that come every ${tidy(Math.round(found.period * 10) / 10)} s, by chance less than once in 10^${Math.floor(found.surprise)}`,
    value: found.isOnBeat.flat().filter((is) => is).length,
    of: events.length,
    unit: 'events',
    control: {
      label: `expected by chance within ${Math.round(found.within * 100)} % of that period`,
      value: Math.round(events.length * found.within * 10) / 10,
      of: events.length,
    },
  }
}

/** Seconds since the first, one more than are wanted at most. */
function eventsOf(end: Float64Array, claimed: readonly number[]): number[] {
  const times = new Float64Array(claimed.length)
  for (let n = 0; n < claimed.length; n++) times[n] = end[claimed[n] as number] as number
  sortTimes(times)
  const events: number[] = []
  let last = Number.NEGATIVE_INFINITY
  for (let n = 0; n < times.length && events.length <= MOST_EVENTS; n++) {
    const time = times[n] as number
    if (time - last > ONE_EVENT_MS) events.push((time - (times[0] as number)) / 1_000)
    last = time
  }
  return events
}

function isNear(seconds: number, timer: number): boolean {
  return Math.abs(seconds - timer) <= Math.max(0.25, timer * 0.02)
}

const known = new WeakMap<Incident, Map<string, FineCounts>>()

/** Elapsed times of a group's healthy requests: counted once, however many findings the group has. */
function healthyOf(incident: Incident, claim: JudgedClaim): FineCounts {
  const byGroup = known.get(incident) ?? new Map<string, FineCounts>()
  known.set(incident, byGroup)
  const group = `${claim.loadBalancer}|${claim.targetGroup}`
  const counts = byGroup.get(group) ?? countHealthy(targetsOf(incident, claim).map(([, rows]) => rows))
  byGroup.set(group, counts)
  return counts
}

function drawOpenRequests(incident: Incident, claim: JudgedClaim): Evidence | undefined {
  const { failures, kept } = incident
  const failedAt = new Map<string, number[]>()
  for (const i of claim.failures) {
    const key = targetKey(flowOf(incident, i))
    const list = failedAt.get(key)
    if (list) list.push(failures.start[i] as number)
    else failedAt.set(key, [failures.start[i] as number])
  }
  const shape = openAtArrival(
    targetsOf(incident, claim).flatMap(([key, rows]) => {
      const times = failedAt.get(key)
      return times ? [{ rows, failedAt: times }] : []
    }),
    kept.lost,
  )
  if (!shape) return undefined
  const { knee } = shape
  return {
    kind: 'histogram',
    id: 'open-requests',
    title: 'Open requests on the target when a request came',
    unit: 'open requests',
    edges: shape.edges,
    counts: shape.counts,
    control: { label: 'answered requests, scaled', counts: shape.control },
    marks: knee
      ? [
          {
            at: knee.from,
            label: `${knee.from} or more: ${percent(knee.failedShare)} of failures, ${percent(knee.answeredShare)} of answered`,
          },
        ]
      : [],
  }
}

/** When each target of the group was seen and answered; nothing when all of them answered the whole time. */
function drawLifelines(incident: Incident, claim: JudgedClaim): Evidence | undefined {
  const { registry, tally } = incident
  const lives = new Map<string, Life>()
  for (const [id, flow] of registry.flows.entries()) {
    if (flow.loadBalancer !== claim.loadBalancer || flow.targetGroup !== claim.targetGroup || flow.target === '')
      continue
    const life = lives.get(flow.target) ?? newLife()
    life.requests += flowFigure(tally, id, F_REQUESTS)
    life.firstEnd = Math.min(life.firstEnd, flowFigure(tally, id, F_FIRST_END))
    life.lastEnd = Math.max(life.lastEnd, flowFigure(tally, id, F_LAST_END))
    life.firstSuccess = Math.min(life.firstSuccess, flowFigure(tally, id, F_FIRST_SUCCESS))
    life.lastSuccess = Math.max(life.lastSuccess, flowFigure(tally, id, F_LAST_SUCCESS))
    lives.set(flow.target, life)
  }
  for (const i of claim.failures) {
    const life = lives.get(flowOf(incident, i).target)
    if (life) life.failures++
  }
  const margin = Math.max(2_000, (tally.maxEnd - tally.minEnd) * 0.05)
  const isPart = (life: Life): boolean =>
    !(life.firstSuccess <= tally.minEnd + margin && life.lastSuccess >= tally.maxEnd - margin)
  if (![...lives.values()].some(isPart)) return undefined
  const time = (ms: number): string | null => (Number.isFinite(ms) ? formatMicroseconds(ms) : null)
  return {
    kind: 'table',
    id: 'lifelines',
    title: 'Each target: first and last seen, first and last answer',
    columns: ['target', 'first seen', 'first answer', 'last answer', 'last seen', 'requests', 'failures'],
    rows: [...lives]
      .sort(([, a], [, b]) => b.failures - a.failures)
      .slice(0, MOST_LIVES)
      .sort(([nameA, a], [nameB, b]) => a.firstEnd - b.firstEnd || (nameA < nameB ? -1 : 1))
      .map(([target, life]) => [
        target,
        time(life.firstEnd),
        time(life.firstSuccess),
        time(life.lastSuccess),
        time(life.lastEnd),
        life.requests,
        life.failures,
      ]),
  }
}

interface Life {
  requests: number
  failures: number
  firstEnd: number
  lastEnd: number
  firstSuccess: number
  lastSuccess: number
}

function newLife(): Life {
  const [never, always] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  return { requests: 0, failures: 0, firstEnd: never, lastEnd: always, firstSuccess: never, lastSuccess: always }
}

/** The kept rows of the group's targets, by target key. */
function targetsOf({ kept }: Incident, claim: JudgedClaim): [string, TargetRows][] {
  const group = `${claim.loadBalancer}|${claim.targetGroup}|`
  return [...kept.byTarget].filter(([key]) => key.startsWith(group))
}

function percent(share: number): string {
  const value = 100 * share
  return `${value > 0 && value < 1 ? '< 1' : value < 100 && value > 99 ? '> 99' : Math.round(value)} %`
}

function tidy(seconds: number): string {
  return seconds.toFixed(seconds < 100 ? 1 : 0).replace(/\.0$/, '')
}
