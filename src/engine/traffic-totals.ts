import type { LoadRow, Series, TopRow } from '../core/diagnosis.ts'
import type { Flow, Route } from '../core/request-batch.ts'
import { formatMicroseconds } from '../core/timestamp.ts'
import { type AnsweredBy, answeredByValues } from '../core/vocabulary.ts'
import {
  addService,
  F_REQUESTS,
  F_SERVED,
  F_SERVED_SQUARES,
  F_SERVED_SUM,
  flowFigure,
  SERVICE_BINS,
  serviceBinStart,
  stepsOf,
  sumSteps,
} from '../evidence/traffic-tally.ts'
import type { Incident } from './incident.ts'

const TOP = 10
/** Routes that follow those with most failures, by their requests: the mix of two runs is compared with them. */
const BUSIEST = 40
const MOST_POINTS = 720
const NICE_STEPS = [10, 60, 300, 900, 3_600, 21_600, 86_400, 604_800]

export function topRows(incident: Incident): Record<'targets' | 'routes' | 'minutes' | 'targetGroups', TopRow[]> {
  const { registry, tally, failures } = incident
  const targets = new Counter()
  const groups = new Counter()
  const routes = new Counter()
  const minutes = new Counter()
  const minuteSeconds = Math.max(60, tally.stepSeconds)
  const minuteKeys = new Map<number, string>()
  const minuteKey = (ms: number): string => {
    const minute = Math.floor(ms / 1000 / minuteSeconds)
    let key = minuteKeys.get(minute)
    if (key === undefined) {
      key = new Date(minute * minuteSeconds * 1000).toISOString().replace(':00.000Z', 'Z')
      minuteKeys.set(minute, key)
    }
    return key
  }
  for (const [id, flow] of registry.flows.entries()) {
    const requests = flowFigure(tally, id, F_REQUESTS)
    targets.addRequests(flow.target, requests)
    groups.addRequests(flow.targetGroup, requests)
  }
  for (const [step, count] of sumSteps(tally, registry.flows.keys()).entries())
    if (count > 0) minutes.addRequests(minuteKey((tally.firstStep + step) * tally.stepSeconds * 1000), count)
  for (let i = 0; i < failures.length; i++) {
    const flow = registry.flows[failures.flow[i] as number] as Flow
    const by = answeredByValues[failures.answeredBy[i] as number] as AnsweredBy
    targets.addFailure(flow.target, by)
    groups.addFailure(flow.targetGroup, by)
    routes.addFailure(registry.routes[failures.route[i] as number]?.text ?? '', by)
    minutes.addFailure(minuteKey(failures.end[i] as number), by)
  }
  for (const text of new Set([...routes.keys(), ...busyRoutes(incident, TOP + BUSIEST + 1)]))
    for (const id of registry.routeIds(text)) routes.addRequests(text, tally.routeRequests[id] ?? 0)
  return { targets: targets.top(), routes: routes.top(BUSIEST), minutes: minutes.top(), targetGroups: groups.top() }
}

/**
 * All routes that can be among the `most` with most requests: those that target groups share, and of the others those
 * that are busy enough. Among tens of thousands they are few.
 */
function busyRoutes({ registry, tally }: Incident, most: number): string[] {
  const { routes, sharedRoutes } = registry
  const counts = new Float64Array(routes.length)
  for (let id = 0; id < routes.length; id++)
    if (!sharedRoutes.has((routes[id] as Route).text)) counts[id] = tally.routeRequests[id] ?? 0
  const least = Math.max(1, counts.slice().sort()[routes.length - most] ?? 0)
  const busy = [...sharedRoutes]
  for (let id = 0; id < routes.length; id++) if ((counts[id] as number) >= least) busy.push((routes[id] as Route).text)
  return busy
}

class Counter {
  readonly #rows = new Map<string, { requests: number; failures: number; elb5xx: number; target5xx: number }>()

  keys(): Iterable<string> {
    return this.#rows.keys()
  }

