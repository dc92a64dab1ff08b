import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fail } from '../../core/errors.ts'
import { findFix } from '../fixes/find-fix.ts'
import { writeWitnesses } from '../record/witnesses.ts'
import { scenarioById } from '../scenarios/catalogue.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import { missedRejections } from '../score/rejections.ts'
import { missedTargets, type Score, score } from '../score/score.ts'
import { readRun } from '../truth/read-run.ts'
import { type TruthRow, truthRows } from '../truth/truth-rows.ts'
import { lastWords, runInWorld } from '../world/enter.ts'
import { type ClientView, clientRows, summarizeClients } from './client-view.ts'
import { diagnoseRun, type FindingSummary } from './diagnose.ts'
import { runFolders } from './folders.ts'
import type { RunJob, RunMessage } from './job.ts'

const insideModule = fileURLToPath(new URL('./inside.js', import.meta.url))

export interface RunOptions {
  readonly scenario: string
  readonly fix?: string
  readonly seed: number
  /** Visitors, times what the scenario has; 1 when absent. */
  readonly traffic?: number
  /** The run's own folder; emptied first. */
  readonly folder: string
  readonly signal: AbortSignal
  readonly isDiagnosed: boolean
  readonly onMessage: (message: RunMessage) => void
}

export interface RunResult {
  readonly scenario: string
  readonly fix: string | null
  readonly seed: number
  readonly folder: string
  readonly isComplete: boolean
  readonly failures: number
  readonly byCause: Readonly<Record<string, number>>
  readonly bySymptom: Readonly<Record<string, number>>
  /** 4XX that the load balancer made, by true cause. */
  readonly rejectedByCause: Readonly<Record<string, number>>
  readonly client: ClientView
  /** What the diagnosis says, in its order. */
  readonly findings: readonly FindingSummary[]
  readonly score: Score | null
  /** What the scenario promised and did not show, or the diagnosis got wrong; empty is good. */
  readonly missed: readonly string[]
}

/** Runs one scenario in a world of its own, then lets the diagnosis judge what the load balancer wrote. */
export async function runScenario(options: RunOptions): Promise<RunResult> {
  const scenario = scenarioById(options.scenario)
  const folders = runFolders(options.folder)
  for (const folder of [folders.incident, folders.truth, folders.scratch])
    rmSync(folder, { recursive: true, force: true })
  mkdirSync(folders.root, { recursive: true })
  const job: RunJob = {
    scenario: scenario.id,
    fix: options.fix,
    seed: options.seed,
    traffic: options.traffic ?? 1,
    folder: options.folder,
  }
  let failure: Extract<RunMessage, { kind: 'failed' }> | undefined
  let isComplete = false
  const end = await runInWorld({
    module: insideModule,
    args: [JSON.stringify(job)],
    signal: options.signal,
    onLine: (line) => {
      const message = parseMessage(line)
      if (!message) return
      if (message.kind === 'failed') failure = message
      if (message.kind === 'done') isComplete = message.isComplete
      options.onMessage(message)
    },
  })
  if (failure ?? end.exitCode !== 0) {
    if (failure?.code?.startsWith('LAB_') && failure.hint)
      fail('LAB_WORLD', { what: failure.message, hint: failure.hint })
    const why = failure?.message ?? (lastWords(end.stderr) || `exit code ${end.exitCode}`)
    if (!options.signal.aborted) fail('LAB_RUN_FAILED', { scenario: scenario.id, why, folder: options.folder })
  }
  return { ...(await judgeRun(scenario, options, isComplete)) }
}

async function judgeRun(scenario: Scenario, options: RunOptions, isComplete: boolean): Promise<RunResult> {
  const folders = runFolders(options.folder)
  const isFixed = options.fix !== undefined
  const subject = isFixed ? (findFix(scenario, options.fix ?? '')?.apply(scenario) ?? scenario) : scenario
  const { failures, rejected, run } = readRun(folders, subject)
  const truth = truthRows(failures, run, subject)
  const rejections = truthRows(rejected, run, subject)
  writeRows(join(folders.truth, 'truth.ndjson'), truth)
  writeRows(join(folders.truth, 'rejected.ndjson'), rejections)
  writeWitnesses(folders, subject)
  const byCause = countBy(truth, mainCause)
  const rejectedByCause = countBy(rejections, mainCause)
  const missed = isFixed ? [] : unexpected(scenario, [...truth, ...rejections])
  const diagnosis = options.isDiagnosed && !options.signal.aborted ? await diagnoseRun(folders) : null
  const scored = diagnosis && score(truth, diagnosis.verdicts)
  return {
    scenario: scenario.id,
    fix: options.fix ?? null,
    seed: options.seed,
    folder: options.folder,
    isComplete,
    failures: truth.length,
    byCause,
    bySymptom: countBy(truth, (row) => row.symptom),
    rejectedByCause,
    client: summarizeClients(clientRows(folders)),
    findings: diagnosis?.findings ?? [],
    score: scored,
    missed: isComplete
      ? [
          ...missed,
          ...(scored ? missedTargets(scored) : []),
          ...(diagnosis ? missedRejections(rejectedByCause, diagnosis.findings) : []),
        ]
      : ['the run was interrupted'],
  }
}

function writeRows(file: string, rows: readonly TruthRow[]): void {
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
}

/** The physics a scenario promised: enough failures of each cause, none that the lab cannot explain. */
function unexpected(scenario: Scenario, truth: readonly TruthRow[]): string[] {
  const missed: string[] = []
  const byCause = countBy(truth, mainCause)
  for (const [cause, least] of Object.entries(scenario.expect.atLeast)) {
    const count = byCause[cause] ?? 0
    if (count < least) missed.push(`${count} failures by ${cause}, at least ${least} expected`)
  }
  if (scenario.expect.isControl && truth.length > 0) missed.push(`${truth.length} failures in a control`)
  const unknown = truth.filter((row) => row.causes.length === 0)
  const first = unknown[0]
  if (first)
    missed.push(
      `the lab does not know why ${unknown.length} requests failed: ${first.elbStatus} ${first.phase} ${JSON.stringify(first.socket)}`,
    )
  return missed
}

export function mainCause(row: TruthRow): string {
  return row.causes[0] ?? 'unknown-to-the-lab'
}

export function countBy<T>(rows: readonly T[], key: (row: T) => string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const row of rows) counts[key(row)] = (counts[key(row)] ?? 0) + 1
  return counts
}

function parseMessage(line: string): RunMessage | undefined {
  try {
    return JSON.parse(line) as RunMessage
  } catch {
    // A line that some program of the world printed on its own; it is not part of the protocol.
    return undefined
  }
}
