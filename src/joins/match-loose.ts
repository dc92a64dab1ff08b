import { nginxSentenceOf } from '../formats/witnesses/nginx-error.ts'
import type { WitnessRow } from '../formats/witnesses/witness-row.ts'
import { type AlikeRequests, type ControlRequest, type Subjects, symptomOf } from './subjects.ts'
import type { MatchedBy } from './testimony.ts'

/** A row without a trace id that names a request some subject made too. */
export interface LooseRow {
  readonly row: WitnessRow
  readonly text: string
  readonly alike: AlikeRequests
}

export interface LooseMatch {
  readonly subject: number
  readonly by: Exclude<MatchedBy, 'trace'>
  readonly row: WitnessRow
  readonly text: string
}

/** Around a request's own time: what proxies buffer, round and queue. Shown in the report. */
export const LOOSE_WINDOW_MS = 2_000

/**
 * Rows to subjects by method, path, status and time. Healthy requests choose first, nearest in time: each of them left a
 * row in a log that covers it, so what is left over may speak of failures. One row and one failure that fit only each
 * other: matched. Several that fit each other and say the same: matched as well, as far as there are rows. Otherwise
 * nobody can tell, and the failure is counted as ambiguous.
 */
export function matchLoose(
  rows: readonly LooseRow[],
  subjects: Subjects,
  shiftMs: number,
): { readonly matches: LooseMatch[]; readonly ambiguous: ReadonlySet<number> } {
  const fits = rows.map((loose) => fittingSubjects(loose, subjects, shiftMs))
  const matches: LooseMatch[] = []
  const taken = matchControls(rows, fits, subjects, shiftMs, matches)
  const ambiguous = new Set<number>()
  // Requests and error lines are two testimonies of one request: they do not compete.
  for (const what of ['request', 'event'] as const) {
    const mine = fits.map((list, index) =>
      taken.has(index) || rows[index]?.row.what !== what
        ? []
        : list.filter((subject) => subject < subjects.failures.length),
    )
    for (const group of groupsOf(mine)) matchGroup(group, what, rows, mine, subjects, shiftMs, matches, ambiguous)
  }
  for (const { subject } of matches) ambiguous.delete(subject)
  return { matches, ambiguous }
}

interface Group {
  readonly rows: number[]
  readonly failures: number[]
}

/** Rows and failures that hang together by fitting each other. */
function groupsOf(fits: readonly (readonly number[])[]): Group[] {
  const groupOfFailure = new Map<number, Group>()
  const groups = new Set<Group>()
  for (const [index, list] of fits.entries()) {
    if (list.length === 0) continue
    const joined: Group = { rows: [index], failures: [] }
    for (const failure of list) {
      const known = groupOfFailure.get(failure)
      if (known === joined) continue
      if (known === undefined) joined.failures.push(failure)
      else {
        joined.rows.push(...known.rows)
        joined.failures.push(...known.failures)
        groups.delete(known)
        for (const other of known.failures) groupOfFailure.set(other, joined)
      }
      groupOfFailure.set(failure, joined)
    }
    groups.add(joined)
  }
  return [...groups]
}

function matchGroup(
  group: Group,
  what: 'request' | 'event',
  rows: readonly LooseRow[],
  fits: readonly (readonly number[])[],
  subjects: Subjects,
  shiftMs: number,
  matches: LooseMatch[],
  ambiguous: Set<number>,
): void {
  const given = new Set<number>()
  const says = new Set(group.rows.map((index) => meaningOf((rows[index] as LooseRow).row)))
  // One request may leave an error line per try, so more lines than requests are no contradiction there.
  const isAlone = group.failures.length === 1 && (group.rows.length === 1 || what === 'event')
  const isUnanimous = says.size === 1 && group.rows.length >= group.failures.length
  for (const failure of group.failures) {
    // Only some healthy requests were looked up: a row could be one of the others.
    const isHidden = what === 'request' && subjects.controlEvery > 1 && subjects.failures.targetStatus[failure] === 0
    if (isHidden || !(isAlone || isUnanimous)) {
      ambiguous.add(failure)
      continue
    }
    const mine = group.rows.filter((index) => fits[index]?.includes(failure))
    for (const index of isAlone ? mine : nearest(mine, failure, rows, given, subjects, shiftMs)) {
      given.add(index)
      const { row, text } = rows[index] as LooseRow
      matches.push({ subject: failure, by: isAlone ? 'request' : 'unanimous', row, text })
    }
  }
}

