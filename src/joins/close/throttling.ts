import type { Closing } from '../closing.ts'
import { say } from '../coverage.ts'
import type { Joined } from '../joined.ts'
import { byTargetGroup, flowOf, groupKey, symptomOf, targetOf } from '../subjects.ts'
import type { MetricSeries } from '../testimony.ts'
import { isNodePort, workloadOf } from '../workloads.ts'

const PERIODS = 'container_cpu_cfs_periods_total'
const THROTTLED = 'container_cpu_cfs_throttled_periods_total'
const OVER_LIMIT = 'pod_cpu_utilization_over_pod_limit'
/** So much of a wait must have been periods in which the container was stopped. */
const LEAST_SHARE = 0.5
/** ... and at other times at most so much of that. */
const MOST_USUAL = 0.5
const LEAST_PERIODS = 10
const LEAST_FAILURES = 5
/** One failure of another kind among them must not hide the rest, half of them must. */
const NEARLY_ALL = 0.8
/** An average over a minute that is this near to the limit was at it. */
const AT_LIMIT_PERCENT = 95
const BELOW_LIMIT_PERCENT = 75

/** Causes of lateness that look the same in the log, and leave the CPU alone. */
const REFUTED = ['worker-pool-exhausted', 'target-idle-timeout']

interface Measured {
  /** Of the waits of failures, and of all other time. */
  readonly during: number
  readonly usual: number
  readonly says: string
}

/** Answers that came too late, beside what the kernel counted of the pods behind them: periods in which it stopped them. */
export function closeByThrottling(joined: Joined, failures: readonly number[]): Closing[] {
  const { all } = joined.metrics
  if (!all.some(({ name }) => name === THROTTLED || name === OVER_LIMIT)) return []
  const late = failures.filter((failure) => symptomOf(joined.subjects, failure) === 'response-timeout')
  return byTargetGroup(joined.subjects, late).flatMap((some) => closeGroup(joined, some))
}

function closeGroup(joined: Joined, late: readonly number[]): Closing[] {
  const found = new Map<number, Measured>()
  for (const [target, mine] of byTarget(joined, late)) {
    const measured = byCounters(joined, target, mine) ?? byUtilisation(joined, mine)
    if (measured !== undefined) for (const failure of mine) found.set(failure, measured)
  }
  if (found.size < late.length * NEARLY_ALL) return []
  return [...found].map(([failure, { during, usual, says }]): Closing => {
    const isSure = late.length >= LEAST_FAILURES && usual <= during * MOST_USUAL
    return {
      failure,
      cause: 'cpu-throttled-target',
      confidence: isSure ? 'likely' : 'possible',
      because: says,
      candidates: ['worker-pool-exhausted', 'event-loop-blocked'],
      ...(isSure ? { refutes: REFUTED } : {}),
    }
  })
}

function byTarget(joined: Joined, late: readonly number[]): ReadonlyMap<string, readonly number[]> {
  const targets = new Map<string, number[]>()
  for (const failure of late) {
    const target = targetOf(joined.subjects, failure)
    // Behind a NodePort any pod of the Service may have had it.
    const key = isNodePort(target) ? '' : target
    const known = targets.get(key)
    if (known === undefined) targets.set(key, [failure])
    else known.push(failure)
  }
  return targets
}

function byCounters(joined: Joined, target: string, late: readonly number[]): Measured | undefined {
  const own = seriesOf(joined, THROTTLED, target, late[0] as number)
  const spans = waitsOf(joined, late)
  let [stopped, periods, stoppedElse, periodsElse] = [0, 0, 0, 0]
  const totals = new Map(
    joined.metrics.all.flatMap((each) => (each.name === PERIODS ? [[containerOf(each), each]] : [])),
  )
  for (const throttled of own) {
    const total = totals.get(containerOf(throttled))
    if (total === undefined) continue
    for (const step of stepsOf(throttled, total)) {
      if (spans.some((span) => step.from < span.end && step.to > span.start)) {
        stopped += step.throttled
        periods += step.periods
      } else {
        stoppedElse += step.throttled
        periodsElse += step.periods
      }
    }
  }
  if (periods < LEAST_PERIODS || stopped < periods * LEAST_SHARE) return undefined
  const during = stopped / periods
  // Without another time nobody knows what is usual.
  const usual = periodsElse < LEAST_PERIODS ? 1 : stoppedElse / periodsElse
  const pods = new Set(own.map(({ label }) => label)).size
  return {
    during,
    usual,
    says: `while these waited, the kernel stopped ${pods === 1 ? `its pod ${own[0]?.label}` : `the ${pods} pods behind it`} in ${percent(during)} of the CPU periods (${say(stopped)} of ${say(periods)}), at other times ${periodsElse < LEAST_PERIODS ? 'not measured' : `in ${percent(usual)}`}: the CPU limit was used up`,
  }
}

