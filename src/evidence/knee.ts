import { sortTimes } from '../core/sort-times.ts'
import type { TargetRows } from './kept-traffic.ts'

/** More open requests do not finish more: from one level to at least twice that, a target's throughput stays the same. */
export interface Knee {
  /** The lowest such level: the target works on at most this many requests at once. */
  readonly level: number
  /** Answers a second from there to `upTo`. */
  readonly perSecond: number
  readonly upTo: number
  /** For a table: open requests (from), seconds spent there, answers a second. */
  readonly steps: readonly { readonly from: number; readonly seconds: number; readonly perSecond: number }[]
}

const LEAST_SECONDS = 2
const LEAST_ANSWERS = 30
const LEAST_OF_STEP = 5

/**
 * Throughput against open requests. Below the knee every open request is being worked on, so throughput grows with the
 * level; above it the rest waits, and throughput stays at c / S. Only what
 * ended in the given time counts: before, the same work may have been quicker. reference: causes.md, entry 36.
 */
export function findKnee(rows: TargetRows, fromMs: number, toMs: number): Knee | undefined {
  const times = timesBetween(rows, fromMs, toMs)
  if (times.answered.length < LEAST_ANSWERS) return undefined
  const { seconds, answers } = timeAtSteps(times)
  const steps: { from: number; seconds: number; perSecond: number; answers: number }[] = []
  for (let step = 1; step < seconds.length; step++) {
    const spent = seconds[step] ?? 0
    if (spent >= LEAST_SECONDS)
      steps.push({
        from: startOf(step),
        seconds: spent,
        perSecond: (answers[step] ?? 0) / spent,
        answers: answers[step] ?? 0,
      })
  }
  let best: { readonly from: number; readonly to: number } | undefined
  for (let from = 0; from < steps.length; from++) {
    let [answered, spent] = [0, 0]
    for (let to = from; to < steps.length; to++) {
      const step = steps[to] as (typeof steps)[number]
      if (step.answers < LEAST_OF_STEP) break
      const usual = answered === 0 ? step.answers : (answered / spent) * step.seconds
      // As many as at the levels below, but for chance.
      if (Math.abs(step.answers - usual) > 2.5 * Math.sqrt(usual) + 0.15 * usual) break
      answered += step.answers
      spent += step.seconds
      const isWide = step.from >= (steps[from] as { from: number }).from * 2 && to - from >= 3
      if (isWide && answered >= LEAST_ANSWERS && (best === undefined || to - from > best.to - best.from))
        best = { from, to }
    }
  }
  if (best === undefined) return undefined
  const flat = steps.slice(best.from, best.to + 1)
  const spent = flat.reduce((sum, step) => sum + step.seconds, 0)
  return {
    level: (flat[0] as { from: number }).from,
    perSecond: flat.reduce((sum, step) => sum + step.answers, 0) / spent,
    upTo: (flat.at(-1) as { from: number }).from,
    steps: steps.map(({ from, seconds: long, perSecond }) => ({ from, seconds: long, perSecond })),
  }
}

interface Times {
  readonly handed: Float64Array
  readonly ended: Float64Array
  readonly answered: Float64Array
}

/** Each in rising order. */
function timesBetween(rows: TargetRows, fromMs: number, toMs: number): Times {
  const times = {
    handed: new Float64Array(rows.length),
    ended: new Float64Array(rows.length),
    answered: new Float64Array(rows.length),
  }
  const { used, served } = fillTimes(times, rows, fromMs, toMs)
  return {
    handed: sortTimes(times.handed.subarray(0, used)),
    ended: sortTimes(times.ended.subarray(0, used)),
    answered: sortTimes(times.answered.subarray(0, served)),
  }
}

function fillTimes({ handed, ended, answered }: Times, rows: TargetRows, fromMs: number, toMs: number) {
  let used = 0
  let served = 0
  for (let i = 0; i < rows.length; i++) {
    const start = rows.start[i] as number
    const requestMs = rows.requestMs[i] as number
    const end = rows.end[i] as number
    if (Number.isNaN(start) || requestMs < 0 || end < fromMs || end > toMs) continue
    handed[used] = start + requestMs
    ended[used++] = Math.max(end, start + requestMs)
    if (rows.targetStatus[i] !== 0) answered[served++] = end
  }
  return { used, served }
}

/** Steps of a sixth, so that levels up to hundreds make a short table. */
function timeAtSteps({ handed, ended, answered }: Times) {
  const seconds: number[] = []
  const answers: number[] = []
  let [begun, gone, counted] = [0, 0, 0]
  let last = handed[0] as number
  while (gone < ended.length) {
    const isBegin = begun < handed.length && (handed[begun] as number) <= (ended[gone] as number)
    const now = (isBegin ? handed[begun] : ended[gone]) as number
    const step = stepOf(begun - gone)
    seconds[step] = (seconds[step] ?? 0) + (now - last) / 1000
    for (; counted < answered.length && (answered[counted] as number) <= now; counted++)
      answers[step] = (answers[step] ?? 0) + 1
    last = now
    if (isBegin) begun++
    else gone++
  }
  return { seconds, answers }
}

/** 0, 1, 2 ... 8, then steps of a sixth. */
function stepOf(level: number): number {
  return level <= 8 ? level : 8 + Math.ceil(Math.log(level / 8) / Math.log(7 / 6))
}

function startOf(step: number): number {
  return step <= 8 ? step : Math.floor(8 * (7 / 6) ** (step - 9)) + 1
}