/** The row nearest to a failure's end, one that no other failure has if there is one: all of them say the same. */
function nearest(
  mine: readonly number[],
  failure: number,
  rows: readonly LooseRow[],
  given: ReadonlySet<number>,
  subjects: Subjects,
  shiftMs: number,
): number[] {
  const apart = (index: number): number => {
    const { row } = rows[index] as LooseRow
    return Math.abs((subjects.end[failure] as number) - row.timeMs - shiftMs - row.timeStepMs / 2)
  }
  const free = mine.filter((index) => !given.has(index))
  return [...(free.length > 0 ? free : mine)].sort((a, b) => apart(a) - apart(b)).slice(0, 1)
}

/** What the load balancer got from the target is what the proxy or the app behind it sent. */
export function isSameStatus(row: WitnessRow, subject: number, { failures, controls }: Subjects): boolean {
  const isFailure = subject < failures.length
  // Error lines speak of failures only: beside healthy requests for the same path they would measure nonsense.
  if (row.what === 'event' && !isFailure) return false
  const status = isFailure
    ? (failures.targetStatus[subject] as number)
    : (controls[subject - failures.length] as ControlRequest).targetStatus
  if (row.what === 'request') return status === 0 || row.status === undefined || row.status === status
  if (status !== 502 && status !== 504) return true
  // nginx answers 504 to its own timeouts and 502 to all else that goes wrong upstream. An error page may say 503.
  const sentence = row.message === undefined ? undefined : nginxSentenceOf(row.message)
  return sentence?.status === undefined || sentence.status === status
}

/** Returns the rows that healthy requests took. */
function matchControls(
  rows: readonly LooseRow[],
  fits: readonly (readonly number[])[],
  subjects: Subjects,
  shiftMs: number,
  matches: LooseMatch[],
): ReadonlySet<number> {
  const pairs: { index: number; subject: number; apart: number }[] = []
  for (const [index, list] of fits.entries()) {
    const { row } = rows[index] as LooseRow
    if (row.what !== 'request') continue
    for (const subject of list)
      if (subject >= subjects.failures.length)
        pairs.push({
          index,
          subject,
          apart: Math.abs((subjects.end[subject] as number) - row.timeMs - shiftMs - row.timeStepMs / 2),
        })
  }
  pairs.sort((a, b) => a.apart - b.apart || a.index - b.index)
  const taken = new Set<number>()
  const served = new Set<number>()
  for (const { index, subject } of pairs) {
    if (taken.has(index) || served.has(subject)) continue
    taken.add(index)
    served.add(subject)
    const { row, text } = rows[index] as LooseRow
    matches.push({ subject, by: 'request', row, text })
  }
  return taken
}

function meaningOf(row: WitnessRow): string {
  const words = row.message === undefined ? '' : (nginxSentenceOf(row.message)?.id ?? row.message)
  return `${row.status ?? ''} ${row.upstreamStatus?.join() ?? ''} ${words} ${row.flags ?? ''}`
}

/** An answer that the load balancer no longer waited for may be logged this much later. */
const LATE_MS = 60_000

/** Subjects with the row's method and path that its time and status fit. */
export function fittingSubjects({ row, alike }: LooseRow, subjects: Subjects, shiftMs: number): number[] {
  const at = row.timeMs + shiftMs
  const slack = LOOSE_WINDOW_MS + row.timeStepMs
  const last = at + slack + Math.max(alike.longestMs, row.durationMs ?? 0)
  const first = at - slack - Math.max(LATE_MS, row.durationMs ?? 0)
  const fits: number[] = []
  for (let i = firstFrom(alike.subjects, subjects.end, first); i < alike.subjects.length; i++) {
    const subject = alike.subjects[i] as number
    if ((subjects.end[subject] as number) > last) break
    if (fitsTime(row, subject, subjects, shiftMs)) fits.push(subject)
  }
  return fits
}

/** The first place in a list sorted by end at which the end is not before `from`. */
function firstFrom(sorted: readonly number[], end: Float64Array, from: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((end[sorted[middle] as number] as number) < from) low = middle + 1
    else high = middle
  }
  return low
}

function fitsTime(row: WitnessRow, subject: number, subjects: Subjects, shiftMs: number): boolean {
  const { start, end, failures } = subjects
  const at = row.timeMs + shiftMs
  const slack = LOOSE_WINDOW_MS + row.timeStepMs
  const [from, to] = [start[subject] as number, end[subject] as number]
  const isFailure = subject < failures.length
  if (!isSameStatus(row, subject, subjects)) return false
  if (row.what === 'request') {
    if (row.durationMs !== undefined) {
      const began = at - row.durationMs
      if (began < from - slack || began > to + slack) return false
      // Whoever the load balancer did not wait for may have finished much later.
      const isGivenUp = isFailure && failures.targetStatus[subject] === 0
      return at >= from - slack && (isGivenUp || at <= to + slack)
    }
  }
  const late = isFailure && symptomOf(subjects, subject) === 'response-timeout' ? LATE_MS : 0
  return at >= from - slack && at <= to + slack + late
}
