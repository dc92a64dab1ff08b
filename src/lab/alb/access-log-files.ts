import { randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

export interface LogFileName {
  /** Health check logs share the name and stand beside the access logs with a prefix. */
  readonly prefix?: 'health_check_log_'
  readonly account: string
  readonly region: string
  /** `app/NAME/ID`; the file name has dots for the slashes. */
  readonly loadBalancer: string
  readonly endMs: number
  readonly nodeAddress: string
}

/** `123456789012_elasticloadbalancing_eu-west-1_app.shop.0123456789abcdef_20261123T0220Z_10.0.1.10_jm0mfogh.log.gz` */
export function logFileName(name: LogFileName, random: string): string {
  const end = new Date(Math.ceil(name.endMs / 60_000) * 60_000).toISOString()
  const stamp = `${end.slice(0, 10).replaceAll('-', '')}T${end.slice(11, 13)}${end.slice(14, 16)}Z`
  const id = name.loadBalancer.replaceAll('/', '.')
  return `${name.prefix ?? ''}${name.account}_elasticloadbalancing_${name.region}_${id}_${stamp}_${name.nodeAddress}_${random}.log.gz`
}

/** The end of the interval that holds the moment; intervals are aligned to the epoch, so 5 minutes end at :00, :05 ... */
export function intervalEnd(atMs: number, intervalMs: number): number {
  return (Math.floor(atMs / intervalMs) + 1) * intervalMs
}

/** Above this a node writes a second file for the same interval, as AWS does "if the site has high traffic". */
const FILE_BYTES = 32 * 1024 * 1024

/** One node's rows: kept until their interval is over, then written as one gzip file that appears complete. */
export class AccessLogFiles {
  readonly #directory: string
  readonly #name: Omit<LogFileName, 'endMs'>
  readonly #intervalMs: number
  readonly #onError: (error: Error) => void
  #rows: string[] = []
  #bytes = 0
  #endMs = 0
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(
    directory: string,
    name: Omit<LogFileName, 'endMs'>,
    intervalSeconds: number,
    onError: (error: Error) => void,
  ) {
    this.#directory = directory
    this.#name = name
    this.#intervalMs = intervalSeconds * 1000
    this.#onError = onError
  }

  add(row: string, timeMs: number): void {
    const endMs = intervalEnd(timeMs, this.#intervalMs)
    if (endMs !== this.#endMs) {
      this.#rotate()
      this.#endMs = endMs
      clearTimeout(this.#timer)
      this.#timer = setTimeout(() => this.#rotate(), Math.max(0, endMs - timeMs) + 5)
      this.#timer.unref()
    }
    this.#rows.push(`${row}\n`)
    this.#bytes += row.length + 1
    if (this.#bytes >= FILE_BYTES) this.#rotate()
  }

  /** Resolves when every row added so far is in a file. */
  flush(): Promise<void> {
    this.#rotate()
    return this.#writing
  }

  #rotate(): void {
    if (this.#rows.length === 0) return
    const rows = this.#rows
    this.#rows = []
    this.#bytes = 0
    const random = (randomBytes(5).readUIntBE(0, 5) % 36 ** 8).toString(36).padStart(8, '0')
    const path = join(this.#directory, logFileName({ ...this.#name, endMs: this.#endMs }, random))
    const write = async (): Promise<void> => {
      // A name that no reader of logs takes for a log, until the file is whole.
      const partial = `${path}.partial`
      await pipeline(Readable.from(batches(rows)), createGzip(), createWriteStream(partial))
      await rename(partial, path)
    }
    this.#writing = this.#writing.then(write).catch((error: Error) => this.#onError(error))
  }
}

/** Joined in batches, so that compressing thousands of rows does not hold the event loop. */
function* batches(rows: readonly string[]): Generator<Buffer> {
  for (let at = 0; at < rows.length; at += 500) yield Buffer.from(rows.slice(at, at + 500).join(''), 'latin1')
}
