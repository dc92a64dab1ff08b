import { leastOf } from '../core/extremes.ts'
import { type CloudWatchMetric, readCloudWatch } from '../formats/witnesses/cloudwatch.ts'
import { parseDocuments } from '../formats/witnesses/json-document.ts'
import { type KubernetesEvent, type PodState, readKubernetes } from '../formats/witnesses/kubernetes.ts'
import { snapshotsByNode } from '../formats/witnesses/node-counters.ts'
import { readPrometheus } from '../formats/witnesses/prometheus.ts'
import { readSentry, type SentryEvent } from '../formats/witnesses/sentry.ts'
import { readTargetHealth } from '../formats/witnesses/target-health.ts'
import type { WitnessFormatId, WitnessRow } from '../formats/witnesses/witness-row.ts'
import { nodeEvents } from './node-counters.ts'
import { requestKey, type Subjects } from './subjects.ts'
import { type EventKind, emptyTestimony, type Hit, type LifeEvent, type Report, type Testimony } from './testimony.ts'
import { workloadOf } from './workloads.ts'

const READERS: { readonly [format in WitnessFormatId]?: typeof sentry } = {
  cloudwatch: cloudWatch,
  prometheus,
  kubernetes,
  'target-health': targetHealth,
}

/** A JSON document of a tool to what it says. */
export function readDocument(name: string, format: WitnessFormatId, text: string, subjects: Subjects): Testimony {
  const { values, bad } = parseDocuments(text)
  const testimony = (READERS[format] ?? sentry)(name, values, subjects)
  return { ...testimony, formats: new Map([[format, testimony.rows]]), unparsed: bad }
}

function cloudWatch(name: string, values: readonly unknown[]): Testimony {
  const metrics = readCloudWatch(values)
  const times = metrics.flatMap(({ points, periodMs }) => points.flatMap(([time]) => [time, time + periodMs]))
  return {
    ...emptyTestimony(name, 'cloudwatch', 0),
    rows: metrics.reduce((sum, metric) => sum + metric.points.length, 0),
    ...span(times),
    metrics,
    events: metrics.flatMap((metric) => allowanceEvents(metric, name)),
  }
}

function prometheus(name: string, values: readonly unknown[]): Testimony {
  const { series, nameless } = readPrometheus(values)
  return {
    ...emptyTestimony(name, 'prometheus', 0),
    rows: series.reduce((sum, each) => sum + each.points.length, 0),
    ...span(series.flatMap(({ points }) => points.map(([time]) => time))),
    metrics: series.map(({ name: metric, labels, points }) => ({
      name: metric,
      label: labels.pod ?? labels.container ?? '',
      labels,
      periodMs: stepOf(points),
      points,
    })),
    events: [...snapshotsByNode(series)].flatMap(([node, snapshots]) => nodeEvents(snapshots, node, name)),
    notes:
      nameless === 0
        ? []
        : [
            `${nameless} series have no name, as expressions leave them: ask for the counters themselves, without rate()`,
          ],
  }
}

function stepOf(points: readonly (readonly [number, number])[]): number {
  const steps = points.slice(1).map(([time], index) => time - (points[index]?.[0] ?? time))
  return steps.length === 0 ? 60_000 : leastOf(steps)
}

function targetHealth(name: string, values: readonly unknown[]): Testimony {
  const health = readTargetHealth(values)
  const states = new Map<string, number>()
  for (const { state, reason } of health) {
    const text = reason === '' ? state : `${state} (${reason})`
    states.set(text, (states.get(text) ?? 0) + 1)
  }
  const said = [...states].map(([state, count]) => `${count} ${state}`).join(', ')
  return {
    ...emptyTestimony(name, 'health-check-log', 0),
    rows: health.length,
    targetHealth: health,
    notes: [`${health.length} targets when it was asked: ${said === '' ? 'none' : said}`],
  }
}

/** What the agent counts of one instance's network interface: every period in which packets were over the allowance. */
function allowanceEvents({ name, label, periodMs, points }: CloudWatchMetric, file: string): LifeEvent[] {
  if (!name.startsWith('ethtool_')) return []
  // The interface's own counter never falls; else each value is what was counted in its period.
  const isTotal = points.length > 2 && points.every(([, value], n) => value >= (points[n - 1]?.[1] ?? 1))
  return points.flatMap(([startMs, value], n): LifeEvent[] => {
    const grown = isTotal ? value - (points[n - 1]?.[1] ?? value) : value
    if (!(grown > 0)) return []
    return [
      {
        kind: 'allowance-exceeded',
        timeMs: startMs,
        lastMs: startMs + periodMs,
        count: grown,
        who: /\bip-\d+-\d+-\d+-\d+\b|\bi-[0-9a-f]{8,17}\b/.exec(label)?.[0] ?? '',
        addresses: [],
        workload: '',
        isOfNode: true,
        isKin: false,
        text: `${name.slice('ethtool_'.length)} grew`,
        file,
      },
    ]
  })
}

