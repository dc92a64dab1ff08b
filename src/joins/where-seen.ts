import type { TableEvidence } from '../core/diagnosis.ts'
import { type Coverage, coverageOf, say } from './coverage.ts'
import { hitsBy, type Joined } from './joined.ts'
import { symptomOf, targetOf } from './subjects.ts'

const NAMES = { app: "the app's log", proxy: "the proxy's log" } as const

export interface WhereSeen {
  readonly because: readonly string[]
  readonly evidence: TableEvidence | undefined
  /** Every failure is absent from the app's log, and that log covers them. */
  readonly isAbsentFromApp: boolean
  /** The app's log shows an answer below 500 for every failure. */
  readonly isAnsweredByApp: boolean
}

/** Which witnesses a finding's failures reached, and whether not being there says anything. */
export function whereSeen(joined: Joined, failures: readonly number[]): WhereSeen {
  const because: string[] = []
  const rows: (string | number | null)[][] = []
  let isAbsentFromApp = false
  let isAnsweredByApp = false
  for (const role of ['proxy', 'app'] as const) {
    const coverage = coverageOf(joined, role, failures)
    if (!coverage.isThere) continue
    const counts = countSeen(joined, role, failures, coverage.gaps)
    const isHandedOver = failures.every((failure) => symptomOf(joined.subjects, failure) === 'response-timeout')
    because.push(...sentences(role, failures.length, counts, coverage, joined.subjects.controlEvery, isHandedOver))
    rows.push([
      NAMES[role],
      counts.reached,
      counts.absent + counts.inGap,
      counts.ambiguous,
      coverage.asked === 0 ? null : `${say(coverage.found)} of ${say(coverage.asked)}`,
      coverage.isCovering ? 'yes' : 'no',
    ])
    if (role === 'app') {
      isAbsentFromApp = coverage.isCovering && counts.absent === failures.length
      isAnsweredByApp = counts.answeredBelow500 === failures.length
    }
  }
  return {
    because,
    isAbsentFromApp,
    isAnsweredByApp,
    evidence:
      rows.length === 0
        ? undefined
        : {
            kind: 'table',
            id: 'witnesses',
            title: 'What the other witnesses saw of these failures',
            columns: ['witness', 'in it', 'not in it', 'several rows fit', 'healthy requests in it', 'covers them'],
            rows,
          },
  }
}

interface Seen {
  reached: number
  absent: number
  /** Absent like the healthy requests around them. */
  inGap: number
  ambiguous: number
  answeredBelow500: number
  readonly statuses: Map<number, number>
  byTrace: number
}

function countSeen(
  joined: Joined,
  role: 'app' | 'proxy',
  failures: readonly number[],
  gaps: ReadonlySet<number>,
): Seen {
  const seen: Seen = {
    reached: 0,
    absent: 0,
    inGap: 0,
    ambiguous: 0,
    answeredBelow500: 0,
    statuses: new Map(),
    byTrace: 0,
  }
  const unsure = joined.testimonies.filter((each) => each.role === role).map((each) => each.ambiguous)
  for (const failure of failures) {
    // Without a target the load balancer sent the request nowhere.
    const hits = targetOf(joined.subjects, failure) === '' ? [] : hitsBy(joined, failure, role)
    const answer = hits.find((hit) => hit.row.status !== undefined)
    if (hits.length > 0) {
      seen.reached++
      if (hits.some((hit) => hit.by === 'trace')) seen.byTrace++
      const status = answer?.row.status
      if (status !== undefined) {
        seen.statuses.set(status, (seen.statuses.get(status) ?? 0) + 1)
        if (status < 500 && status !== 499) seen.answeredBelow500++
      }
    } else if (unsure.some((set) => set.has(failure))) seen.ambiguous++
    else if (gaps.has(failure)) seen.inGap++
    else seen.absent++
  }
  return seen
}

function sentences(
  role: 'app' | 'proxy',
  total: number,
  seen: Seen,
  coverage: Coverage,
  every: number,
  isHandedOver: boolean,
): string[] {
  const out: string[] = []
  const name = NAMES[role]
  if (seen.absent > 0) {
    const sampled = every > 1 ? ` of ${say(coverage.asked)} that were looked up, one in ${every},` : ''
    out.push(
      coverage.isCovering
        ? `${say(seen.absent)} of ${say(total)} failures ${isHandedOver ? `are not in ${name}, which is written when an answer ends` : `never reached ${name}`} (the log covers the window; ${say(coverage.found)} healthy requests in it${sampled} match)`
        : `${say(seen.absent)} of ${say(total)} failures are not in ${name}, which proves nothing: ${coverage.gap}`,
    )
  }
  if (seen.inGap > 0)
    out.push(
      `${say(seen.inGap)} of ${say(total)} failures are not in ${name}, which proves nothing: the healthy requests right before and after them are not in it either`,
    )
  if (seen.reached > 0) {
    const statuses = [...seen.statuses]
      .sort((a, b) => b[1] - a[1])
      .slice(0, 4)
      .map(([status, count]) => `${status} for ${say(count)}`)
    const how =
      seen.byTrace === seen.reached
        ? 'matched by trace id'
        : seen.byTrace === 0
          ? 'matched by request and time, within 2 s'
          : `${say(seen.byTrace)} matched by trace id, the others by request and time, within 2 s`
    out.push(
      `${say(seen.reached)} of ${say(total)} failures are in ${name} (${how})${statuses.length > 0 ? `, which has status ${statuses.join(', ')}` : ''}`,
    )
  }
  if (seen.ambiguous > 0)
    out.push(
      `for ${say(seen.ambiguous)} of ${say(total)} failures several rows of ${name} fit, and they differ: not decided`,
    )
  return out
}
