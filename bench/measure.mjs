import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const TIME = '/usr/bin/time'

/** What `measure` needs beyond Node; without it the peak memory column stays empty. */
export const memoryMissing = () => (existsSync(TIME) ? undefined : 'apt-get install time')

/**
 * Runs one process to its end. The peak is the resident set of the largest single process, as the kernel accounts it:
 * GNU time stands between, because a child's peak starts at the size of the process that forks it.
 * @returns {{ seconds: number, peakBytes: number | undefined, stdout: string, failed: string | undefined }}
 */
export function measure(argv, scratch) {
  const report = join(scratch, 'time.txt')
  const timed = existsSync(TIME) ? [TIME, '-f', '%M', '-o', report, ...argv] : argv
  const started = performance.now()
  const run = spawnSync(timed[0], timed.slice(1), {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 900_000,
    maxBuffer: 1 << 28,
  })
  const seconds = (performance.now() - started) / 1000
  const failed =
    run.error?.message ??
    (run.status === 0 ? undefined : `ended with ${run.status ?? run.signal}: ${run.stderr.trim().split('\n')[0]}`)
  const peakKiB = existsSync(TIME) ? Number(readFileSync(report, 'utf8').trim().split('\n').at(-1)) : undefined
  return { seconds, peakBytes: peakKiB === undefined ? undefined : peakKiB * 1024, stdout: run.stdout, failed }
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