/** Container Insights knows the minute's average only. */
function byUtilisation(joined: Joined, late: readonly number[]): Measured | undefined {
  const spans = waitsOf(joined, late)
  const during: number[] = []
  const others: number[] = []
  const all = joined.metrics.all.filter(({ name }) => name === OVER_LIMIT)
  const own = all.filter(({ label }) => isNamed(joined, late[0] as number, label))
  for (const series of own.length > 0 ? own : all) {
    for (const [start, value] of series.points)
      if (spans.some((span) => start < span.end && start + series.periodMs > span.start)) during.push(value)
      else others.push(value)
  }
  const [now, usual] = [meanOf(during), meanOf(others)]
  if (!(now >= AT_LIMIT_PERCENT)) return undefined
  const isQuiet = own.length > 0 && others.length >= 3 && usual <= BELOW_LIMIT_PERCENT
  return {
    during: 1,
    usual: isQuiet ? 0 : 1,
    says: `CloudWatch Container Insights has ${own.length > 0 ? 'its' : 'some'} pods at ${now.toFixed(0)} % of their CPU limit (${OVER_LIMIT}) in the minutes of these waits${others.length === 0 ? '' : `, at ${usual.toFixed(0)} % in the others`}`,
  }
}

/** Dimensions are in a label, where somebody put them there: of whose pods it speaks. */
function isNamed(joined: Joined, failure: number, label: string): boolean {
  const words = label.split(/[^A-Za-z0-9-]+/)
  const known = joined.workloads.get(groupKey(flowOf(joined.subjects, failure)))
  return words.some((word) => known?.has(workloadOf(word)) === true)
}

/** Counters of the pods behind a target; '' is any pod of the group. */
function seriesOf(joined: Joined, name: string, target: string, failure: number): readonly MetricSeries[] {
  const all = joined.metrics.all.filter((each) => each.name === name && each.labels?.pod !== undefined)
  const host = target.slice(0, target.lastIndexOf(':'))
  const pods = new Set([
    ...joined.pods.filter((pod) => host !== '' && pod.addresses.includes(host)).map((pod) => pod.name),
    ...(joined.podsOfTarget.get(target) ?? []),
  ])
  const own = all.filter(({ labels }) => pods.has(labels?.pod ?? ''))
  if (own.length > 0) return own
  const known = joined.workloads.get(groupKey(flowOf(joined.subjects, failure)))
  return all.filter(({ labels }) => known?.has(workloadOf(labels?.pod ?? '')) === true)
}

function containerOf({ labels }: MetricSeries): string {
  return [labels?.namespace, labels?.pod, labels?.container, labels?.id].join(' ')
}

interface Step {
  readonly from: number
  readonly to: number
  readonly throttled: number
  readonly periods: number
}

/** What both counters gained from one sample to the next; a restart begins at 0 again, and is left out. */
function stepsOf(throttled: MetricSeries, total: MetricSeries): Step[] {
  const totals = new Map(total.points)
  const steps: Step[] = []
  for (const [index, [to, stopped]] of throttled.points.entries()) {
    const before = throttled.points[index - 1]
    const [now, then] = [totals.get(to), before && totals.get(before[0])]
    if (before === undefined || now === undefined || then === undefined) continue
    if (stopped < before[1] || now < then) continue
    steps.push({ from: before[0], to, throttled: stopped - before[1], periods: now - then })
  }
  return steps
}

/** Waits that overlap are one. */
function waitsOf({ subjects }: Joined, late: readonly number[]): readonly { start: number; end: number }[] {
  const spans: { start: number; end: number }[] = []
  const startOf = (failure: number): number => subjects.start[failure] as number
  for (const failure of [...late].sort((a, b) => startOf(a) - startOf(b))) {
    const [start, end] = [startOf(failure), subjects.end[failure] as number]
    const last = spans.at(-1)
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end)
    else spans.push({ start, end })
  }
  return spans
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`
}