  #row(key: string) {
    let row = this.#rows.get(key)
    if (row === undefined) {
      row = { requests: 0, failures: 0, elb5xx: 0, target5xx: 0 }
      this.#rows.set(key, row)
    }
    return row
  }

  addRequests(key: string, count: number): void {
    if (key !== '') this.#row(key).requests += count
  }

  addFailure(key: string, answeredBy: AnsweredBy): void {
    if (key === '') return
    const row = this.#row(key)
    row.failures++
    if (answeredBy === 'load-balancer') row.elb5xx++
    else if (answeredBy === 'target') row.target5xx++
  }

  /** Those with failures, most first; then, where asked for, as many of the others, the busiest first. */
  top(others = 0): TopRow[] {
    const failing = first(TOP, this.#rows, (row) => row.failures)
    const listed = new Set(failing.map(([key]) => key))
    const busiest = first(others, this.#rows, (row, key) => (listed.has(key) ? 0 : row.requests))
    return [...failing, ...busiest].map(([key, row]) => ({ key, ...row }))
  }
}

/** The `most` with the largest figure above none, by figure and name. Sorting all of them would take ten times as long. */
function first<Row>(most: number, rows: ReadonlyMap<string, Row>, figureOf: (row: Row, key: string) => number) {
  const best: { readonly key: string; readonly row: Row; readonly figure: number }[] = []
  for (const [key, row] of rows) {
    const figure = figureOf(row, key)
    if (figure <= 0) continue
    let at = best.length
    while (at > 0 && isBefore(figure, key, best[at - 1] as (typeof best)[number])) at--
    if (at >= most) continue
    best.splice(at, 0, { key, row, figure })
    if (best.length > most) best.pop()
  }
  return best.map(({ key, row }) => [key, row] as const)
}

function isBefore(figure: number, key: string, other: { readonly key: string; readonly figure: number }): boolean {
  return figure > other.figure || (figure === other.figure && key < other.key)
}

export function seriesOf(incident: Incident): Series | null {
  const { tally, failures, registry } = incident
  if (!(tally.maxEnd >= tally.minEnd)) return null
  const span = (tally.maxEnd - tally.minEnd) / 1000
  const stepSeconds =
    NICE_STEPS.find((step) => step >= tally.stepSeconds && span / step <= MOST_POINTS) ?? (NICE_STEPS.at(-1) as number)
  const firstPoint = Math.floor(tally.minEnd / 1000 / stepSeconds)
  const points = Math.floor(tally.maxEnd / 1000 / stepSeconds) - firstPoint + 1
  if (points > MOST_POINTS * 20) return null
  const zeros = (): number[] => new Array<number>(points).fill(0)
  const requests = zeros()
  const answeredBy: Record<AnsweredBy, number[]> = { 'load-balancer': zeros(), target: zeros(), nobody: zeros() }
  // By who answered and with what: a key of both as text would be made for each failure.
  const byStatus: (number[] | undefined)[] = []
  const add = (list: number[], point: number, count: number): void => {
    list[point] = (list[point] as number) + count
  }
  for (const [step, count] of sumSteps(tally, registry.flows.keys()).entries())
    if (count > 0)
      add(requests, Math.floor(((tally.firstStep + step) * tally.stepSeconds) / stepSeconds) - firstPoint, count)
  for (let i = 0; i < failures.length; i++) {
    const by = answeredByValues[failures.answeredBy[i] as number] as AnsweredBy
    const point = Math.floor((failures.end[i] as number) / 1000 / stepSeconds) - firstPoint
    add(answeredBy[by], point, 1)
    const key = (failures.elbStatus[i] as number) * answeredByValues.length + (failures.answeredBy[i] as number)
    let counts = byStatus[key]
    if (counts === undefined) {
      counts = zeros()
      byStatus[key] = counts
    }
    add(counts, point, 1)
  }
  const named = [...byStatus.entries()].flatMap(([key, counts]): [string, number[]][] => {
    const by = answeredByValues[key % answeredByValues.length]
    return counts === undefined ? [] : [[`${by} ${Math.floor(key / answeredByValues.length)}`, counts]]
  })
  const sorted = Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1)))
  return {
    stepSeconds,
    start: new Date(firstPoint * stepSeconds * 1000).toISOString(),
    columns: { requests, answeredBy, status: sorted },
  }
}

