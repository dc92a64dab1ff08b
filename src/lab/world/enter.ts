import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { requireNamespaces } from './requirements.ts'
import { labEnvironment } from './run-command.ts'

export interface WorldRun {
  /** A module of dist/, run by Node inside the new namespaces. */
  readonly module: string
  readonly args: readonly string[]
  readonly signal: AbortSignal
  /** Called for every line it prints. */
  readonly onLine: (line: string) => void
}

export interface WorldEnd {
  readonly exitCode: number
  readonly stderr: string
}

/**
 * Runs a module in namespaces of its own: network, mounts and processes. When its first process ends, however it ends,
 * the kernel ends every other process of the namespace and the last reference to every network: nothing can be left
 * behind, and two labs cannot meet.
 */
export async function runInWorld(run: WorldRun): Promise<WorldEnd> {
  const flags = await requireNamespaces()
  const child = spawn('unshare', [...flags, process.execPath, '--enable-source-maps', run.module, ...run.args], {
    env: labEnvironment(),
    // Its own process group: a Ctrl-C in the terminal reaches this process, which asks the world to stop.
    detached: true,
    // The open pipe is the lifeline: when this process dies, the world reads its end and stops.
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const stop = (): void => {
    child.stdin.end()
  }
  if (run.signal.aborted) stop()
  run.signal.addEventListener('abort', stop, { once: true })
  const stderr: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    stderr.push(line)
    if (stderr.length > 200) stderr.shift()
  })
  const lines = createInterface({ input: child.stdout }).on('line', run.onLine)
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
  lines.close()
  run.signal.removeEventListener('abort', stop)
  return { exitCode, stderr: stderr.join('\n') }
}

/** What a process said as it broke. Of an error that nobody caught that is the error, not Node's version below it. */
export function lastWords(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim())
  return (
    lines.findLast((line) => /^\[?\w*(?:Error|Exception)\b/.test(line)) ??
    lines.findLast((line) => line !== '' && !/^Node\.js v\d/.test(line)) ??
    ''
  )
}
