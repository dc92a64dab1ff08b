import { type Dirent, readdirSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { GZIP_RATIO, LEAST_RANGE_BYTES } from './plan-units.ts'

/** Below this much log text, threads cost more than they save. */
export const SMALL_BYTES = 12_000_000

const ready: Worker[] = []

/**
 * Starts the workers that these words of a command line will need, so that they load while the command does. A guess: a
 * word may be no log. Whoever reads takes the workers; nobody waits for those that are left.
 */
export function startWorkersFor(words: readonly string[]): void {
  if (words.includes('--jobs') || words.includes('--from-evidence')) return
  const files = words.flatMap(filesAt)
  const text = files.reduce((sum, file) => sum + file.bytes * (file.isGzip ? GZIP_RATIO : 1), 0)
  if (text < SMALL_BYTES) return
  const units = files.reduce(
    (sum, file) => sum + (file.isGzip ? 1 : Math.max(1, Math.floor(file.bytes / LEAST_RANGE_BYTES))),
    0,
  )
  for (let n = Math.min(availableParallelism(), units); n > 0; n--) {
    const worker = startWorker()
    worker.unref()
    ready.push(worker)
  }
}

export function takeWorker(): Worker {
  const worker = ready.pop()
  worker?.ref()
  return worker ?? startWorker()
}

/** Those that nobody took. */
export function dismissWorkers(): void {
  for (const worker of ready.splice(0)) void worker.terminate()
}

function startWorker(): Worker {
  return new Worker(new URL('./worker.js', import.meta.url), {
    // Young generation large enough that rows that fail do not trigger a collection each, and no larger after two million
    // rows than before. The less an old one may grow to, the sooner it is collected: a worker keeps ten megabytes.
    resourceLimits: { maxYoungGenerationSizeMb: 6, maxOldGenerationSizeMb: 512 },
  })
}

/** The file, or those in the folder; none when the word is another word. */
function filesAt(word: string): { readonly bytes: number; readonly isGzip: boolean }[] {
  const sizeOf = (path: string) => ({ bytes: statSync(path).size, isGzip: path.endsWith('.gz') })
  try {
    if (statSync(word).isFile()) return [sizeOf(word)]
    return readdirSync(word, { withFileTypes: true })
      .filter((entry: Dirent) => entry.isFile())
      .slice(0, 100)
      .map((entry) => sizeOf(join(word, entry.name)))
  } catch {
    // No such file: an option, or something that the command itself will complain about.
    return []
  }
}
