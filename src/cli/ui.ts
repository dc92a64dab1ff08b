import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import type { Diagnosis } from '../core/diagnosis.ts'
import { fail } from '../core/errors.ts'
import { diagnose } from '../engine/diagnose.ts'
import { holdsEvidence } from '../engine/evidence-folder.ts'
import { packageVersion } from '../engine/package-version.ts'
import { parseFilter } from '../engine/parse-filter.ts'
import { rejudge } from '../engine/rejudge.ts'
import type { FilterSpec } from '../engine/row-filter.ts'
import { redact } from '../report/redact.ts'
import { readDiagnosis } from '../report/schema.ts'
import { listen } from '../server/listen.ts'
import { createSession, everything, type ReadLogs, type ReadQuery, type Session } from '../server/session.ts'
import { type CommandContext, defineCommand } from './command.ts'
import { numberOption, optionalNumber } from './number-option.ts'

export default defineCommand({
  options: [
    { flags: '--port <port>', summary: 'listen there (default: 5055, or the next that is free)' },
    { flags: '--open', summary: 'open it in the browser' },
    {
      flags: '--where <field=glob>',
      summary: 'only rows whose targetGroup, host, path, target, node, status or loadBalancer match',
      repeatable: true,
    },
    { flags: '--since <time>', summary: 'only rows from here on: ISO 8601 UTC, or 2h ago' },
    { flags: '--until <time>', summary: 'only rows before' },
    { flags: '--idle-timeout <seconds>', summary: "the load balancer's idle timeout, when the log cannot tell" },
    { flags: '--failures <n>', summary: 'failures kept as rows, for the list and the filters', default: 100_000 },
    { flags: '--jobs <n>', summary: 'worker threads (0: none)' },
    {
      flags: '--redact <on|off>',
      summary: 'hide tokens, query values, e-mail and client addresses',
      default: 'on',
      choices: ['on', 'off'],
    },
  ],
  examples: [
    'why5xx ui ./logs',
    'why5xx ui why5xx-diagnosis.json',
    'why5xx ui evidence/',
    'why5xx ui ./logs --redact off --open',
  ],
  run: async (context) => {
    const { args, options, stdout, stderr, signal } = context
    if (args.length === 0)
      fail('USAGE', { what: 'why5xx ui needs logs, a DIAGNOSIS.json or a folder of saved evidence' })
    const isRedacted = options.redact !== 'off'
    const port = portOf(options.port)
    const given = await givenDiagnosis(context)
    const session = createSession(
      given
        ? { diagnosis: redact(given, { on: isRedacted }) }
        : { read: readerOf(context, (diagnosis) => redact(diagnosis, { on: isRedacted })) },
    )
    const ended = untilAborted(signal)
    if (!given) {
      // An error before the first row is an error of the command, not a page that says so for ever.
      const reading = session.read(everything)
      const first = await Promise.race([reading, firstRows(session), ended])
      if (first?.error) throw first.error
    }
    if (signal.aborted) return 130
    const listening = await listen(session, port)
    stderr.write(`why5xx: redaction is ${isRedacted ? 'on (--redact off shows all)' : 'off'}. Ctrl-C ends it.\n`)
    stdout.write(`${listening.url}\n`)
    if (options.open === true) openInBrowser(listening.url)
    await ended
    await listening.close()
    return 0
  },
})

/** A single file that is a diagnosis, or saved evidence; null when the arguments are logs. */
async function givenDiagnosis({ args, options, signal }: CommandContext): Promise<Diagnosis | null> {
  const path = args[0] ?? ''
  if (args.length !== 1) return null
  if (holdsEvidence(path)) {
    const filter = ['where', 'since', 'until'].find((name) => options[name] !== undefined)
    if (filter !== undefined)
      fail('USAGE', { what: `--${filter} wants logs: ${path} is saved evidence, its rows are counted already` })
    const { diagnosis } = await rejudge({
      folder: path,
      failureRows: failureRowsOf(options),
      ...optionalNumber(options, 'idleTimeout', 'idleTimeoutSeconds', 1, 4_000),
      signal,
      version: packageVersion,
    })
    return diagnosis
  }
  if (!path.endsWith('.json')) return null
  const content = await read(path)
  // Exported logs are JSON too; a diagnosis begins with its schemaVersion, wherever a formatter put it.
  return /"schemaVersion"\s*:/.test(content.slice(0, 4_000)) ? readDiagnosis(content, path) : null
}

/** Reads the logs with the command line's filter and the page's together. */
function readerOf({ args, options }: CommandContext, prepare: (diagnosis: Diagnosis) => Diagnosis): ReadLogs {
  const now = new Date()
  const filter = (query: ReadQuery): FilterSpec =>
    parseFilter(
      [...((options.where as string[] | undefined) ?? []), ...query.where],
      query.since ?? (options.since as string | undefined),
      query.until ?? (options.until as string | undefined),
      now,
    )
  const common = {
    paths: args,
    failureRows: failureRowsOf(options),
    ...optionalNumber(options, 'idleTimeout', 'idleTimeoutSeconds', 1, 4_000),
    ...optionalNumber(options, 'jobs', 'jobs', 0, 64),
    version: packageVersion,
  }
  // What is typed wrong is said at once, not in the page.
  filter(everything)
  return async (query, onProgress, signal) =>
    prepare((await diagnose({ ...common, filter: filter(query), signal, onProgress })).diagnosis)
}

function failureRowsOf(options: CommandContext['options']): number {
  return numberOption(options, 'failures', 0, 10_000_000) ?? 100_000
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return fail('INPUT_MISSING', { path }, { cause })
    return fail('INPUT_UNREADABLE', { path, why: (cause as Error).message }, { cause })
  }
}

function portOf(option: unknown): number | null {
  if (option === undefined) return null
  const port = Number(option)
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    fail('USAGE', { what: `--port ${String(option)}: not a port` })
  return port
}

/** Resolves when something was read. */
function firstRows(session: Session): Promise<undefined> {
  return new Promise((resolve) => {
    const stop = session.subscribe(({ progress, phase }) => {
      if (phase !== 'reading' || (progress?.rows ?? 0) === 0) return
      stop()
      resolve(undefined)
    })
  })
}

/** Ctrl-C is how it ends, so it is not an error. */
function untilAborted(signal: CommandContext['signal']): Promise<undefined> {
  if (signal.aborted) return Promise.resolve(undefined)
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }))
}

function openInBrowser(url: string): void {
  const command = process.platform === 'darwin' ? 'open' : process.platform === 'win32' ? 'explorer' : 'xdg-open'
  const child = spawn(command, [url], { stdio: 'ignore', detached: true })
  // No browser here: the address is printed.
  child.on('error', () => {})
  child.unref()
}
