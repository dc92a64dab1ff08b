import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import type { Diagnosis } from '../core/diagnosis.ts'
import { fail } from '../core/errors.ts'
import { redact } from '../report/redact.ts'
import { readDiagnosis } from '../report/schema.ts'
import { listen } from '../server/listen.ts'
import { createSession } from '../server/session.ts'
import { type CommandContext, defineCommand } from './command.ts'

export default defineCommand({
  name: 'ui',
  args: '[input...]',
  summary: 'the diagnosis as a page on 127.0.0.1, with filters: of logs, or of a DIAGNOSIS.json',
  options: [
    { flags: '--port <port>', summary: 'listen there (default: 5055, or the next that is free)' },
    { flags: '--open', summary: 'open it in the browser' },
    {
      flags: '--redact <on|off>',
      summary: 'hide tokens, query values, e-mail and client addresses',
      default: 'on',
      choices: ['on', 'off'],
    },
  ],
  examples: ['why5xx ui ./logs', 'why5xx ui why5xx-diagnosis.json', 'why5xx ui ./logs --redact off --open'],
  run: async (context) => {
    const { args, options, stdout, stderr, signal } = context
    if (args.length === 0) fail('USAGE', { what: 'why5xx ui needs logs, or a DIAGNOSIS.json' })
    const isRedacted = options.redact !== 'off'
    const prepare = (diagnosis: Diagnosis): Diagnosis => redact(diagnosis, { on: isRedacted })
    const session = createSession({ diagnosis: prepare(await diagnosisOf(args)) })
    const listening = await listen(session, portOf(options.port))
    stderr.write(`why5xx: redaction is ${isRedacted ? 'on (--redact off shows all)' : 'off'}. Ctrl-C ends it.\n`)
    stdout.write(`${listening.url}\n`)
    if (options.open === true) openInBrowser(listening.url)
    await untilAborted(signal)
    await listening.close()
    return 0
  },
})

async function diagnosisOf(args: readonly string[]): Promise<Diagnosis> {
  const path = args[0] ?? ''
  return readDiagnosis(await read(path), path)
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

/** Ctrl-C is how it ends, so it is not an error. */
function untilAborted(signal: CommandContext['signal']): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

function openInBrowser(url: string): void {
  const command = process.platform === 'darwin' ? 'open' : process.platform === 'win32' ? 'explorer' : 'xdg-open'
  const child = spawn(command, [url], { stdio: 'ignore', detached: true })
  // No browser here: the address is printed.
  child.on('error', () => {})
  child.unref()
}
