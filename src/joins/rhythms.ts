import { leastOf, mostOf } from '../core/extremes.ts'
import { findInterval } from './interval.ts'
import type { Rhythm } from './testimony.ts'

const MOST_SERIES = 200
const MOST_TIMES = 400

interface Series {
  readonly what: Rhythm['what']
  readonly of: string
  readonly times: number[]
}

/** Who asks again and again: times per asker and asked, the first few hundred of each. */
export class RhythmTally {
  readonly #series = new Map<string, Series>()
  #stepMs = 1

  /** `of`: what is asked for. `by`: what tells one asker and one asked from others. */
  add(what: Rhythm['what'], of: string, by: string, timeMs: number, stepMs: number): void {
    const key = `${of}\n${by}`
    let series = this.#series.get(key)
    if (series === undefined) {
      if (this.#series.size >= MOST_SERIES) return
      series = { what, of, times: [] }
      this.#series.set(key, series)
    }
    if (series.times.length < MOST_TIMES) series.times.push(timeMs)
    if (stepMs > this.#stepMs) this.#stepMs = stepMs
  }

  /** One for each thing that all its askers ask for at one interval. */
  finish(): Rhythm[] {
    const found = new Map<string, { rhythms: Rhythm[]; isBroken: boolean; what: Rhythm['what'] }>()
    for (const { what, of, times } of this.#series.values()) {
      if (times.length < 4) continue
      const interval = findInterval(
        times.sort((a, b) => a - b),
        this.#stepMs,
      )
      const known = found.get(of) ?? { rhythms: [], isBroken: false, what }
      if (interval) known.rhythms.push({ what, of, askers: 1, ...interval })
      else known.isBroken = true
      found.set(of, known)
    }
    return [...found.values()].flatMap(({ rhythms, isBroken }) => {
      const [first] = rhythms
      if (first === undefined || isBroken) return []
      if (rhythms.some(({ seconds }) => Math.abs(seconds - first.seconds) > 0.05 * first.seconds + 0.05)) return []
      return [
        {
          ...first,
          askers: rhythms.length,
          hits: rhythms.reduce((sum, { hits }) => sum + hits, 0),
          asked: rhythms.reduce((sum, { asked }) => sum + asked, 0),
          fromSeconds: leastOf(rhythms.map(({ fromSeconds }) => fromSeconds)),
          toSeconds: mostOf(rhythms.map(({ toSeconds }) => toSeconds)),
        },
      ]
    })
  }
}
