import { describe, expect, it, vi } from 'vitest'
import { fail } from '../../core/errors.ts'
import { runMany } from './run-many.ts'
import { type RunOptions, type RunResult, runScenario } from './run-scenario.ts'

vi.mock('./run-scenario.ts', () => ({ runScenario: vi.fn() }))
const run = vi.mocked(runScenario)
const plan = ['missing-502', 'busy-pod'].map((scenario) => ({ scenario, seed: 1, folder: scenario }))
const options = { jobs: 2, isDiagnosed: false, onMessage: () => {}, signal: new AbortController().signal }

function untilStopped({ signal }: RunOptions): Promise<RunResult> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve({ isComplete: false } as RunResult)))
}

describe('several runs', () => {
  it('end when a program is missing: the one that runs already is stopped first', async () => {
    const stopped = vi.fn()
    run.mockImplementation(async (given) => {
      if (given.scenario === 'missing-502')
        return fail('LAB_PROGRAM_MISSING', { programs: 'haproxy', packages: 'haproxy' })
      return untilStopped(given).finally(stopped)
    })
    await expect(runMany(plan, options)).rejects.toThrow('haproxy')
    expect(stopped).toHaveBeenCalledOnce()
  })

  it('go on when one of them breaks, which is its result', async () => {
    run.mockImplementation(async ({ scenario }) => {
      if (scenario === 'missing-502') throw new Error('no pod was ready')
      return { scenario, missed: [] } as unknown as RunResult
    })
    expect(await runMany(plan, options)).toMatchObject([
      { scenario: 'missing-502', isComplete: false, missed: ['no pod was ready'] },
      { scenario: 'busy-pod', missed: [] },
    ])
  })
})
