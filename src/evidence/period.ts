import { binomialSurprise } from '../core/binomial-surprise.ts'
import { mostOf } from '../core/extremes.ts'

/** A constant distance between events, in whatever unit they are counted. */
export interface Period {
  readonly period: number
  /** Width of the arc, in periods, in which the events were looked for. */
  readonly within: number
  /** -log10 of the chance that random events are this regular for any period that was tried. */
  readonly surprise: number
  /** Per series and event: inside that arc around where it is due. */
  readonly isOnBeat: readonly (readonly boolean[])[]
}

const LEAST_EVENTS = 3
const MOST_EVENTS = 100
const MOST_PERIODS = 2_000
const ARCS = [0.05, 0.1, 0.2] as const

/**
 * Do events come whole periods apart? For each period that fits three times into the series, the phases of its events
 * are laid on a circle, and the fullest arc counts. Every series has an offset of its own: nobody knows when its first
 * event was due. Events ascending; only the first of a long series are tried, so the work is bounded.
 */
export function findPeriod(series: readonly (readonly number[])[], shortest: number): Period | undefined {
  const tried = series.map((events) => events.slice(0, MOST_EVENTS)).filter((events) => events.length >= LEAST_EVENTS)
  if (tried.length === 0) return undefined
  const span = mostOf(tried.map((events) => (events.at(-1) as number) - (events[0] as number)))
  if (!(span / 3 > shortest)) return undefined
  let best: { readonly frequency: number; readonly arc: number; readonly surprise: number } | undefined
  for (const arc of ARCS) {
    // Two periods are told apart when the last event has moved by an arc.
    const step = arc / 2 / span
    const first = 3 / span
    const frequencies = Math.min(MOST_PERIODS, Math.floor((1 / shortest - first) / step) + 1)
    const trials = Math.log10(frequencies * ARCS.length)
    const surprises = tried.map((events) => events.map((_, n) => arcSurprise(n + 1, events.length, arc)))
    const joint = (
      frequency: number,
      countOf: (events: readonly number[], frequency: number, arc: number) => number,
    ) => {
      let surprise = 0
      for (const [n, events] of tried.entries())
        surprise += surprises[n]?.[countOf(events, frequency, arc) - 1] as number
      return jointly(surprise, tried.length) - trials
    }
    for (let n = 0; n < frequencies; n++) {
      const frequency = first + n * step
      // The multiples of a frequency are as regular; the lowest of them is the period.
      const toBeat = best === undefined ? 0 : best.surprise * 1.02
      // Hardly one of thousands could: the others need no exact count.
      if (joint(frequency, mostInArc) <= toBeat) continue
      const found = joint(frequency, countInArc)
      if (found > toBeat) best = { frequency, arc, surprise: found }
    }
  }
  if (best === undefined) return undefined
  const { frequency, arc, surprise } = best
  return {
    period: 1 / frequency,
    within: arc,
    surprise,
    isOnBeat: series.map((events) => {
      const { from } = fullestArc(events.slice(0, MOST_EVENTS), frequency, arc)
      return events.map((event) => turn(event * frequency - from) <= arc)
    }),
  }
}

/** -log10 of the chance that the fullest arc of random phases that begins at one of them holds so many. */
function arcSurprise(found: number, of: number, arc: number): number {
  if (found - 1 <= (of - 1) * arc) return 0
  return Math.max(0, binomialSurprise(found - 1, of - 1, arc) - Math.log10(of))
}

/** Several series that are each unlikely: -log10 of the chance of a product so small (Fisher). */
function jointly(sum: number, series: number): number {
  const s = sum * Math.LN10
  let [term, tail] = [1, 1]
  for (let n = 1; n < series; n++) {
    term *= s / n
    tail += term
  }
  return sum - Math.log10(tail)
}

const SLICES = 64
const inSlice = new Uint8Array(SLICES)

/** At least as many as the fullest arc holds, without sorting: the slices of the circle that such an arc can touch. */
function mostInArc(events: readonly number[], frequency: number, arc: number): number {
  inSlice.fill(0)
  for (let n = 0; n < events.length; n++) {
    const slice = Math.floor(turn((events[n] as number) * frequency) * SLICES)
    inSlice[slice] = (inSlice[slice] as number) + 1
  }
  const touched = Math.floor(arc * SLICES) + 2
  let here = 0
  for (let slice = 0; slice < touched; slice++) here += inSlice[slice] as number
  let most = here
  for (let from = 0; from < SLICES; from++) {
    here += (inSlice[(from + touched) % SLICES] as number) - (inSlice[from] as number)
    if (here > most) most = here
  }
  return most
}

function countInArc(events: readonly number[], frequency: number, arc: number): number {
  return fullestArc(events, frequency, arc).count
}

function fullestArc(
  events: readonly number[],
  frequency: number,
  arc: number,
): { readonly count: number; readonly from: number } {
  const phases = Float64Array.from(events, (event) => turn(event * frequency)).sort()
  let best = { count: 0, from: 0 }
  let high = 0
  for (let low = 0; low < phases.length; low++) {
    const from = phases[low] as number
    while (high < low + phases.length && phaseAt(phases, high) - from <= arc) high++
    if (high - low > best.count) best = { count: high - low, from }
  }
  return best
}

/** Round and round the circle. */
function phaseAt(phases: Float64Array, n: number): number {
  return n < phases.length ? (phases[n] as number) : (phases[n - phases.length] as number) + 1
}

/** The part of a turn, 0 to 1. */
function turn(turns: number): number {
  const part = turns - Math.floor(turns)
  // What is a rounding error before the start is at the start.
  return part > 1 - 1e-9 ? 0 : part
}
