import { mostOf } from '../../core/extremes.ts'
import { serversWithKeepAlive } from '../../settings/servers.ts'
import type { Claim } from '../claim.ts'
import { type FailureGroup, groupBy, inLargeBursts, nodeAt, routeAt, targetAt, withSymptom } from './failure-group.ts'
import type { Echo, Measures } from './measures.ts'
import { count, plural, share } from './words.ts'

/** A race ends within a round trip or two of the hand-over; a target that read the request takes longer to die. */
const RACE_MS = 60
const LEAST_LIKELY = 5
/** Less than once in 10^4 by chance, all lags tried. */
const LEAST_SURPRISE_LIKELY = 4
/** Once in 300, when only the lags that servers have by default are asked for; on that many nodes, targets, moments. */
const LEAST_SURPRISE_KNOWN = 2.5
const LEAST_UNITS_KNOWN = 4
/** Moments, a quarter of a second each, with such failures. */
const LEAST_MOMENTS = 4
/** Width of the race window that ceilings are computed with: about one round trip inside a region. */
const RACE_WINDOW_SECONDS = 0.002

/**
 * Cause 1: failures that follow an earlier answer on the same node and target by one constant lag, more often than
 * healthy requests do.
 */
export function detectKeepAliveRace(group: FailureGroup, measures: Measures): Claim[] {
  return findRace(group, measures).filter((claim) => claim.confidence === 'likely')
}

/** The same with thin evidence: only after causes that explain one route have had their turn. */
export function detectWeakKeepAliveRace(group: FailureGroup, measures: Measures): Claim[] {
  return findRace(group, measures)
}

function findRace(group: FailureGroup, measures: Measures): Claim[] {
  const { failures } = group
  const quick = withSymptom(group, 'closed-before-response').filter(
    (i) => (failures.targetMs[i] as number) <= RACE_MS && (failures.requestMs[i] as number) >= 0,
  )
  if (quick.length < 3) return []
  const echo = measures.echo(quick)
  if (echo === undefined) return []
  // Equal or longer than the idle timeout: the load balancer closes first, so the lag is somebody's period.
  if (echo.seconds > group.idleTimeoutSeconds + 1) return []
  const mine = quick.filter((_, n) => echo.isHit[n])
  if (mine.length < 3) return []
  const hitShare = echo.hits / echo.of
  const controlShare = echo.controlOf === 0 ? 0 : echo.controlHits / echo.controlOf
  if (hitShare < 0.2 || echo.excess < 0.15 || echo.surprise < 1) return []
  // In dense traffic every lag has an answer, and the test says nothing.
  if (echo.background > 0.5) return []

  // Dozens at the same instant are one event on the target (a reload, no free slots), whatever the clients' period is.
  if (inLargeBursts(group, mine) * 2 >= mine.length) return []
  const isSpread = isOnManyTargets(group, measures, mine)
  // A lag that is some server's default needs less: it was not looked for among all lags.
  const isEnough = echo.isKnownLag
    ? echo.moments >= 2 && echo.units >= LEAST_UNITS_KNOWN && echo.surprise >= LEAST_SURPRISE_KNOWN
    : mine.length >= LEAST_LIKELY && echo.moments >= LEAST_MOMENTS && echo.surprise >= LEAST_SURPRISE_LIKELY
  const isStrong = isEnough && echo.excess >= 0.25 && hitShare >= 0.5 && hitShare - controlShare >= 0.25
  const routes = groupBy(mine, (i) => routeAt(group, i))
  const servers = serversWithKeepAlive(echo.seconds, 0.35)
  const because = [
    `${count(echo.hits)} of ${plural(quick.length, 'such failure')} came ${(echo.fromMs / 1000).toFixed(2)} to ${(echo.toMs / 1000).toFixed(2)} s after an earlier answer of the same target to the same load balancer node; of ${count(echo.controlOf)} healthy requests ${share(echo.controlHits, echo.controlOf)} did (by chance less than once in 10^${Math.max(1, Math.floor(echo.surprise))})`,
    `the target closed within ${mostOf(mine.map((i) => failures.targetMs[i] as number))} ms of the hand-over, before it can have worked on the request`,
    ceilingSentence(group, measures, mine.length, echo),
    ...(servers.length > 0
      ? [
          `that is the default of ${servers
            .map((server) => server.title)
            .slice(0, 6)
            .join(', ')}`,
        ]
      : []),
    isSpread
      ? `${plural(new Set(mine.map((i) => targetAt(group, i))).size, 'target')} and ${plural(new Set(mine.map((i) => nodeAt(group, i))).size, 'load balancer node')} see it`
      : 'only one of several targets shows it',
  ]
  const unlikely = `a target that dies or restarts leaves no constant lag of ${echo.seconds.toFixed(1)} s to an earlier answer`
  return [
    {
      cause: 'keepalive-shorter-than-idle-timeout',
      confidence: isStrong ? 'likely' : 'possible',
      title: `The target closed idle connections after about ${echo.seconds.toFixed(1)} s; the load balancer was still using them`,
      failures: mine,
      because,
      evidence: [
        {
          kind: 'histogram',
          id: 'echo',
          title: 'Lag to earlier answers on the same node and target',
          unit: 's',
          edges: echo.bins.edges,
          counts: echo.bins.counts,
          control: { label: 'healthy requests, scaled', counts: echo.bins.control },
          marks: [{ at: echo.seconds, label: `${echo.seconds.toFixed(1)} s` }],
        },
        {
          kind: 'count',
          id: 'echo-share',
          title: `Failures with an earlier answer ${echo.seconds.toFixed(1)} s before`,
          value: echo.hits,
          of: echo.of,
          unit: 'failures',
          control: { label: 'healthy requests', value: echo.controlHits, of: echo.controlOf },
        },
      ],
      ruledOut: [
        { cause: 'worker-killed-mid-request', why: unlikely },
        {
          cause: 'malformed-response',
          why: `${routes.size === 1 ? 'the same route' : 'the same routes'} answer normally in ${routeSuccess(group, measures, mine)} of requests`,
        },
        { cause: 'deregistration-race', why: 'the same targets answer before and after' },
      ],
      candidates: isStrong ? [] : ['proxy-reload-closes-connections', 'worker-recycling', 'deregistration-race'],
      decidedBy: ['request_creation_time', 'target:port', 'target_processing_time', 'response_processing_time'],
      numbers: { keepAliveSeconds: echo.seconds, servers: servers.map((server) => server.id) },
    },
  ]
}

