import { AppError } from '../../core/errors.ts'
import type { RunMessage } from './job.ts'
import { type RunResult, runScenario } from './run-scenario.ts'

export interface PlannedRun {
  readonly scenario: string
  readonly fix?: string
  readonly seed: number
  readonly traffic?: number
  readonly folder: string
}

export interface RunManyOptions {
  readonly jobs: number
  readonly signal: AbortSignal
  readonly isDiagnosed: boolean
  readonly onMessage: (run: PlannedRun, message: RunMessage | RunResult) => void
}

/**
 * Runs the plan, `jobs` at a time, each in its own world. Results keep the plan's order. What one run misses here, every
 * run misses: the others are stopped before the error is passed on.
 */
export async function runMany(plan: readonly PlannedRun[], options: RunManyOptions): Promise<readonly RunResult[]> {
  const results: (RunResult | undefined)[] = []
  let next = 0
  const stop = new AbortController()
  const signal = AbortSignal.any([options.signal, stop.signal])
  const work = async (): Promise<void> => {
    for (;;) {
      const index = next++
      const run = plan[index]
      if (!run || signal.aborted) return
      const result = await runScenario({
        ...run,
        signal,
        isDiagnosed: options.isDiagnosed,
        onMessage: (message) => options.onMessage(run, message),
      }).catch((error: unknown) => {
        // One broken run among many is a result.
        if (plan.length === 1 || (error instanceof AppError && error.code !== 'LAB_RUN_FAILED')) {
          stop.abort()
          throw error
        }
        return brokenRun(run, error instanceof Error ? error.message : String(error))
      })
      results[index] = result
      options.onMessage(run, result)
    }
  }
  const ended = await Promise.allSettled(Array.from({ length: Math.min(options.jobs, plan.length) }, work))
  const failed = ended.find((end) => end.status === 'rejected')
  if (failed) throw failed.reason
  return results.filter((result) => result !== undefined)
}

function brokenRun(run: PlannedRun, why: string): RunResult {
  return {
    scenario: run.scenario,
    fix: run.fix ?? null,
    seed: run.seed,
    folder: run.folder,
    isComplete: false,
    failures: 0,
    byCause: {},
    rejectedByCause: {},
    bySymptom: {},
    client: { requests: 0, outcomes: {}, latencyMs: { p50: 0, p95: 0, p99: 0, max: 0 } },
    findings: [],
    score: null,
    missed: [why],
  }
}
