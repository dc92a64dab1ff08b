import { leastOf, mostOf } from '../core/extremes.ts'
import { answeredByValues } from '../core/vocabulary.ts'
import { flowOf, type Subjects } from './subjects.ts'
import type { MetricSeries } from './testimony.ts'

/** CloudWatch's counts beside the log's, period by period, in the time that both cover. */
export interface MetricsFit {
  /** `other`: the counts are so different that they are of another load balancer or time. */
  readonly kinship: 'same' | 'other'
  /** Load balancers that the metrics are of; undefined: all of the log. */
  readonly loadBalancer: string | undefined
  readonly startMs: number
  readonly stepMs: number
  readonly log: Counts
  readonly cloud: Counts
  /** Periods that lie within the log from beginning to end; what they hold is complete or is not. */
  readonly isWhole: readonly boolean[]
  /** Failures of the log outside the metrics' time. */
  readonly outside: number
}

export interface Counts {
  readonly loadBalancer: readonly number[]
  readonly target: readonly number[]
}

const MOST_PERIODS = 2_000
/** Of the larger sum, so much must be common to both. Delivery is best effort, but not that bad. */
const LEAST_IN_COMMON = 0.5
const ENOUGH = 10

/** undefined without `HTTPCode_ELB_5XX_Count`. */
export function metricsFit(metrics: readonly MetricSeries[], subjects: Subjects): MetricsFit | undefined {
  const elb = metrics.find((metric) => metric.name === 'HTTPCode_ELB_5XX_Count')
  const target = metrics.find((metric) => metric.name === 'HTTPCode_Target_5XX_Count')
  const requests = metrics.find((metric) => metric.name === 'RequestCount')
  const all = [elb, target, requests].flatMap((metric) => metric?.points ?? [])
  if (elb === undefined || all.length === 0) return undefined
  const stepMs = Math.max(elb.periodMs, target?.periodMs ?? 0, 60_000)
  const startMs = leastOf(all.map(([time]) => time))
  const length = Math.floor((mostOf(all.map(([time]) => time)) - startMs) / stepMs) + 1
  if (length > MOST_PERIODS) return undefined
  const { logWindow } = subjects
  const at = (index: number): number => startMs + index * stepMs
  const isCommon = Array.from(
    { length },
    (_, index) => at(index) + stepMs > logWindow.start && at(index) <= logWindow.end,
  )
  const isWhole = isCommon.map((is, index) => is && at(index) >= logWindow.start && at(index) + stepMs <= logWindow.end)
  const cloud = { loadBalancer: zeros(length), target: zeros(length) }
  for (const [metric, list] of [
    [elb, cloud.loadBalancer],
    [target, cloud.target],
  ] as const)
    for (const [time, value] of metric?.points ?? []) {
      const index = Math.floor((time - startMs) / stepMs)
      if (isCommon[index]) list[index] = (list[index] as number) + value
    }
  const names = [...new Set(subjects.flows.map((flow) => flow.loadBalancer))]
  const candidates = [undefined, ...(names.length > 1 ? names : [])]
    .map((loadBalancer) => ({ loadBalancer, ...countsOf(subjects, loadBalancer, startMs, stepMs, length) }))
    .map((each) => ({ ...each, share: inCommon(each.log, cloud) }))
  const best = candidates.reduce((a, b) => (b.share > a.share ? b : a))
  const most = Math.max(sumOf(best.log), sumOf(cloud))
  const isOther = !isCommon.includes(true) || (most >= ENOUGH && best.share < LEAST_IN_COMMON)
  return {
    kinship: isOther ? 'other' : 'same',
    loadBalancer: best.loadBalancer,
    startMs,
    stepMs,
    log: best.log,
    cloud,
    isWhole,
    outside: best.outside,
  }
}

function countsOf(
  subjects: Subjects,
  loadBalancer: string | undefined,
  startMs: number,
  stepMs: number,
  length: number,
): { log: Counts; outside: number } {
  const log = { loadBalancer: zeros(length), target: zeros(length) }
  const { failures, end } = subjects
  let outside = 0
  for (let i = 0; i < failures.length; i++) {
    const by = answeredByValues[failures.answeredBy[i] as number]
    // 460 counts as a 4XX there.
    if (by === 'nobody' || (loadBalancer !== undefined && flowOf(subjects, i).loadBalancer !== loadBalancer)) continue
    const index = Math.floor(((end[i] as number) - startMs) / stepMs)
    const list = by === 'target' ? log.target : log.loadBalancer
    if (index < 0 || index >= length) outside++
    else list[index] = (list[index] as number) + 1
  }
  return { log, outside }
}

function inCommon(log: Counts, cloud: Counts): number {
  const most = Math.max(sumOf(log), sumOf(cloud))
  if (most === 0) return 1
  let common = 0
  for (const key of ['loadBalancer', 'target'] as const)
    for (const [index, value] of log[key].entries()) common += Math.min(value, cloud[key][index] as number)
  return common / most
}

export function sumOf({ loadBalancer, target }: Counts, isCounted?: readonly boolean[]): number {
  let sum = 0
  for (const list of [loadBalancer, target])
    for (const [index, value] of list.entries()) if (isCounted === undefined || isCounted[index]) sum += value
  return sum
}

function zeros(length: number): number[] {
  return new Array<number>(length).fill(0)
}
