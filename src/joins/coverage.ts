import type { Joined } from './joined.ts'
import { targetOf } from './subjects.ts'

export interface Coverage {
  /** Some log of this role was given. */
  readonly isThere: boolean
  /** Absence from it is evidence. */
  readonly isCovering: boolean
  /** Healthy requests of the same targets and time: looked up, found. */
  readonly asked: number
  readonly found: number
  /** Why absence says nothing, as the end of a sentence; undefined when it does. */
  readonly gap: string | undefined
}

const AROUND_MS = 5 * 60_000
const LEAST_CONTROLS = 5
const ENOUGH = 0.95
const BIT = { app: 1, proxy: 2 } as const

/** Whether the logs of this role show, by healthy requests, that they cover these failures' time and targets. */
export function coverageOf(joined: Joined, role: 'app' | 'proxy', failures: readonly number[]): Coverage {
  const files = joined.testimonies.filter((each) => each.role === role)
  if (files.length === 0) return { isThere: false, isCovering: false, asked: 0, found: 0, gap: 'none was given' }
  const { subjects } = joined
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  const targets = new Set<string>()
  for (const failure of failures) {
    from = Math.min(from, subjects.end[failure] as number)
    to = Math.max(to, subjects.end[failure] as number)
    targets.add(targetOf(subjects, failure))
  }
  const near = countControls(joined, role, from - AROUND_MS, to + AROUND_MS, targets)
  // A target that served nothing then is judged by its neighbours.
  const counted = near.asked >= LEAST_CONTROLS ? near : countControls(joined, role, from - AROUND_MS, to + AROUND_MS)
  const base = { isThere: true, asked: counted.asked, found: counted.found }
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const file of files) {
    const shift = file.shiftMs ?? 0
    if (file.firstMs + shift < first) first = file.firstMs + shift
    if (file.lastMs + shift > last) last = file.lastMs + shift
  }
  if (last < from || first > to) return { ...base, isCovering: false, gap: 'it covers another time' }
  if (counted.asked < LEAST_CONTROLS)
    return { ...base, isCovering: false, gap: 'too few healthy requests of that time to show that it covers it' }
  if (counted.found === 0)
    return {
      ...base,
      isCovering: false,
      gap: `none of ${say(counted.asked)} healthy requests of that time is in it either`,
    }
  if (counted.found < counted.asked * ENOUGH)
    return {
      ...base,
      isCovering: false,
      gap: `only ${say(counted.found)} of ${say(counted.asked)} healthy requests of that time are in it`,
    }
  return { ...base, isCovering: true, gap: undefined }
}

function countControls(
  joined: Joined,
  role: 'app' | 'proxy',
  from: number,
  to: number,
  targets?: ReadonlySet<string>,
): { asked: number; found: number } {
  let [asked, found] = [0, 0]
  for (const [index, control] of joined.subjects.controls.entries()) {
    if (control.end < from || control.end > to || (targets && !targets.has(control.target))) continue
    asked++
    if (((joined.controlsSeen[index] as number) & BIT[role]) !== 0) found++
  }
  return { asked, found }
}

export function say(count: number): string {
  return count.toLocaleString('en-US')
}
