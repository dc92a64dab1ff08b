import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fail } from '../../core/errors.ts'
import { runFolders } from '../run/folders.ts'
import type { RunMessage } from '../run/job.ts'
import { type PlannedRun, runMany } from '../run/run-many.ts'
import type { RunResult } from '../run/run-scenario.ts'
import type { ProofBy } from './proofs.ts'
import { readResult } from './read-result.ts'

const cli = fileURLToPath(new URL('../../cli/main.js', import.meta.url))

/** One scenario before and after a fix. */
export interface PlannedPair {
  readonly scenario: string
  readonly by: ProofBy
  readonly seed: number
  readonly traffic?: number
  /** Runs and the written fix go into folders of it. */
  readonly folder: string
}

export interface Pair {
  readonly planned: PlannedPair
  readonly before: RunResult
  /** null when the run before did not finish. */
  readonly after: RunResult | null
}

export interface RunPairsOptions {
  readonly jobs: number
  readonly signal: AbortSignal
  /** Pairs that an earlier call has finished in the same folder are read, not run. */
  readonly isResumed?: boolean
  readonly onMessage: (run: PlannedRun, message: RunMessage | RunResult) => void
}

/**
 * Runs each scenario, lets `why5xx fix` write the settings from what the diagnosis made of that run and from the
 * manifests beside it, and runs the same traffic through what was written.
 */
export async function runPairs(plan: readonly PlannedPair[], options: RunPairsOptions): Promise<readonly Pair[]> {
  const pairs: (Pair | undefined)[] = []
  let next = 0
  const work = async (): Promise<void> => {
    for (;;) {
      const index = next++
      const planned = plan[index]
      if (!planned || options.signal.aborted) return
      // A machine that was too busy for one run may do the next one.
      pairs[index] = await runPair(planned, options).catch((error: unknown) => {
        if (options.signal.aborted) throw error
        return runPair(planned, options)
      })
    }
  }
  await Promise.all(Array.from({ length: Math.min(options.jobs, plan.length) }, work))
  return pairs.filter((pair) => pair !== undefined)
}

async function runPair(planned: PlannedPair, options: RunPairsOptions): Promise<Pair> {
  const { scenario, seed, by } = planned
  const base = { scenario, seed, ...(planned.traffic === undefined ? {} : { traffic: planned.traffic }) }
  const run = async (one: PlannedRun): Promise<RunResult> => {
    const [result] = await runMany([one], { ...options, jobs: 1, isDiagnosed: true })
    return result ?? fail('LAB_RUN_FAILED', { scenario, why: 'interrupted', folder: one.folder })
  }
  const name = 'byHand' in by ? by.byHand : `fix-${by.front}`
  const folders = { before: join(planned.folder, scenario), after: join(planned.folder, `${scenario}+${name}`) }
  if (options.isResumed) {
    const [before, after] = [readResult(folders.before, seed), readResult(folders.after, seed)]
    if (before && after) return { planned, before, after }
  }
  const before = await run({ ...base, folder: folders.before })
  if (!before.isComplete) return { planned, before, after: null }
  const written = join(planned.folder, `${scenario}.${name}`)
  const fix = 'byHand' in by ? by.byHand : await writeFixFor(before, by.front, written)
  const after = await run({ ...base, fix, folder: folders.after })
  return { planned, before, after }
}

/** `why5xx fix` as a user calls it, on what a run left for its people. */
async function writeFixFor(run: RunResult, front: string, folder: string): Promise<string> {
  const folders = runFolders(run.folder)
  rmSync(folder, { recursive: true, force: true })
  const args = [
    'fix',
    join(folders.root, 'diagnosis.json'),
    '--settings',
    join(folders.incident, 'manifests'),
    '--front',
    front,
    '--output',
    folder,
  ]
  const { code, stderr } = await new Promise<{ code: number; stderr: string }>((resolve, reject) => {
    const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
    let text = ''
    child.stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    child.on('error', reject)
    child.on('close', (exitCode) => resolve({ code: exitCode ?? 1, stderr: text }))
  })
  if (code !== 0)
    fail('LAB_RUN_FAILED', { scenario: run.scenario, why: `why5xx fix ended with ${code}: ${stderr}`, folder })
  return folder
}
