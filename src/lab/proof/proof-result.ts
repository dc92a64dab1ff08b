import { join } from 'node:path'
import { runFolders } from '../run/folders.ts'
import type { RunResult } from '../run/run-scenario.ts'
import { scenarioById } from '../scenarios/catalogue.ts'
import { rowsOf } from '../truth/read-run.ts'
import type { TruthRow } from '../truth/truth-rows.ts'
import type { Proof } from './proofs.ts'
import type { Pair } from './run-proofs.ts'

/** What a fix did to the failures of its cause. */
export interface ProofResult {
  readonly proof: Proof
  readonly before: number
  readonly after: number
  /** 1 = all gone. */
  readonly removed: number
  readonly runs: { readonly before: RunResult; readonly after: RunResult }
  readonly isMet: boolean
}

/** The least share of a cause's failures that its fix must remove. */
export const leastRemoved = 0.99

export function proofResult(proof: Proof, { before, after }: Pair): ProofResult | null {
  if (!after) return null
  const left = failuresOf(after, proof.cause, true)
  const had = failuresOf(before, proof.cause, false)
  const removed = had === 0 ? 0 : 1 - left / had
  // An incident that did not happen proves nothing.
  const least = scenarioById(proof.scenario).expect.atLeast[proof.cause] ?? 1
  const isEnough = had >= least && removed >= leastRemoved
  return { proof, before: had, after: left, removed, runs: { before, after }, isMet: isEnough || !!proof.exception }
}

/** By the truth of the run. After a fix, what the lab cannot explain counts as not removed. */
function failuresOf(run: RunResult, cause: string, withUnexplained: boolean): number {
  const { truth } = runFolders(run.folder)
  const rows = ['truth.ndjson', 'rejected.ndjson'].flatMap((name) => rowsOf<TruthRow>(join(truth, name)))
  return rows.filter((row) => row.causes.includes(cause) || (withUnexplained && row.causes.length === 0)).length
}
