import { basename, join, resolve } from 'node:path'
import type { ExitCode } from '../core/errors.ts'
import { fail } from '../core/errors.ts'
import { findFix } from '../lab/fixes/find-fix.ts'
import { isFixFolder } from '../lab/fixes/fix-folder.ts'
import { proofByOf } from '../lab/proof/proofs.ts'
import { runPairs } from '../lab/proof/run-proofs.ts'
import type { RunMessage } from '../lab/run/job.ts'
import { type PlannedRun, runMany } from '../lab/run/run-many.ts'
import type { RunResult } from '../lab/run/run-scenario.ts'
import { scenarioById, scenarios } from '../lab/scenarios/catalogue.ts'
import { renderAccuracy } from '../lab/score/report-markdown.ts'
import { renderReport } from '../lab/score/report-text.ts'
import { type LabReport, reportOf } from '../lab/score/run-report.ts'
import { type CommandContext, defineCommand } from './command.ts'
import { numberOption } from './number-option.ts'

/** `--fix auto`: the run's own diagnosis decides what why5xx fix writes. */
const auto = 'auto'

export default defineCommand({
  options: [
    { flags: '--all', summary: 'every scenario' },
    {
      flags: '--fix <name|dir|auto>',
      summary:
        'the same traffic before and after this fix, what why5xx fix wrote into DIR, or what it writes for this run',
    },
    { flags: '--jobs <count>', summary: 'scenarios at the same time', default: '2' },
    { flags: '--seed <number>', summary: 'fixes the traffic', default: '1' },
    { flags: '--traffic <factor>', summary: 'visitors, times what the scenario has', default: '1' },
    { flags: '--out <dir>', summary: 'keeps logs and truth there', default: 'lab-out' },
    {
      flags: '--format <format>',
      summary: 'of the result',
      default: 'terminal',
      choices: ['terminal', 'json', 'markdown'],
    },
    { flags: '--no-diagnosis', summary: 'only reproduce' },
    { flags: '--quiet', summary: 'no progress on stderr' },
  ],
  examples: [
    'why5xx lab run missing-502',
    'why5xx lab run keepalive-race-uvicorn --fix auto',
    'why5xx lab run --all --jobs 2',
  ],
  run: async (context): Promise<ExitCode> => {
    const { options } = context
    const fix = options.fix === undefined ? undefined : fixName(String(options.fix))
    const ids = options.all === true ? scenarios.map((scenario) => scenario.id) : [...context.args]
    if (ids.length === 0) fail('USAGE', { what: 'lab run needs a scenario, or --all; why5xx lab list shows them' })
    for (const id of ids) requireFix(id, fix)
    const folder = resolve(String(options.out))
    const seed = whole('--seed', options.seed)
    const traffic = numberOption(options, 'traffic', 0.1, 10) ?? 1
    const plan: PlannedRun[] = ids.flatMap((scenario): PlannedRun[] => [
      { scenario, seed, traffic, folder: join(folder, scenario) },
      ...(fix === undefined
        ? []
        : [{ scenario, fix, seed, traffic, folder: join(folder, `${scenario}+${basename(fix)}`) }]),
    ])
    const how = {
      jobs: whole('--jobs', options.jobs),
      signal: context.signal,
      onMessage: options.quiet === true ? () => {} : progressWriter(context, plan.length),
    }
    const results =
      fix === auto
        ? (
            await runPairs(
              ids.map((scenario) => ({ scenario, by: proofByOf(scenario), seed, traffic, folder })),
              how,
            )
          ).flatMap(({ before, after }) => (after ? [before, after] : [before]))
        : await runMany(plan, { ...how, isDiagnosed: options.diagnosis !== false })
    const report = reportOf(results, seed)
    const render = { json: renderJson, markdown: renderAccuracy, terminal: renderReport }
    const format = options.format === 'json' || options.format === 'markdown' ? options.format : 'terminal'
    context.stdout.write(render[format](report))
    if (context.signal.aborted) return 130
    return report.isMet ? 0 : 10
  },
})

function renderJson(report: LabReport): string {
  return `${JSON.stringify(report, null, 2)}\n`
}

/** A folder is told to the processes of the run by its whole path. */
function fixName(given: string): string {
  return isFixFolder(given) ? resolve(given) : given
}

function requireFix(id: string, fix: string | undefined): void {
  const scenario = scenarioById(id)
  if (fix === undefined || fix === auto || findFix(scenario, fix)) return
  fail('LAB_FIX_UNKNOWN', { id, fix, known: Object.keys(scenario.fixes ?? {}).join(', ') || 'none' })
}

/** One line per event of the story; with several scenarios each line names its own. */
function progressWriter(
  context: CommandContext,
  runs: number,
): (run: PlannedRun, message: RunMessage | RunResult) => void {
  return (run, message) => {
    const label = runs === 1 ? '' : `${run.scenario}${run.fix ? ` + ${run.fix}` : ''}: `
    if (!('kind' in message)) {
      if (runs > 1)
        context.stderr.write(
          `${label}${message.failures} failures${message.missed.length > 0 ? `; ${message.missed.join('; ')}` : ''}\n`,
        )
      return
    }
    if (message.kind === 'step') context.stderr.write(`${label}${message.text}\n`)
    if (message.kind === 'event' && runs === 1)
      context.stderr.write(`  ${message.atSeconds.toFixed(1).padStart(6)} s  ${message.text}\n`)
  }
}

function whole(option: string, value: unknown): number {
  const number = Number(value)
  if (!Number.isInteger(number) || number < 1)
    fail('USAGE', { what: `${option} wants a whole number above 0, not ${value}` })
  return number
}
