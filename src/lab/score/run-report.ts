import type { RunResult } from '../run/run-scenario.ts'
import { addScores, type Score } from './score.ts'

/** The result of `lab run`, and what docs/accuracy.md is made from. */
export interface LabReport {
  readonly schemaVersion: 1
  readonly seed: number
  readonly runs: readonly RunResult[]
  /** Over all runs that were diagnosed. */
  readonly total: Score | null
  readonly isMet: boolean
}

export function reportOf(runs: readonly RunResult[], seed: number): LabReport {
  const scores = runs.map((run) => run.score).filter((one) => one !== null)
  return {
    schemaVersion: 1,
    seed,
    runs,
    total: scores.length > 0 ? addScores(scores) : null,
    isMet: runs.every((run) => run.missed.length === 0),
  }
}
