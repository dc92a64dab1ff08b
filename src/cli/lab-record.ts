import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fail } from '../core/errors.ts'
import { writeRecording } from '../lab/record/record.ts'
import { runScenario } from '../lab/run/run-scenario.ts'
import { scenarioById } from '../lab/scenarios/catalogue.ts'
import { defineCommand } from './command.ts'

export default defineCommand({
  options: [
    { flags: '--seed <number>', summary: 'fixes the traffic', default: '1' },
    { flags: '--fix <name>', summary: 'record it with this fix' },
    { flags: '--quiet', summary: 'no progress on stderr' },
  ],
  examples: ['why5xx lab record missing-502 ./incident'],
  run: async ({ args, options, signal, stdout, stderr }) => {
    const [scenario = '', folder = ''] = args
    const fix = options.fix === undefined ? undefined : String(options.fix)
    const found = scenarioById(scenario)
    if (fix !== undefined && !found.fixes?.[fix])
      fail('LAB_FIX_UNKNOWN', { id: scenario, fix, known: Object.keys(found.fixes ?? {}).join(', ') || 'none' })
    const seed = Number(options.seed)
    if (!Number.isInteger(seed) || seed < 1)
      fail('USAGE', { what: `--seed wants a whole number above 0, not ${options.seed}` })
    const scratch = mkdtempSync(join(tmpdir(), 'why5xx-lab-'))
    try {
      const result = await runScenario({
        scenario,
        ...(fix === undefined ? {} : { fix }),
        seed,
        folder: join(scratch, scenario),
        signal,
        isDiagnosed: false,
        onMessage: (message) => {
          if (options.quiet === true) return
          if (message.kind === 'step') stderr.write(`${message.text}\n`)
          if (message.kind === 'event')
            stderr.write(`  ${message.atSeconds.toFixed(1).padStart(6)} s  ${message.text}\n`)
        },
      })
      writeRecording(result, resolve(folder))
      const state = result.isComplete ? '' : ' (interrupted: marked INCOMPLETE)'
      stdout.write(`${result.failures} failures of ${result.client.requests} requests in ${folder}${state}\n`)
      stdout.write(`Next: why5xx ${folder}\n`)
      if (signal.aborted) return 130
      return result.missed.length === 0 ? 0 : 10
    } finally {
      rmSync(scratch, { recursive: true, force: true })
    }
  },
})
