import type { AnsweredBy, Symptom } from '../../core/vocabulary.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import type { Failure, RunRecord, SocketFacts } from './failure.ts'
import { wasSeen } from './run-facts.ts'
import { symptomOfSockets } from './symptom.ts'
import { trueCauseOf } from './true-cause.ts'

/** One row of truth.ndjson (failures) or rejected.ndjson (4XX that the load balancer made). */
export interface TruthRow {
  readonly traceId: string
  readonly time: string
  readonly node: string
  readonly target: string | null
  readonly elbStatus: number
  readonly targetStatus: string
  readonly answeredBy: AnsweredBy
  readonly symptom: Symptom
  /** Any of them is right; empty: the lab itself does not know. */
  readonly causes: readonly string[]
  readonly why: string
  readonly phase: Failure['phase']
  readonly socket: SocketFacts
  readonly seenByApp: boolean
}

export function truthRows(failures: readonly Failure[], run: RunRecord, scenario: Scenario): readonly TruthRow[] {
  return failures.map((failure) => {
    const cause = scenario.truth?.(failure, run) ?? trueCauseOf(failure, run)
    return {
      traceId: failure.traceId ?? '-',
      time: failure.time,
      node: failure.node,
      target: failure.target,
      elbStatus: failure.elbStatus,
      targetStatus: failure.targetStatus === null ? '-' : String(failure.targetStatus),
      ...symptomOfSockets(failure, run.fixedResponsePaths),
      causes: cause?.causes ?? [],
      why: cause?.why ?? 'not known to the lab',
      phase: failure.phase,
      socket: failure.socket,
      seenByApp: wasSeen(failure, run),
    }
  })
}