function kubernetes(name: string, values: readonly unknown[]): Testimony {
  const facts = readKubernetes(values)
  const addressesOf = new Map(facts.pods.map((pod) => [`${pod.namespace}/${pod.name}`, pod.addresses]))
  const events = [
    ...facts.events.map((event) => lifeEvent(event, addressesOf.get(`${event.namespace}/${event.name}`) ?? [], name)),
    ...facts.pods.flatMap((pod) => endsOf(pod, name)),
  ].filter((event) => !Number.isNaN(event.timeMs))
  const notes: string[] = []
  for (const { service, endpoints, ready } of facts.endpoints)
    notes.push(`${service}: ${ready} of ${endpoints} endpoints ready when it was taken`)
  if (facts.others > 0) notes.push(`${facts.others} objects of other kinds: not read`)
  return {
    ...emptyTestimony(name, 'kubernetes', 0),
    rows: [facts.events, facts.pods, facts.endpoints, facts.services, facts.nodes].reduce(
      (sum, each) => sum + each.length,
      0,
    ),
    ...span(events.flatMap((event) => [event.timeMs, event.lastMs])),
    events,
    pods: facts.pods,
    services: facts.endpoints,
    nodePorts: facts.services.map(({ name: service, ...rest }) => ({ service, ...rest })),
    nodes: facts.nodes,
    notes,
  }
}

function lifeEvent(event: KubernetesEvent, addresses: readonly string[], file: string): LifeEvent {
  return {
    kind: kindOf(event),
    timeMs: event.firstMs,
    lastMs: event.lastMs,
    count: event.count,
    who: event.name,
    addresses,
    ...(event.host === '' ? {} : { node: event.host }),
    ...(event.kind !== 'Pod' || event.namespace === '' ? {} : { namespace: event.namespace }),
    workload: event.kind === 'Node' ? '' : workloadOf(event.name),
    isKin: false,
    text: `${event.reason}: ${event.message}`,
    file,
  }
}

function kindOf({ reason, message, kind }: KubernetesEvent): EventKind {
  switch (reason) {
    case 'Unhealthy':
      return message.startsWith('Liveness')
        ? 'liveness-failed'
        : message.startsWith('Readiness')
          ? 'readiness-failed'
          : 'other'
    case 'ProbeWarning':
      return 'other'
    case 'Killing':
      return /liveness probe/.test(message) ? 'liveness-kill' : 'killing'
    case 'BackOff':
      return /restarting failed/.test(message) ? 'back-off' : 'other'
    case 'OOMKilling':
    case 'SystemOOM':
      return 'out-of-memory'
    case 'Evicted':
    case 'Preempted':
    case 'TaintManagerEviction':
      return 'evicted'
    case 'Started':
      return 'started'
    case 'ScalingReplicaSet':
    case 'SuccessfulRescale':
    case 'DeploymentRollback':
      return 'scaled'
    case 'NodeNotReady':
      return kind === 'Node' ? 'node-not-ready' : 'other'
    case 'ScaleDown':
      // The autoscaler says it of the node, and of a pod that it deletes for it.
      return kind === 'Node' ? (/removed/.test(message) ? 'node-gone' : 'scaled') : 'other'
    case 'RemovingNode':
    case 'DeletingNode':
    case 'DisruptionTerminating':
    case 'TerminatingOnInterruption':
    case 'InstanceTerminating':
    case 'InstanceStopping':
      return kind === 'Node' ? 'node-gone' : 'other'
    case 'RELOAD':
    case 'AddedOrUpdated':
      return 'reload'
    default:
      return 'other'
  }
}

/** How containers ended, which `kubectl get pods` keeps for the last time only. */
function endsOf(pod: PodState, file: string): LifeEvent[] {
  return pod.ends.flatMap(({ container, reason, exitCode, finishedMs }) => {
    const kind: EventKind =
      reason === 'OOMKilled'
        ? 'out-of-memory'
        : exitCode === 0 || reason === 'Completed'
          ? 'other'
          : exitCode === 143
            ? 'stopping'
            : 'crashed'
    return [
      {
        kind,
        timeMs: finishedMs,
        lastMs: finishedMs,
        count: 1,
        who: pod.name,
        addresses: pod.addresses,
        workload: workloadOf(pod.name),
        isKin: false,
        text: `container ${container} ended: ${reason}, exit code ${exitCode}${exitMeaning(exitCode)}`,
        file,
      },
    ]
  })
}

function exitMeaning(code: number): string {
  if (code === 137) return ' (SIGKILL)'
  if (code === 143) return ' (SIGTERM)'
  if (code === 139) return ' (SIGSEGV)'
  return code === 134 ? ' (SIGABRT)' : ''
}

/** The client reports when it has the answer or gave up; clocks of phones are off by seconds. */
const CLIENT_WINDOW_MS = 5_000

