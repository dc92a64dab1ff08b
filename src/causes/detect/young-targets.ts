import type { Evidence } from '../../core/diagnosis.ts'
import { leastOf, mostOf } from '../../core/extremes.ts'
import type { YoungTarget, Youth } from '../../evidence/youth.ts'
import type { Claim } from '../claim.ts'
import { type FailureGroup, groupByTarget, withSymptom } from './failure-group.ts'
import type { Measures } from './measures.ts'
import { count, plural, seconds, share } from './words.ts'

const YOUNG_MS = 60_000
/** Failures that the target was slow to make; what it refuses at once is no overload. */
const LEAST_WAIT_MS = 1_000
const LEAST_CONTROL = 20
/** Seen this soon, a target was there when the log began. */
const PRESENT_MS = 2_000
const LEAST_LATER = 20
/** Requests that the target would have had before its first one, had it been there: by chance none once in a thousand. */
const LEAST_ABSENT = 7
const LEAST_SURPRISE = 4
const LEAST_SURPRISE_LATER = 2

interface Young extends YoungTarget {
  readonly target: string
  readonly failures: readonly number[]
}

/**
 * Cause 24: targets that appear in the middle of the log are slow in their first minute, while older targets answer the
 * same traffic at once, and are as quick as those later. Behind a NodePort new pods hide in old nodes.
 */
export function detectColdStart(group: FailureGroup, measures: Measures): Claim[] {
  if (group.isNodePort) return []
  const slow = withSymptom(group, 'response-timeout', 'target-answered').filter(
    (i) => waitOf(group, i) >= LEAST_WAIT_MS,
  )
  if (slow.length < 3) return []
  const young = [...groupByTarget(group, slow)].flatMap(
    ([target, failures]) => youngOf(group, measures, target, failures) ?? [],
  )
  if (young.length === 0) return []
  const bornFirst = leastOf(young.map((each) => each.bornMs))
  const old = [...measures.targets].flatMap(([target, life]) =>
    life.firstEnd < bornFirst - YOUNG_MS || life.firstEnd <= measures.logStart + PRESENT_MS
      ? (measures.rowsOf(target) ?? [])
      : [],
  )
  const youth = measures.youth(young, old)
  const { cold, later, siblings } = youth
  if (siblings.requests < LEAST_CONTROL || later.requests < LEAST_LATER) return []
  const rate = cold.failures / Math.max(1, cold.requests)
  const usual = siblings.failures / siblings.requests
  const isSlower = cold.medianMs >= Math.max(later.medianMs, siblings.medianMs, 1) * 4
  if (rate < usual * 4 || youth.surprise < LEAST_SURPRISE || youth.mended < LEAST_SURPRISE_LATER || !isSlower) return []
  const failures = young.flatMap((each) => each.failures)
  // One new target alone may have been unlucky with one long stall just then.
  const isSure = young.length >= 2 && failures.length >= 5
  return [
    {
      cause: 'cold-start-overload',
      confidence: isSure ? 'likely' : 'possible',
      failures,
      because: [
        `${plural(failures.length, 'request')} failed on ${plural(young.length, 'target')} within ${seconds(oldestMs(group, young), 0)} of their first request (${young
          .slice(0, 2)
          .map(({ target }) => target)
          .join(
            ', ',
          )}): ${share(cold.failures, cold.requests)} of the ${plural(cold.requests, 'request')} they got then, which waited ${seconds(cold.medianMs)} (median)`,
        `older targets of the same group meanwhile: ${said(siblings)} (by chance less than once in 10^${Math.floor(youth.surprise)})`,
        `the same targets later: ${said(later)}; what was slow about them passed`,
      ],
      evidence: [ageTable(youth)],
      ruledOut: [
        {
          cause: 'dependency-stall',
          why: `a dependency that stops holds up all targets; ${plural(old.length, 'older one')} answered ${plural(siblings.requests - siblings.failures, 'request')} in the same seconds`,
        },
        { cause: 'deregistration-race', why: "these are the first seconds of the targets' lives, not the last" },
        {
          cause: 'connection-refused',
          why: 'the requests were handed over: the pod was listening, and worked on them',
        },
      ],
      candidates: isSure
        ? ['target-idle-timeout']
        : ['target-idle-timeout', 'event-loop-blocked', 'cpu-throttled-target'],
      decidedBy: ['target:port', 'request_creation_time', 'target_processing_time', 'elb_status_code'],
      numbers: {},
    },
  ]
}

function said({ requests, failures, medianMs }: Youth['cold']): string {
  return `${count(failures)} failures in ${plural(requests, 'request')}, median wait ${seconds(medianMs, 3)}`
}

function waitOf({ failures }: FailureGroup, i: number): number {
  const targetMs = failures.targetMs[i] as number
  return targetMs >= 0 ? targetMs : (failures.elapsedMs[i] as number) - Math.max(0, failures.requestMs[i] as number)
}

function youngOf(
  group: FailureGroup,
  measures: Measures,
  target: string,
  failures: readonly number[],
): Young | undefined {
  const life = measures.targets.get(target)
  const rows = measures.rowsOf(target)
  if (life === undefined || rows === undefined || !Number.isFinite(life.firstSuccess)) return undefined
  // The first response may come long after the first request.
  let bornMs = life.firstEnd
  for (let i = 0; i < rows.length; i++) if ((rows.start[i] as number) < bornMs) bornMs = rows.start[i] as number
  const absentMs = bornMs - measures.logStart
  const perMs = life.requests / Math.max(1, life.lastEnd - bornMs)
  if (absentMs * perMs < LEAST_ABSENT) return undefined
  const mine = failures.filter((i) => {
    const age = (group.failures.start[i] as number) - bornMs
    return age >= 0 && age < YOUNG_MS
  })
  if (mine.length === 0) return undefined
  const last = mostOf(mine.map((i) => group.failures.start[i] as number))
  return { target, rows, bornMs, coldUntilMs: Math.min(bornMs + YOUNG_MS, last + 1_000), failures: mine }
}

function oldestMs(group: FailureGroup, young: readonly Young[]): number {
  return Math.max(
    ...young.map(({ bornMs, failures }) => mostOf(failures.map((i) => group.failures.start[i] as number)) - bornMs),
  )
}

function ageTable({ steps, siblings }: Youth): Evidence {
  return {
    kind: 'table',
    id: 'target-age',
    title: "Requests of the new targets by the target's age",
    columns: ['age', 'requests', 'failed', 'median wait'],
    rows: [
      ...steps
        .filter((step) => step.requests > 0)
        .map((step) => [`${step.from} to ${step.to} s`, step.requests, step.failures, seconds(step.medianMs, 3)]),
      ['older targets meanwhile', siblings.requests, siblings.failures, seconds(siblings.medianMs, 3)],
    ],
  }
}
