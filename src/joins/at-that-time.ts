import type { SeriesEvidence } from '../core/diagnosis.ts'
import { answeredByValues, type Symptom } from '../core/vocabulary.ts'
import { say } from './coverage.ts'
import { concerns, type Joined } from './joined.ts'
import { symptomOf, targetOf } from './subjects.ts'
import type { EventKind, LifeEvent } from './testimony.ts'

const SAID: readonly EventKind[] = [
  'readiness-failed',
  'liveness-failed',
  'liveness-kill',
  'out-of-memory',
  'crashed',
  'back-off',
  'killing',
  'evicted',
  'node-gone',
  'scaled',
  'worker-timeout',
  'no-connections',
  'reload',
  'limit-reached',
  'pool-exhausted',
  'check-failed',
]
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
    if (!files.some((file) => file.side === side)) continue
    const seen = failures.filter((failure) =>
      joined.hitsOf
        .get(failure)
        ?.some((hit) => hit.row.format === 'sentry' && (hit.role === 'client') === (side === 'client')),
    ).length
    parts.push(
      `the ${side === 'client' ? "clients'" : "app's"} Sentry has ${seen === 0 ? 'none' : `${say(seen)} of ${say(failures.length)}`}`,
    )
  }
  return parts.length === 0 ? undefined : parts.join(', ')
}

function byEvents(joined: Joined, failures: readonly number[]): string[] {
  const groups = new Map<string, { events: LifeEvent[]; failures: Set<number> }>()
  for (const event of joined.events) {
    if (!SAID.includes(event.kind)) continue
    for (const failure of failures) {
      const end = joined.subjects.end[failure] as number
      if (end < event.timeMs - AROUND_MS || end > event.lastMs + AROUND_MS) continue
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

const TO_THE_TARGET: readonly Symptom[] = ['connect-refused', 'connect-failed-late', 'connect-timeout']

function byMetrics(joined: Joined, failures: readonly number[]): string[] {
  const errors = joined.metrics.find((metric) => metric.name === 'TargetConnectionErrorCount')
  const own = joined.metrics.find((metric) => metric.name === 'HTTPCode_ELB_5XX_Count')
  if (errors === undefined || own === undefined || own.points.length === 0) return []
  const times = failures.map((failure) => joined.subjects.end[failure] as number)
  const isCovered = (time: number): boolean =>
    own.points.some(([start]) => time >= start && time < start + own.periodMs)
  const covered = times.filter(isCovered).length
  if (covered === 0) return []
  // AWS reports error counts only when they are not zero, so a missing point is a zero.
  const periods = new Set(times.map((time) => Math.floor(time / own.periodMs) * own.periodMs))
  const sum = errors.points.reduce((total, [start, value]) => total + (periods.has(start) ? value : 0), 0)
  const isLost = failures.every((failure) => symptomOf(joined.subjects, failure) === 'closed-before-response')
  const isConnect = failures.every((failure) => TO_THE_TARGET.includes(symptomOf(joined.subjects, failure)))
  if (sum === 0 && isLost)
    return [
      'CloudWatch counts no TargetConnectionErrorCount in those minutes: the connections existed, and were lost later',
    ]
  if (isConnect)
    return [
      `CloudWatch counts ${say(sum)} TargetConnectionErrorCount in those minutes${sum === 0 ? ', which contradicts the log' : ''}`,
    ]
  return []
}

/** ELB 5XX and target 5XX, as the log and as CloudWatch count them, on one axis. */
export function countsSideBySide(
  joined: Joined,
): { readonly series: SeriesEvidence; readonly because: string } | undefined {
  const elb = joined.metrics.find((metric) => metric.name === 'HTTPCode_ELB_5XX_Count')
  const target = joined.metrics.find((metric) => metric.name === 'HTTPCode_Target_5XX_Count')
  const requests = joined.metrics.find((metric) => metric.name === 'RequestCount')
  const all = [elb, target, requests].flatMap((metric) => metric?.points ?? [])
  if (elb === undefined || all.length === 0) return undefined
  const stepMs = Math.max(elb.periodMs, target?.periodMs ?? 0, 60_000)
  const first = Math.min(...all.map(([time]) => time))
  const last = Math.max(...all.map(([time]) => time))
  const length = Math.floor((last - first) / stepMs) + 1
  if (length > 2_000) return undefined
  const zeros = (): number[] => new Array<number>(length).fill(0)
  const [logElb, logTarget, cloudElb, cloudTarget] = [zeros(), zeros(), zeros(), zeros()]
  const add = (list: number[], time: number, value: number): void => {
    const at = Math.floor((time - first) / stepMs)
    if (at >= 0 && at < length) list[at] = (list[at] as number) + value
  }
  const { failures, end } = joined.subjects
  let outside = 0
  for (let i = 0; i < failures.length; i++) {
    const by = answeredByValues[failures.answeredBy[i] as number]
    // 460 counts as a 4XX there.
    if (by === 'nobody') continue
    const time = end[i] as number
    if (time < first || time >= first + length * stepMs) outside++
    add(by === 'target' ? logTarget : logElb, time, 1)
  }
  for (const [time, value] of elb.points) add(cloudElb, time, value)
  for (const [time, value] of target?.points ?? []) add(cloudTarget, time, value)
  const sum = (list: readonly number[]): number => list.reduce((total, value) => total + value, 0)
  const [inLog, inCloud] = [sum(logElb) + sum(logTarget), sum(cloudElb) + sum(cloudTarget)]
  const share = inCloud === 0 ? undefined : inLog / inCloud
  const because = `of the 5XX that CloudWatch counts (${say(sum(cloudElb))} by the load balancer, ${say(sum(cloudTarget))} by targets) the log has ${say(sum(logElb))} and ${say(sum(logTarget))}${share === undefined ? '' : `: ${share > 0.995 && share < 1.005 ? 'it is complete' : share < 1 ? `${Math.round((1 - share) * 1000) / 10} % are missing, delivery is best effort` : 'more than CloudWatch, so the metrics are of fewer load balancers or of a shorter time'}`}${outside > 0 ? `; ${say(outside)} lie outside the metrics' time` : ''}`
  return {
    because,
    series: {
      kind: 'series',
      id: 'cloudwatch',
      title: '5XX by the load balancer and by targets: the log and CloudWatch',
      start: new Date(first).toISOString(),
      stepSeconds: stepMs / 1000,
      unit: 'failures',
      lines: [
        { label: 'load balancer, log', values: logElb },
        { label: 'load balancer, CloudWatch', values: cloudElb },
        { label: 'target, log', values: logTarget },
        { label: 'target, CloudWatch', values: cloudTarget },
      ],
    },
  }
}

function shortened(text: string): string {
  return text.length <= 110 ? text : `${text.slice(0, 110).replace(/\s+\S*$/, '')} …`
}