function isOnManyTargets(group: FailureGroup, measures: Measures, mine: readonly number[]): boolean {
  return measures.targets.size < 2 || new Set(mine.map((i) => targetAt(group, i))).size >= 2
}

function routeSuccess(group: FailureGroup, measures: Measures, mine: readonly number[]): string {
  const failed = groupBy(mine, (i) => routeAt(group, i))
  let requests = 0
  for (const route of failed.keys()) requests += measures.routeRequests(route)
  return share(requests - mine.length, requests)
}

/** What Poisson traffic could lose at most, and what the periodic share of this traffic explains. causes.md 1.2 (2). */
function ceilingSentence(group: FailureGroup, measures: Measures, failed: number, echo: Echo): string {
  const ceiling = RACE_WINDOW_SECONDS / (Math.E * Math.max(echo.seconds, 0.1))
  const lost = failed / Math.max(1, measures.requests)
  const said = `${share(failed, measures.requests)} of the target group's ${plural(measures.requests, 'request')} were lost this way; Poisson traffic loses at most ${share(ceiling, 1)} to this race (keep-alive ${echo.seconds.toFixed(1)} s, window 2 ms)`
  if (lost <= ceiling * 1.5) return said
  const periodic = echo.controlHits / Math.max(1, echo.controlOf)
  return periodic > 0.05
    ? `${said}; here ${share(echo.controlHits, echo.controlOf)} of the healthy requests also come at that lag, so this traffic repeats with the keep-alive's period`
    : `${said}; the rest needs a wider window (a busy event loop, a coarse sweep, another proxy) or bursts, beside the short keep-alive of ${group.targetGroup === '' ? 'the target' : 'this target group'}`
}
