import { firstFrom } from '../core/first-from.ts'
import { formatCount } from '../core/format-count.ts'
import { correctionMs } from './clock.ts'
import type { Joined } from './joined.ts'
import { type Subjects, targetOf } from './subjects.ts'

export interface Coverage {
  /** Some log of this role was given. */
  readonly isThere: boolean
  /** Absence from it is evidence, for the failures that are not in `gaps`. */
  readonly isCovering: boolean
  /** Healthy requests of the same targets and time: looked up, found. */
  readonly asked: number
  readonly found: number
  /** Why absence says nothing, as the end of a sentence; undefined when it does. */
  readonly gap: string | undefined
  /** Failures whose own neighbours, in time and on their target, are not in the log either. */
  readonly gaps: ReadonlySet<number>
}

type Role = 'app' | 'proxy'

const AROUND_MS = 5 * 60_000
const LEAST_CONTROLS = 5
const ENOUGH = 0.95
/** Neighbours asked on each side of a failure, and the share of them that must be there. */
const NEIGHBOURS = 5
const ENOUGH_NEIGHBOURS = 0.8
const BIT = { app: 1, proxy: 2 } as const

/** Whether the logs of this role show, by healthy requests, that they cover these failures' time and targets. */
export function coverageOf(joined: Joined, role: Role, failures: readonly number[]): Coverage {
  const files = joined.testimonies.filter((each) => each.role === role)
  const none = { asked: 0, found: 0, gaps: new Set<number>() }
  if (files.length === 0) return { ...none, isThere: false, isCovering: false, gap: 'none was given' }
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
  const base = { ...none, isThere: true, asked: counted.asked, found: counted.found }
  const not = (gap: string): Coverage => ({ ...base, isCovering: false, gap })
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const file of files) {
    const shift = correctionMs(file.shiftMs)
    if (file.firstMs + shift < first) first = file.firstMs + shift
    if (file.lastMs + shift > last) last = file.lastMs + shift
  }
  if (last < from || first > to) return not('it covers another time')
  if (counted.asked < LEAST_CONTROLS) return not('too few healthy requests of that time to show that it covers it')
  if (counted.found === 0) return not(`none of ${say(counted.asked)} healthy requests of that time is in it either`)
  if (counted.found < counted.asked * ENOUGH)
    return not(`only ${say(counted.found)} of ${say(counted.asked)} healthy requests of that time are in it`)
  return { ...base, isCovering: true, gap: undefined, gaps: gapsOf(joined, role, failures) }
}

/** A log may hold nearly all requests of an hour and lack the very minute, or the one pod, that matters. */
function gapsOf(joined: Joined, role: Role, failures: readonly number[]): ReadonlySet<number> {
  const gaps = new Set<number>()
  const { controlsByTarget } = joined
  for (const failure of failures) {
    const at = joined.subjects.end[failure] as number
    const own = neighbours(joined, role, at, controlsByTarget.get(targetOf(joined.subjects, failure)))
    const { asked, found } = own.asked >= LEAST_CONTROLS ? own : neighbours(joined, role, at, controlsByTarget.get(''))
    if (asked > 0 && found < asked * ENOUGH_NEIGHBOURS) gaps.add(failure)
  }
  return gaps
}

function neighbours(
  joined: Joined,
  role: Role,
  at: number,
  controls: readonly number[] = [],
): { asked: number; found: number } {
  const end = (place: number): number => joined.subjects.controls[controls[place] as number]?.end ?? Number.NaN
  const low = firstFrom(controls.length, end, at)
  let [asked, found] = [0, 0]
  for (let place = Math.max(0, low - NEIGHBOURS); place < Math.min(controls.length, low + NEIGHBOURS); place++) {
    if (Math.abs(end(place) - at) > AROUND_MS) continue
    asked++
    if (((joined.controlsSeen[controls[place] as number] as number) & BIT[role]) !== 0) found++
  }
  return { asked, found }
}

/** Healthy requests by target, and all of them under '', by the time they ended. */
export function controlsByTarget({ controls }: Subjects): ReadonlyMap<string, readonly number[]> {
  const all = [...controls.keys()].sort((a, b) => (controls[a]?.end ?? 0) - (controls[b]?.end ?? 0))
  const byTarget = new Map<string, number[]>([['', all]])
  for (const index of all) {
    const target = controls[index]?.target ?? ''
    if (target === '') continue
    const known = byTarget.get(target)
    if (known === undefined) byTarget.set(target, [index])
    else known.push(index)
  }
  return byTarget
}

function countControls(
  joined: Joined,
  role: Role,
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
  return formatCount(count)
}
