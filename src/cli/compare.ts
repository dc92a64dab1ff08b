import { closeSync, openSync, readFileSync, readSync, statSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { compareDiagnoses } from '../compare/compare-diagnoses.ts'
import type { Comparison } from '../compare/comparison.ts'
import { renderComparisonMarkdown } from '../compare/comparison-markdown.ts'
import { renderComparisonText } from '../compare/comparison-text.ts'
import type { Diagnosis } from '../core/diagnosis.ts'
import { AppError, type ExitCode, fail } from '../core/errors.ts'
import { diagnose } from '../engine/diagnose.ts'
import { holdsEvidence } from '../engine/evidence-folder.ts'
import { packageVersion } from '../engine/package-version.ts'
import { parseFilter } from '../engine/parse-filter.ts'
import { rejudge } from '../engine/rejudge.ts'
import { redact } from '../report/redact.ts'
import { readDiagnosis } from '../report/schema.ts'
import { assertWritable } from './assert-writable.ts'
import { type CommandContext, defineCommand } from './command.ts'
import { optionalNumber } from './number-option.ts'
import { startProgress } from './progress.ts'

export default defineCommand({
  options: [
    { flags: '--at <time>', summary: 'one set of logs, split here: before and after a change (ISO 8601 UTC)' },
    {
      flags: '--where <field=glob>',
      summary: 'only rows whose targetGroup, host, path, target, node, status or loadBalancer match (logs only)',
      repeatable: true,
    },
    { flags: '--idle-timeout <seconds>', summary: "the load balancer's idle timeout, when the logs cannot tell" },
    {
      flags: '--format <format>',
      summary: 'what to print',
      default: 'terminal',
      choices: ['terminal', 'json', 'markdown'],
    },
    { flags: '--output <file>', summary: 'write it here instead of standard output' },
    {
      flags: '--fail-on <change>',
      summary: 'exit 10 when a cause is new, or (worse) new or more',
      choices: ['new', 'worse'],
    },
    {
      flags: '--redact <on|off>',
      summary: 'hide tokens, query values, e-mail and client addresses (on where people read)',
      choices: ['on', 'off'],
    },
    { flags: '--jobs <n>', summary: 'worker threads (0: none)' },
    { flags: '--no-color', summary: 'no colours (also NO_COLOR)' },
    { flags: '--quiet', summary: 'no progress, no notes' },
  ],
  examples: [
    'why5xx compare before.json after.json',
    'why5xx compare ./logs/monday ./logs/tuesday --where targetGroup=shop-api',
    'why5xx compare ./logs --at 2026-11-23T14:00:00Z --fail-on worse',
  ],
  run,
})

/** Kept per side, so that bursts and the mix are known per cause. */
const FAILURE_ROWS = 200_000

interface Read {
  readonly diagnosis: Diagnosis
  readonly hasUnreadable: boolean
}

async function run(context: CommandContext): Promise<ExitCode> {
  const { args, options, stdout, stderr } = context
  const at = options.at as string | undefined
  if (at === undefined ? args.length !== 2 : args.length !== 1)
    fail('USAGE', {
      what:
        at === undefined
          ? 'compare wants two diagnoses, folders of saved evidence or sets of logs, or one set of logs and --at TIME'
          : 'compare --at wants one set of logs',
    })
  if (typeof options.output === 'string') assertWritable(options.output)
  const [first = '', second = first] = args
  const sides = [
    { path: first, name: at === undefined ? first : `${first} until ${at}`, since: undefined, until: at },
    { path: second, name: at === undefined ? second : `${second} from ${at}`, since: at, until: undefined },
  ] as const
  const [before, after] = [await read(context, sides[0]), await read(context, sides[1])]
  for (const [index, { diagnosis }] of [before, after].entries())
    if (diagnosis.books.requests === 0)
      fail('COMPARE_EMPTY', { name: sides[index]?.name ?? '', side: index === 0 ? 'before' : 'after' })
  const format = options.format as string
  const on = options.redact === undefined ? format !== 'json' : options.redact === 'on'
  const comparison = compareDiagnoses(
    { name: sides[0].name, diagnosis: redact(before.diagnosis, { on }) },
    { name: sides[1].name, diagnosis: redact(after.diagnosis, { on }) },
    { version: packageVersion, now: new Date() },
  )
  const output = options.output as string | undefined
  const text = render(comparison, format, context, output === undefined)
  if (output === undefined) stdout.write(text)
  else
    try {
      writeFileSync(output, text)
    } catch (error) {
      throw new AppError('OUTPUT_UNWRITABLE', { path: output, why: (error as Error).message }, { cause: error })
    }
  if (options.quiet !== true && format !== 'terminal')
    stderr.write(`Redaction is ${on ? 'on' : 'off'} (--redact ${on ? 'off' : 'on'} changes it).\n`)
  if (context.signal.aborted) return 130
  if (before.hasUnreadable || after.hasUnreadable) return 4
  const failOn = options.failOn as 'new' | 'worse' | undefined
  const isWorse = comparison.causes.some(
    (change) => change.verdict === 'new' || (failOn === 'worse' && change.verdict === 'more'),
  )
  return failOn !== undefined && isWorse ? 10 : 0
}

function render(comparison: Comparison, format: string, context: CommandContext, isToStdout: boolean): string {
  const { options, stdout, env } = context
  if (format === 'json') return `${JSON.stringify(comparison, null, 2)}\n`
  if (format === 'markdown') return renderComparisonMarkdown(comparison)
  const isPlain = options.color === false || (env.NO_COLOR ?? '') !== ''
  return renderComparisonText(comparison, {
    columns: isToStdout && stdout.isTTY ? stdout.columns : 80,
    color: isToStdout && !isPlain && ((env.FORCE_COLOR ?? '') !== '' || (stdout.isTTY && env.TERM !== 'dumb')),
    unicode: true,
  })
}

async function read(
  context: CommandContext,
  side: { readonly path: string; readonly since: string | undefined; readonly until: string | undefined },
): Promise<Read> {
  const { options } = context
  if (side.since === undefined && side.until === undefined && isDiagnosisFile(side.path)) {
    if (options.where !== undefined)
      fail('USAGE', { what: `--where wants logs: ${side.path} is a diagnosis, its rows are counted already` })
    return { diagnosis: readDiagnosis(readFileSync(side.path, 'utf8'), basename(side.path)), hasUnreadable: false }
  }
  const common = {
    ...optionalNumber(options, 'idleTimeout', 'idleTimeoutSeconds', 1, 4_000),
    failureRows: FAILURE_ROWS,
    signal: context.signal,
    version: packageVersion,
  }
  if (holdsEvidence(side.path)) {
    if (options.where !== undefined || side.since !== undefined || side.until !== undefined)
      fail('USAGE', {
        what: `--where and --at want logs: ${side.path} is saved evidence, its rows are counted already`,
      })
    return rejudge({ ...common, folder: side.path })
  }
  const progress = options.quiet === true ? undefined : startProgress(context.stderr)
  try {
    return await diagnose({
      ...common,
      paths: [side.path],
      filter: parseFilter((options.where as string[] | undefined) ?? [], side.since, side.until, new Date()),
      ...optionalNumber(options, 'jobs', 'jobs', 0, 64),
      ...(progress ? { onProgress: progress.update } : {}),
    })
  } finally {
    progress?.stop()
  }
}

/** JSON that begins like a diagnosis; a load balancer's rows as JSON lines have no `schemaVersion`. */
function isDiagnosisFile(path: string): boolean {
  let file: number | undefined
  try {
    if (!statSync(path).isFile()) return false
    file = openSync(path, 'r')
    const head = Buffer.alloc(400)
    const length = readSync(file, head, 0, head.length, 0)
    const text = head.toString('utf8', 0, length)
    return /^\uFEFF?\s*\{/.test(text) && (text.includes('"schemaVersion"') || path.endsWith('.json'))
  } catch {
    // Whatever is wrong with it, reading it as logs says so in the usual words.
    return false
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
