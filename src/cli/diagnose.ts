import { closeSync, openSync, writeFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import type { Diagnosis } from '../core/diagnosis.ts'
import { AppError, type ExitCode } from '../core/errors.ts'
import { type DiagnoseOptions, type DiagnoseResult, diagnose } from '../engine/diagnose.ts'
import type { EvidenceFolder } from '../engine/evidence-folder.ts'
import { packageVersion } from '../engine/package-version.ts'
import { parseFilter } from '../engine/parse-filter.ts'
import type { RejudgeOptions } from '../engine/rejudge.ts'
import { formatVerdict } from '../report/verdict.ts'
import { assertWritable } from './assert-writable.ts'
import { type CommandContext, defineCommand } from './command.ts'
import { optionalNumber } from './number-option.ts'
import { startProgress } from './progress.ts'
import { setFlagsOfOneRun } from './v8-flags.ts'
import { witnessOptions } from './witness-options.ts'

const reportFormats = ['terminal', 'json', 'markdown', 'html', 'sarif']

export default defineCommand({
  options: [
    {
      flags: '--with <file>',
      summary:
        'another witness (app log, nginx, Sentry, CloudWatch, Kubernetes ...), KIND=FILE insists; none: ignore all',
      repeatable: true,
    },
    { flags: '--nginx-log-format <text>', summary: "the log_format of nginx's access log, when it is your own" },
    { flags: '--json-keys <keys>', summary: "keys of the app's JSON log: time=ts,status=res.code,path=req.url" },
    {
      flags: '--where <field=glob>',
      summary: 'only rows whose targetGroup, host, path, target, node, status or loadBalancer match',
      repeatable: true,
    },
    { flags: '--since <time>', summary: 'only rows from here on: ISO 8601 UTC, or 2h ago' },
    { flags: '--until <time>', summary: 'only rows before' },
    { flags: '--idle-timeout <seconds>', summary: "the load balancer's idle timeout, when the log cannot tell" },
    { flags: '--format <format>', summary: 'what to print', default: 'terminal', choices: reportFormats },
    { flags: '--output <file>', summary: 'write the report here instead of standard output' },
    { flags: '--verdicts <file>', summary: 'also write one NDJSON row per failure' },
    { flags: '--failures <n>', summary: 'failures kept as rows in the diagnosis (10000)' },
    {
      flags: '--redact <on|off>',
      summary: 'hide tokens, query values, e-mail and client addresses (on where people read)',
      choices: ['on', 'off'],
    },
    {
      flags: '--fail-on <confidence>',
      summary: 'exit 10 when a finding is at least this sure',
      choices: ['likely', 'certain'],
    },
    {
      flags: '--save-evidence <dir>',
      summary: 'keep what was measured, so that it can be judged again without the logs',
    },
    { flags: '--from-evidence <dir>', summary: 'judge what --save-evidence kept, instead of logs' },
    { flags: '--jobs <n>', summary: 'worker threads (0: none)' },
    { flags: '--no-color', summary: 'no colours (also NO_COLOR)' },
    { flags: '--quiet', summary: 'no progress, no notes' },
    { flags: '--debug', summary: 'stack traces with errors' },
  ],
  examples: [
    'why5xx ./logs',
    'why5xx ./logs --with app.log --with nginx-error=/var/log/nginx/error.log',
    "why5xx ./logs --where 'path=/api/*' --since 2026-11-23T02:00:00Z",
    'why5xx ./logs --format json --output diagnosis.json --verdicts verdicts.ndjson',
    'zcat *.log.gz | why5xx -',
  ],
  run,
})

async function run(context: CommandContext): Promise<ExitCode> {
  const { options, stderr, stdout } = context
  const saved = options.fromEvidence as string | undefined
  if (saved !== undefined) refuseReading(context)
  else if (context.args.length === 0)
    throw new AppError('USAGE', { what: 'Nothing to read: give files, folders, or - for standard input' })
  const format = options.format as string
  const isQuiet = options.quiet === true
  const given = {
    ...optionalNumber(options, 'idleTimeout', 'idleTimeoutSeconds', 1, 4_000),
    ...optionalNumber(options, 'failures', 'failureRows', 0, 10_000_000),
    ...witnessOptions(options),
    signal: context.signal,
    version: packageVersion,
  }
  for (const path of [options.output, options.verdicts]) if (typeof path === 'string') assertWritable(path)
  const keep = options.saveEvidence as string | undefined
  const evidence = keep === undefined ? undefined : await openFolder(keep)
  if (evidence?.savedAt) stderr.write(`${keep} holds evidence saved at ${evidence.savedAt}: it will be replaced.\n`)
  const keeping = { ...given, isSaved: evidence !== undefined }
  const reading = saved === undefined ? read(context, keeping) : judgeAgain({ ...keeping, folder: saved })
  // While the logs are read, but not before the workers know which.
  const renderer = setImmediate().then(() => import('./render-report.ts'))
  const result = await reading
  const { diagnosis } = result
  const output = options.output as string | undefined
  const redact = options.redact === undefined ? format !== 'json' : options.redact === 'on'
  const { renderReport } = await renderer
  const target = output === undefined ? toStream(stdout) : toFile(output)
  const form = {
    format,
    redact,
    columns: output === undefined && stdout.isTTY ? stdout.columns : 80,
    color: output === undefined && wantsColor(context),
    unicode: output !== undefined || showsUnicode(context),
  }
  renderReport(diagnosis, form, target.put)
  await target.end()
  const verdicts = options.verdicts as string | undefined
  if (verdicts !== undefined) await writeVerdicts(verdicts, result)
  if (result.gathered) await evidence?.save(result.gathered, packageVersion, new Date())
  if (!isQuiet) {
    stderr.write(`Redaction is ${redact ? 'on' : 'off'} (--redact ${redact ? 'off' : 'on'} changes it).\n`)
    if (verdicts !== undefined) stderr.write(`Verdicts: ${verdicts} (not redacted)\n`)
    if (evidence) stderr.write(`Evidence: ${keep} (not redacted); why5xx --from-evidence ${keep} judges it again\n`)
    for (const error of diagnosis.errors) stderr.write(`why5xx: ${error.where}: ${error.message}\n`)
  }
  if (context.signal.aborted) return 130
  if (result.hasUnreadable) return 4
  return meetsFailOn(diagnosis, options.failOn as 'likely' | 'certain' | undefined) ? 10 : 0
}

async function read(
  { args, options, stderr }: CommandContext,
  given: Omit<DiagnoseOptions, 'paths'>,
): Promise<DiagnoseResult> {
  const progress = options.quiet === true ? undefined : startProgress(stderr)
  setFlagsOfOneRun()
  try {
    return await diagnose({
      ...given,
      paths: args,
      filter: parseFilter(
        (options.where as string[] | undefined) ?? [],
        options.since as string | undefined,
        options.until as string | undefined,
        new Date(),
      ),
      ...optionalNumber(options, 'jobs', 'jobs', 0, 64),
      ...(progress ? { onProgress: progress.update } : {}),
    })
  } finally {
    progress?.stop()
  }
}

/** Loaded when asked for: a run without it should not wait for the schema. */
async function openFolder(path: string): Promise<EvidenceFolder> {
  const { openEvidenceFolder } = await import('../engine/evidence-folder.ts')
  return openEvidenceFolder(path)
}

async function judgeAgain(options: RejudgeOptions): Promise<DiagnoseResult> {
  const { rejudge } = await import('../engine/rejudge.ts')
  return rejudge(options)
}

/** Saved evidence is counted already: nothing of it can be read anew. */
function refuseReading({ args, options }: CommandContext): void {
  const [log] = args
  if (log !== undefined)
    throw new AppError('USAGE', {
      what: `--from-evidence judges what was saved and reads no log: leave out ${log}, or leave out --from-evidence`,
    })
  const filter = ['where', 'since', 'until'].find((name) => options[name] !== undefined)
  if (filter !== undefined)
    throw new AppError('USAGE', {
      what: `--${filter} chooses rows, and saved evidence holds their counts: read the logs again with it (and with --save-evidence, to keep that part)`,
    })
}

function meetsFailOn(diagnosis: Diagnosis, failOn: 'likely' | 'certain' | undefined): boolean {
  if (failOn === undefined) return false
  const words = failOn === 'likely' ? ['likely', 'certain'] : ['certain']
  return diagnosis.findings.some(
    (finding) => finding.failures > 0 && finding.confidence !== null && words.includes(finding.confidence),
  )
}

function wantsColor({ options, stdout, env }: CommandContext): boolean {
  if (options.color === false || (env.NO_COLOR ?? '') !== '') return false
  return (env.FORCE_COLOR ?? '') !== '' || (stdout.isTTY && env.TERM !== 'dumb')
}

/** Only a locale that names another character set says no: containers often name none and show UTF-8 all the same. */
function showsUnicode({ env }: CommandContext): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || ''
  return locale === '' || /utf-?8/i.test(locale) || !/^(C|POSIX)$|\./.test(locale)
}

interface Target {
  readonly put: (piece: string) => void
  readonly end: () => Promise<void>
}

/** A pipe takes its time: the end waits until it has all of a large report. */
function toStream(stream: NodeJS.WriteStream): Target {
  return {
    put: (piece) => void stream.write(piece),
    end: () =>
      new Promise((resolve, reject) => {
        stream.write('', (error) => (error ? reject(error) : resolve()))
      }),
  }
}

function toFile(path: string): Target {
  const orFail = <T>(act: () => T): T => {
    try {
      return act()
    } catch (error) {
      throw new AppError('OUTPUT_UNWRITABLE', { path, why: (error as Error).message }, { cause: error })
    }
  }
  const file = orFail(() => openSync(path, 'w'))
  return {
    put: (piece) => orFail(() => writeFileSync(file, piece)),
    end: async () => closeSync(file),
  }
}

function writeVerdicts(path: string, result: DiagnoseResult): Promise<void> {
  const { put, end } = toFile(path)
  let lines = ''
  for (const verdict of result.verdicts()) {
    lines += formatVerdict(verdict)
    if (lines.length < 1_000_000) continue
    put(lines)
    lines = ''
  }
  if (lines !== '') put(lines)
  return end()
}
