import type { SettingValue } from '../core/diagnosis.ts'
import { leastOf, mostOf } from '../core/extremes.ts'
import { formatCount } from '../core/format-count.ts'
import type { Flow } from '../core/request-batch.ts'
import { F_FIRST_END, F_LAST_END, F_LAST_SUCCESS, F_REQUESTS, flowFigure } from '../evidence/traffic-tally.ts'
import type { Joined } from '../joins/joined.ts'
import type { Rhythm, Testimony } from '../joins/testimony.ts'
import type { Incident } from './incident.ts'

/** A setting without a field of its own. */
export type OtherSetting = SettingValue<number | string> & { readonly name: string; readonly unit: string }

interface Group {
  readonly loadBalancer: string
  readonly targetGroup: string
  readonly name: string
  readonly isNodePort: boolean
}

/** A target over the whole log, all nodes of the load balancer together; ms since the epoch. */
interface Life {
  readonly target: string
  requests: number
  firstMs: number
  lastMs: number
  lastSuccessMs: number
  /** Failures of requests that began after the last success, and when the first and the last of them began. */
  failures: number
  firstFailureMs: number
  lastFailureMs: number
}

const MOST_ROLLOUTS = 5
const ROLLOUT_GAP_MS = 300_000
const LEAST_QUIET_MS = 30_000
/** So many requests are missing, at the target's own rate, before it counts as gone or as not there yet. */
const LEAST_MISSED = 10
const LEAST_LAST_FAILURES = 3

/** Rollouts, how long a dead target was still used, health checks and probes: what the rows and the witnesses show of them. */
export function inferOthers(incident: Incident, group: Group, joined: Joined | undefined): OtherSetting[] {
  const lives = livesOf(incident, group)
  return [
    ...(group.isNodePort ? [] : rollouts(lives, incident.tally.minEnd, incident.tally.maxEnd)),
    ...timeToTakeOut(lives, incident.tally.maxEnd),
    ...(joined === undefined ? [] : joined.testimonies.flatMap((testimony) => rhythms(testimony, group))),
  ]
}

function livesOf(incident: Incident, { loadBalancer, targetGroup }: Group): Life[] {
  const { tally, registry, failures } = incident
  const isMine = (flow: Flow): boolean =>
    flow.loadBalancer === loadBalancer && flow.targetGroup === targetGroup && flow.target !== ''
  const lives = new Map<string, Life>()
  for (const [id, flow] of registry.flows.entries()) {
    if (!isMine(flow) || flowFigure(tally, id, F_REQUESTS) === 0) continue
    const life = lives.get(flow.target) ?? {
      target: flow.target,
      requests: 0,
      firstMs: Number.POSITIVE_INFINITY,
      lastMs: Number.NEGATIVE_INFINITY,
      lastSuccessMs: Number.NEGATIVE_INFINITY,
      failures: 0,
      firstFailureMs: Number.POSITIVE_INFINITY,
      lastFailureMs: Number.NEGATIVE_INFINITY,
    }
    life.requests += flowFigure(tally, id, F_REQUESTS)
    life.firstMs = Math.min(life.firstMs, flowFigure(tally, id, F_FIRST_END))
    life.lastMs = Math.max(life.lastMs, flowFigure(tally, id, F_LAST_END))
    life.lastSuccessMs = Math.max(life.lastSuccessMs, flowFigure(tally, id, F_LAST_SUCCESS))
    lives.set(flow.target, life)
  }
  const lifeOfFlow = registry.flows.map((flow) => (isMine(flow) ? lives.get(flow.target) : undefined))
  for (let i = 0; i < failures.length; i++) {
    const life = lifeOfFlow[failures.flow[i] as number]
    if (life === undefined) continue
    const startMs = (failures.end[i] as number) - (failures.elapsedMs[i] as number)
    if (!(startMs > life.lastSuccessMs)) continue
    life.failures++
    life.firstFailureMs = Math.min(life.firstFailureMs, startMs)
    life.lastFailureMs = Math.max(life.lastFailureMs, startMs)
  }
  return [...lives.values()]
}

/** How long a target must be silent before that means something. */
function quietMs({ requests, firstMs, lastMs }: Life): number {
  return requests < LEAST_MISSED
    ? Number.POSITIVE_INFINITY
    : Math.max(LEAST_QUIET_MS, (LEAST_MISSED * (lastMs - firstMs)) / requests)
}

