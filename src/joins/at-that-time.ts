import type { SeriesEvidence } from '../core/diagnosis.ts'
import { firstFrom } from '../core/first-from.ts'
import { isToTheTarget } from './connect-counts.ts'
import { say } from './coverage.ts'
import { concerns, type Joined } from './joined.ts'
import { type MetricsFit, sumOf } from './metrics-fit.ts'
import { flowOf, symptomOf, targetOf } from './subjects.ts'
import type { EventKind, LifeEvent, Testimony } from './testimony.ts'

const SAID: ReadonlySet<EventKind> = new Set([
  'readiness-failed',
  'liveness-failed',
  'liveness-kill',
  'out-of-memory',
  'crashed',
  'back-off',
  'killing',
  'evicted',
  'node-gone',
  'node-not-ready',
  'scaled',
  'worker-timeout',
  'no-connections',
  'reload',
  'limit-reached',
  'pool-exhausted',
  'check-failed',
  'conntrack-full',
  'syn-flood',
  'insert-failed',
  'allowance-exceeded',
])
const AROUND_MS = 15_000

/** What Kubernetes, the health checks and CloudWatch show for the time of a finding's failures. */
export function atThatTime(joined: Joined, failures: readonly number[]): string[] {
  return [...byEvents(joined, failures), ...byMetrics(joined, failures)]
}

/** What both Sentries have of these failures; undefined without one. */
export function inSentry(joined: Joined, failures: readonly number[]): string | undefined {
  const files = joined.testimonies.filter((each) => each.kind === 'sentry')
  const parts: string[] = []
  for (const side of ['client', 'app'] as const) {
    const mine = files.filter((file) => file.side === side)
    if (mine.length === 0) continue
    const seen = failures.filter((failure) =>
      joined.hitsOf
        .get(failure)
        ?.some((hit) => hit.row.format === 'sentry' && (hit.role === 'client') === (side === 'client')),
    ).length
    const has = seen === 0 ? `none${whatElse(joined, mine, failures)}` : `${say(seen)} of ${say(failures.length)}`
    parts.push(`the ${side === 'client' ? "clients'" : "app's"} Sentry has ${has}`)
  }
  return parts.length === 0 ? undefined : parts.join(', ')
}

/** An export of another day, or of another project, has none of these and says nothing by it. */
function whatElse(joined: Joined, files: readonly Testimony[], failures: readonly number[]): string {
  const { end } = joined.subjects
  const rows = files.reduce((sum, file) => sum + file.rows, 0)
  if (rows === 0) return ''
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const failure of failures) {
    from = Math.min(from, (end[failure] as number) - AROUND_MS)
    to = Math.max(to, (end[failure] as number) + AROUND_MS)
  }
  const isOfThatTime = files.some((file) => file.firstMs <= to && file.lastMs >= from)
  if (!isOfThatTime) return ` (its ${say(rows)} events are of another time, which proves nothing)`
  return files.some((file) => file.hits.length > 0)
    ? ''
    : ` (and none of its ${say(rows)} events is any failure of this log: it may be another project's)`
}

function byEvents(joined: Joined, failures: readonly number[]): string[] {
  const groups = new Map<string, { events: LifeEvent[]; failures: Set<number> }>()
  const endOf = (failure: number): number => joined.subjects.end[failure] as number
  const byEnd = [...failures].sort((a, b) => endOf(a) - endOf(b))
  for (const event of joined.events) {
    if (!SAID.has(event.kind)) continue
    for (
      let n = firstFrom(byEnd.length, (place) => endOf(byEnd[place] as number), event.timeMs - AROUND_MS);
      n < byEnd.length;
      n++
    ) {
      const failure = byEnd[n] as number
      if (endOf(failure) > event.lastMs + AROUND_MS) break
      if (event.kind === 'check-failed' && event.who !== targetOf(joined.subjects, failure)) continue
      if (concerns(joined, event, failure) === 'no') continue
      const group = groups.get(event.kind) ?? { events: [], failures: new Set<number>() }
      if (group.events.at(-1) !== event) group.events.push(event)
      group.failures.add(failure)
      groups.set(event.kind, group)
    }
  }
  return [...groups.values()]
    .sort((a, b) => b.failures.size - a.failures.size)
    .slice(0, 3)
    .map(({ events, failures: near }) => {
      const first = events[0] as LifeEvent
      const whos = [...new Set(events.map((event) => event.who))].filter((who) => who !== '')
      const who =
        whos.length === 0
          ? ''
          : ` (${whos.slice(0, 3).join(', ')}${whos.length > 3 ? ` and ${whos.length - 3} more` : ''})`
      const times = events.reduce((sum, event) => sum + event.count, 0)
      return `within ${AROUND_MS / 1000} s of ${say(near.size)} of ${say(failures.length)} failures: "${shortened(first.text)}"${who}${times > 1 ? `, ${say(times)} times` : ''}, from ${new Date(first.timeMs).toISOString().slice(11, 19)} on`
    })
}

