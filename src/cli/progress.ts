import { formatCount } from '../core/format-count.ts'
import type { Progress } from '../engine/diagnose.ts'

const EVERY_MS = 100

export interface ProgressLine {
  readonly update: (progress: Progress) => void
  readonly stop: () => void
}

/** One line on standard error, rewritten in place; nothing at all when it is no terminal. */
export function startProgress(stderr: NodeJS.WriteStream): ProgressLine | undefined {
  if (!stderr.isTTY) return undefined
  const began = performance.now()
  let shownAt = 0
  let isShown = false
  return {
    update(progress) {
      const now = performance.now()
      if (now - shownAt < EVERY_MS) return
      shownAt = now
      isShown = true
      stderr.write(`\r${describe(progress, (now - began) / 1000)}\x1b[K`)
    },
    stop() {
      if (isShown) stderr.write('\r\x1b[K')
    },
  }
}

function describe(progress: Progress, seconds: number): string {
  const rate = progress.bytes / Math.max(seconds, 0.001)
  const parts = [
    `Reading ${megabytes(progress.bytes)}`,
    progress.totalBytes === null ? '' : `of about ${megabytes(Math.max(progress.bytes, progress.totalBytes))}`,
  ]
  // Rows are counted when a file, or a part of a large one, is through: until then nobody knows, which is not 0.
  if (progress.rows > 0)
    parts.push(
      `· ${formatCount(Math.round(progress.rows / Math.max(seconds, 0.001)))} rows/s`,
      `· ${formatCount(progress.failures)} failures`,
    )
  if (progress.totalBytes !== null && progress.totalBytes > progress.bytes && rate > 0)
    parts.push(`· ${Math.ceil((progress.totalBytes - progress.bytes) / rate)} s left`)
  return parts.filter((part) => part !== '').join(' ')
}

function megabytes(bytes: number): string {
  return `${formatCount(Math.round(bytes / 1e6))} MB`
}