/** Pods behind target type `ip`: some end and others begin. A NodePort's nodes stay. */
function rollouts(lives: readonly Life[], startMs: number, endMs: number): OtherSetting[] {
  const changes = lives.flatMap((life) => [
    ...(life.firstMs - startMs > quietMs(life) ? [{ atMs: life.firstMs, isBirth: true }] : []),
    ...(endMs - life.lastMs > quietMs(life) ? [{ atMs: life.lastMs, isBirth: false }] : []),
  ])
  changes.sort((a, b) => a.atMs - b.atMs)
  const clusters: (typeof changes)[] = []
  for (const change of changes) {
    const last = clusters.at(-1)
    if (last !== undefined && change.atMs - (last.at(-1)?.atMs ?? 0) <= ROLLOUT_GAP_MS) last.push(change)
    else clusters.push([change])
  }
  return clusters.slice(-MOST_ROLLOUTS).map((cluster) => {
    const births = cluster.filter(({ isBirth }) => isBirth).map(({ atMs }) => atMs)
    const ends = cluster.filter(({ isBirth }) => !isBirth).map(({ atMs }) => atMs)
    const said = [
      ...(births.length > 0 ? [`${targets(births.length)} answered first ${between(births)}`] : []),
      ...(ends.length > 0 ? [`${targets(ends.length)} last ${between(ends)}`] : []),
    ]
    return {
      name: births.length === 0 ? 'targets removed' : ends.length === 0 ? 'targets added' : 'rollout',
      value: new Date(cluster[0]?.atMs ?? 0).toISOString(),
      unit: 'UTC',
      source: 'inferred',
      because: said.join('; '),
    }
  })
}

/** From its first failure to its last request, of targets that never answered again while others did. */
function timeToTakeOut(lives: readonly Life[], endMs: number): OtherSetting[] {
  const dead = lives.filter(
    (life) =>
      life.failures >= LEAST_LAST_FAILURES &&
      life.lastSuccessMs > Number.NEGATIVE_INFINITY &&
      endMs - life.lastMs > quietMs(life) &&
      lives.some((other) => other !== life && other.lastSuccessMs > life.lastMs),
  )
  const waits = dead.map((life) => (life.lastFailureMs - life.firstFailureMs) / 1000).sort((a, b) => a - b)
  const longest = waits.at(-1)
  if (longest === undefined || longest < 1) return []
  const range = waits.length === 1 ? seconds(longest) : `${seconds(waits[0] as number)} to ${seconds(longest)}`
  return [
    {
      name: 'a failing target is used for',
      value: Math.round(longest * 10) / 10,
      unit: 's',
      source: 'inferred',
      because: `${targets(dead.length)} got requests for ${range} s after the first failure, and then none: health check interval x unhealthy threshold, or the controller's deregistration`,
    },
  ]
}

function rhythms(testimony: Testimony, group: Group): OtherSetting[] {
  return testimony.rhythms.flatMap((rhythm) => {
    const isOurs =
      rhythm.what === 'health-check' ? rhythm.of === group.name : testimony.kinship === 'same' && rhythm.of !== ''
    if (!isOurs) return []
    return [
      {
        name: rhythm.what === 'health-check' ? 'health check interval' : `probe of ${rhythm.of}`,
        value: rhythm.seconds,
        unit: 's',
        source: 'inferred' as const,
        because: `${testimony.name}: ${rhythmSaid(rhythm)}`,
      },
    ]
  })
}

function rhythmSaid({ what, hits, asked, fromSeconds, toSeconds }: Rhythm): string {
  const span = `${seconds(fromSeconds)} to ${seconds(toSeconds)} s after an earlier one`
  return what === 'health-check'
    ? `${formatCount(hits)} of ${formatCount(asked)} checks came ${span} by the same node to the same target`
    : `${formatCount(hits)} of ${formatCount(asked)} such requests came ${span}, and the load balancer's log has none of them`
}

function targets(count: number): string {
  return count === 1 ? '1 target' : `${count} targets`
}

function seconds(value: number): string {
  return value.toFixed(1)
}

function between(times: readonly number[]): string {
  const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 19)
  const first = clock(leastOf(times))
  const last = clock(mostOf(times))
  return first === last ? `at ${first}` : `between ${first} and ${last}`
}
