import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { clientRows, summarizeClients } from '../run/client-view.ts'
import { runFolders } from '../run/folders.ts'
import { countBy, mainCause, type RunResult } from '../run/run-scenario.ts'
import { rowsOf } from '../truth/read-run.ts'
import type { TruthRow } from '../truth/truth-rows.ts'

/** A run that has ended, from what it left; undefined when it did not, or had other traffic. */
export function readResult(folder: string, seed: number): RunResult | undefined {
  const folders = runFolders(folder)
  const [about, truth] = [join(folders.truth, 'about.json'), join(folders.truth, 'truth.ndjson')]
  if (!existsSync(about) || !existsSync(truth)) return undefined
  const told = JSON.parse(readFileSync(about, 'utf8')) as {
    scenario: string
    fix: string | null
    seed: number
    complete: boolean
  }
  if (!told.complete || told.seed !== seed) return undefined
  const rows = rowsOf<TruthRow>(truth)
  return {
    scenario: told.scenario,
    fix: told.fix,
    seed,
    folder,
    isComplete: true,
    failures: rows.length,
    byCause: countBy(rows, mainCause),
    rejectedByCause: countBy(rowsOf<TruthRow>(join(folders.truth, 'rejected.ndjson')), mainCause),
    bySymptom: countBy(rows, (row) => row.symptom),
    client: summarizeClients(clientRows(folders)),
    findings: [],
    score: null,
    missed: [],
  }
}
