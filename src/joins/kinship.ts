import { formatCount } from '../core/format-count.ts'
import { fittingSubjects, type LooseRow } from './match-loose.ts'
import type { Subjects, TimeSpan } from './subjects.ts'

/**
 * Whether a log speaks of the requests of this load balancer. `other`: its own requests of that time are not in the load
 * balancer's log, so whatever else it says is about somebody else. `unknown`: it names too few requests to tell.
 */
export type Kinship = 'same' | 'other' | 'unknown'

export interface KinshipFound {
  readonly kinship: Kinship
  /** The end of a sentence, for `other` only. */
  readonly why: string | undefined
}

/** What a log's requests are counted by. */
export interface RequestsOfLog {
  /** Rows with trace ids that were made in the load balancer's window, and those of them that it knows. */
  readonly traced: number
  readonly tracedFound: number
  /** Rows without trace id for which the load balancer has a request of that method and path, at any time. */
  readonly loose: readonly LooseRow[]
  /** Times of rows without trace id that ask for something the load balancer never saw. */
  readonly strangers: ArrayLike<number>
  readonly shiftMs: number
}

/** So many requests must be expected in the load balancer's log before their absence says anything. */
const ENOUGH = 10
const MOST_LOOKED_AT = 2_000
const SLACK_MS = 2_000
/** How many rows fit by chance is seen by moving the clock: none of these is a time zone or a usual period. */
const DECOYS_MS = [-139_000, -61_000, -23_000, 23_000, 61_000, 139_000]
/** At least this share of what is expected must fit beyond chance. */
const LEAST_SHARE = 0.25

export function kinshipOf(log: RequestsOfLog, subjects: Subjects): KinshipFound {
  const { controlEvery } = subjects
  if (log.tracedFound > 0) return { kinship: 'same', why: undefined }
  if (log.traced > 0) {
    if (log.traced < ENOUGH * controlEvery) return unknown
    return other(`none of its ${say(log.traced)} trace ids of that time is in the load balancer's log`)
  }
  const fit = fitAt(log, subjects, log.shiftMs)
  if (fit.asked === 0) return unknown
  const decoys = DECOYS_MS.map((apart) => fitAt(log, subjects, log.shiftMs + apart)).filter(({ asked }) => asked > 0)
  const chance = decoys.reduce((sum, { asked, found }) => sum + found / asked, 0) / Math.max(1, decoys.length)
  const expected = fit.asked / controlEvery
  const beyondChance = fit.found - chance * fit.asked
  if (beyondChance > LEAST_SHARE * expected && beyondChance >= Math.min(3, expected / 2))
    return { kinship: 'same', why: undefined }
  // Everybody asks for the same: every clock fits, and so none shows anything.
  if (expected < ENOUGH || fit.found > 0.8 * expected) return unknown
  return other(
    `${say(fit.found)} of its ${say(fit.asked)} requests of that time fit one in the load balancer's log, about as many as by chance`,
  )
}

const unknown: KinshipFound = { kinship: 'unknown', why: undefined }

function other(why: string): KinshipFound {
  return { kinship: 'other', why }
}

function fitAt(log: RequestsOfLog, subjects: Subjects, shiftMs: number): { asked: number; found: number } {
  const { logWindow } = subjects
  const stride = Math.max(1, Math.ceil(log.loose.length / MOST_LOOKED_AT))
  let [asked, found] = [0, 0]
  for (let i = 0; i < log.loose.length; i += stride) {
    const loose = log.loose[i] as LooseRow
    if (!isWithin(loose.row.timeMs + shiftMs, logWindow)) continue
    asked += stride
    if (fittingSubjects(loose, subjects, shiftMs).length > 0) found += stride
  }
  for (let i = 0; i < log.strangers.length; i++)
    if (isWithin((log.strangers[i] as number) + shiftMs, logWindow)) asked++
  return { asked, found }
}

function isWithin(time: number, window: TimeSpan): boolean {
  return time >= window.start - SLACK_MS && time <= window.end + SLACK_MS
}

function say(count: number): string {
  return formatCount(count)
}