function sentry(name: string, values: readonly unknown[], subjects: Subjects): Testimony {
  const events = readSentry(values)
  const side = sideOf(name, events)
  const reports: Report[] = events.map(({ id, timeMs, method, path, status, traceIds, title }) => ({
    side,
    id,
    timeMs,
    method,
    path,
    status,
    traceIds,
    text: title,
  }))
  const { hits, found, ambiguous } = matchReports(reports, subjects, name, side)
  const notes: string[] = []
  const withoutUrl = reports.filter((report) => report.path === undefined && report.traceIds.length === 0).length
  if (withoutUrl > 0) notes.push(`${withoutUrl} of ${reports.length} events name no URL: they cannot be matched`)
  if (side === 'client' && reports.length > 0)
    notes.push(
      `${found} of ${reports.length} reports of clients are requests in the load balancer's log (by method, path, status and time, within ${CLIENT_WINDOW_MS / 1000} s)${found < reports.length ? `; the others never reached it, or their answers got lost behind it` : ''}`,
    )
  if (reports.length === 0) notes.push('an export without events')
  return {
    ...emptyTestimony(name, 'sentry', 0),
    rows: reports.length,
    ...span(reports.map((report) => report.timeMs)),
    hits,
    ambiguous,
    side,
    notes,
  }
}

/** By its SDK; an export without events by its name only. */
function sideOf(name: string, events: readonly SentryEvent[]): 'client' | 'app' {
  const sides = events.map((event) => event.side)
  const client = sides.filter((side) => side === 'client').length
  const app = sides.filter((side) => side === 'app').length
  if (client !== app) return client > app ? 'client' : 'app'
  return /client|web|front|browser|mobile|ios|android/i.test(name.slice(name.lastIndexOf('/') + 1)) ? 'client' : 'app'
}

function matchReports(
  reports: readonly Report[],
  subjects: Subjects,
  file: string,
  side: 'client' | 'app',
): { hits: Hit[]; found: number; ambiguous: ReadonlySet<number> } {
  const hits: Hit[] = []
  const ambiguous = new Set<number>()
  const add = (report: Report, failure: number, by: Hit['by']): void => {
    const text = report.text.slice(0, 300)
    hits.push({ failure, by, row: rowOf(report), role: side, timeMs: report.timeMs, text, file })
  }
  const pairs: { report: number; subject: number; apart: number; fits: number }[] = []
  for (const [index, report] of reports.entries()) {
    if (report.traceIds.length > 0) {
      const known = report.traceIds.flatMap((id) => subjects.byTrace.get(id) ?? [])
      const subject = known.find((each) => each < subjects.failures.length)
      if (subject !== undefined) add(report, subject, 'trace')
      continue
    }
    const fits = fitting(report, subjects)
    for (const subject of fits)
      pairs.push({
        report: index,
        subject,
        apart: Math.abs((subjects.end[subject] as number) - report.timeMs),
        fits: fits.length,
      })
  }
  // Nearest first. Clients that asked for the same at the same time: each has a failure, nobody knows whose is whose.
  pairs.sort((a, b) => a.apart - b.apart)
  const [told, taken] = [new Set<number>(), new Set<number>()]
  for (const { report, subject, fits } of pairs) {
    if (told.has(report) || taken.has(subject)) continue
    told.add(report)
    taken.add(subject)
    if (fits > 1) ambiguous.add(subject)
    add(reports[report] as Report, subject, fits === 1 ? 'request' : 'unanimous')
  }
  return { hits, found: hits.length, ambiguous }
}

function fitting(report: Report, subjects: Subjects): number[] {
  if (report.path === undefined) return []
  const methods = report.method === undefined ? ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] : [report.method]
  return methods
    .flatMap((method) => subjects.byRequest.get(requestKey(method, report.path as string))?.subjects ?? [])
    .filter((subject) => {
      if (subject >= subjects.failures.length) return false
      const status = subjects.failures.elbStatus[subject]
      if (report.status !== undefined && report.status !== status) return false
      const from = (subjects.start[subject] as number) - CLIENT_WINDOW_MS
      return report.timeMs >= from && report.timeMs <= (subjects.end[subject] as number) + CLIENT_WINDOW_MS
    })
}

function rowOf(report: Report): WitnessRow {
  return {
    format: 'sentry',
    role: 'app',
    what: 'event',
    timeMs: report.timeMs,
    timeStepMs: 1,
    hasZone: true,
    source: '',
    traceIds: report.traceIds,
    message: report.text,
    ...(report.method === undefined ? {} : { method: report.method }),
    ...(report.path === undefined ? {} : { path: report.path }),
    ...(report.status === undefined ? {} : { status: report.status }),
  }
}

function span(times: readonly number[]): { firstMs: number; lastMs: number } {
  let [firstMs, lastMs] = [Number.NaN, Number.NaN]
  for (const time of times) {
    if (Number.isNaN(time)) continue
    if (!(time >= firstMs)) firstMs = time
    if (!(time <= lastMs)) lastMs = time
  }
  return { firstMs, lastMs }
}