/** Requests of the flows that `isIn` accepts, within whole steps around [from, to]. */
export function requestsIn(incident: Incident, isIn: (flow: Flow) => boolean, from: number, to: number): number {
  const { tally, registry } = incident
  const stepMs = tally.stepSeconds * 1000
  const [low, high] = [Math.floor(from / stepMs), Math.floor(to / stepMs)]
  let sum = 0
  for (const [id, flow] of registry.flows.entries()) {
    if (isIn(flow)) sum += countIn(stepsOf(tally, id), low - tally.firstStep, high - tally.firstStep)
  }
  return sum
}

function countIn(steps: Uint32Array, first: number, last: number): number {
  let sum = 0
  for (let step = Math.max(0, first); step <= last && step < steps.length; step++) sum += steps[step] as number
  return sum
}

export function loadRows(
  incident: Incident,
  openRequests: ReadonlyMap<string, { readonly p99: number; readonly max: number }>,
): LoadRow[] {
  const { tally, registry } = incident
  const byTarget = new Map<string, number[]>()
  for (const [id, flow] of registry.flows.entries()) {
    if (flow.target === '') continue
    const key = `${flow.loadBalancer}|${flow.targetGroup}|${flow.target}`
    byTarget.set(key, [...(byTarget.get(key) ?? []), id])
  }
  const seconds = Math.max(1, (tally.maxEnd - tally.minEnd) / 1000)
  const rows: LoadRow[] = []
  for (const [key, ids] of byTarget) {
    const flow = registry.flows[ids[0] as number] as Flow
    const sum = (offset: number): number => ids.reduce((total, id) => total + flowFigure(tally, id, offset), 0)
    const histogram = new Float64Array(SERVICE_BINS)
    for (const id of ids) addService(histogram, tally, id)
    const served = sum(F_SERVED)
    const mean = served === 0 ? 0 : sum(F_SERVED_SUM) / served
    const variance = served === 0 ? 0 : Math.max(0, sum(F_SERVED_SQUARES) / served - mean * mean)
    const peak = largest(sumSteps(tally, ids))
    rows.push({
      loadBalancer: flow.loadBalancer,
      targetGroup: flow.targetGroup === '' ? null : flow.targetGroup,
      target: flow.target,
      requestsPerSecond: { mean: round(sum(F_REQUESTS) / seconds), peak: round(peak / tally.stepSeconds) },
      serviceSeconds:
        served === 0
          ? null
          : {
              mean: round(mean / 1000),
              p50: round(quantile(histogram, 0.5) / 1000),
              p99: round(quantile(histogram, 0.99) / 1000),
              cv2: mean === 0 ? 0 : round(variance / (mean * mean)),
            },
      openRequests: openRequests.get(key) ?? null,
    })
  }
  return rows.sort((a, b) => b.requestsPerSecond.mean - a.requestsPerSecond.mean || (a.target < b.target ? -1 : 1))
}

function largest(counts: Float64Array): number {
  let most = 0
  for (let n = 0; n < counts.length; n++) most = Math.max(most, counts[n] as number)
  return most
}

/** Middle of the bin in which the quantile lies, ms. */
function quantile(histogram: Float64Array, share: number): number {
  let total = 0
  for (const count of histogram) total += count
  let left = total * share
  for (const [bin, count] of histogram.entries()) {
    left -= count
    if (left <= 0 && count > 0) return bin < 16 ? bin : (serviceBinStart(bin) + serviceBinStart(bin + 1)) / 2
  }
  return 0
}

export function round(value: number): number {
  return Math.round(value * 10_000) / 10_000
}

export function isoOrNull(ms: number): string | null {
  return Number.isNaN(ms) ? null : formatMicroseconds(ms)
}