function byMetrics(joined: Joined, failures: readonly number[]): string[] {
  const { fit, all } = joined.metrics
  const errors = all.find((metric) => metric.name === 'TargetConnectionErrorCount')
  const own = all.find((metric) => metric.name === 'HTTPCode_ELB_5XX_Count')
  if (fit?.kinship !== 'same') return []
  if (
    fit.loadBalancer !== undefined &&
    failures.some((each) => flowOf(joined.subjects, each).loadBalancer !== fit.loadBalancer)
  )
    return []
  if (errors === undefined || own === undefined || own.points.length === 0) return []
  const times = failures.map((failure) => joined.subjects.end[failure] as number)
  const isCovered = (time: number): boolean =>
    own.points.some(([start]) => time >= start && time < start + own.periodMs)
  const covered = times.filter(isCovered).length
  if (covered === 0) return []
  // AWS reports error counts only when they are not zero, so a missing point is a zero.
  const periods = new Set(times.map((time) => Math.floor(time / own.periodMs) * own.periodMs))
  const sumOfMetric = (metric: (typeof all)[number] | undefined): number =>
    (metric?.points ?? []).reduce((total, [start, value]) => total + (periods.has(start) ? value : 0), 0)
  const sum = sumOfMetric(errors)
  const handshakes = sumOfMetric(all.find((metric) => metric.name === 'TargetTLSNegotiationErrorCount'))
  const isLost = failures.every((failure) => symptomOf(joined.subjects, failure) === 'closed-before-response')
  const isConnect = failures.every((failure) => isToTheTarget(joined.subjects, failure))
  if (sum === 0 && isLost)
    return [
      'CloudWatch counts no TargetConnectionErrorCount in those minutes: the connections existed, and were lost later',
    ]
  if (isConnect)
    return [
      `CloudWatch counts ${say(sum)} TargetConnectionErrorCount ${handshakes > 0 ? `and ${say(handshakes)} TargetTLSNegotiationErrorCount ` : ''}in those minutes${sum + handshakes === 0 ? ', which contradicts the log' : ''}`,
    ]
  return []
}

/** ELB 5XX and target 5XX, as the log and as CloudWatch count them, on one axis. */
export function countsSideBySide({
  metrics: { fit },
}: Joined): { readonly series: SeriesEvidence; readonly because: string } | undefined {
  if (fit === undefined) return undefined
  const sum = (list: readonly number[]): number => list.reduce((total, value) => total + value, 0)
  const { log, cloud, startMs, stepMs } = fit
  const said = `${say(sum(cloud.loadBalancer))} by the load balancer, ${say(sum(cloud.target))} by targets`
  const has = `${say(sum(log.loadBalancer))} and ${say(sum(log.target))}`
  const of = fit.loadBalancer === undefined ? '' : ` for ${fit.loadBalancer}`
  const outside = fit.outside > 0 ? `; ${say(fit.outside)} lie outside the metrics' time` : ''
  return {
    because:
      fit.kinship === 'other'
        ? `CloudWatch's counts do not fit the log (${said}; the log has ${has} in those minutes): they are of another load balancer or of another time, and nothing is concluded from them${outside}`
        : `of the 5XX that CloudWatch counts${of} in the log's time (${said}) the log has ${has}${completeness(fit)}${outside}`,
    series: {
      kind: 'series',
      id: 'cloudwatch',
      title: '5XX by the load balancer and by targets: the log and CloudWatch',
      start: new Date(startMs).toISOString(),
      stepSeconds: stepMs / 1000,
      unit: 'failures',
      lines: [
        { label: 'load balancer, log', values: [...log.loadBalancer] },
        { label: 'load balancer, CloudWatch', values: [...cloud.loadBalancer] },
        { label: 'target, log', values: [...log.target] },
        { label: 'target, CloudWatch', values: [...cloud.target] },
      ],
    },
  }
}

function shortened(text: string): string {
  return text.length <= 110 ? text : `${text.slice(0, 110).replace(/\s+\S*$/, '')} …`
}

function completeness({ log, cloud, isWhole }: MetricsFit): string {
  const isEnough = sumOf(cloud, isWhole) * 10 >= sumOf(cloud)
  const counted = isEnough ? isWhole : undefined
  const [inLog, inCloud] = [sumOf(log, counted), sumOf(cloud, counted)]
  if (inCloud === 0) return ''
  const share = inLog / inCloud
  if (share > 0.995 && share < 1.005) return ': it is complete'
  if (share > 1) return ': more than CloudWatch, so the metrics are of fewer load balancers or of a shorter time'
  const why = isEnough
    ? 'delivery is best effort'
    : 'where the log begins or ends within a period, or was not delivered'
  return `: ${Math.round((1 - share) * 1000) / 10} % are missing, ${why}`
}
