import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { formatCount } from '../core/format-count.ts'
import { createInflater, type Inflater } from './gunzip.ts'
import { createLineBlocks, type LineBlocks, LONGEST_ROW, type OnBlock } from './line-blocks.ts'

export interface ReadResult {
  /** Bytes on disk that were read. */
  readonly bytes: number
  /** Why the file was cut short or what was left out, as a sentence for a person; null when nothing was. */
  readonly truncated: string | null
  /** Rows longer than a megabyte: skipped, and not in any block. */
  readonly endlessRows: number
  /** The last row has no newline: if it does not parse either, the file was cut in the middle of it. */
  readonly endsWithoutNewline: boolean
  /** `isStopped` ended it while it waited for more; a row that was not whole is left out. */
  readonly isStopped: boolean
}

export interface ReadOptions {
  /** Called in order with the blocks around it. */
  readonly onEndlessRow?: (bytes: number) => void
  /** Asked while a pipe has nothing to read: true ends the read there. */
  readonly isStopped?: () => boolean
  /** Memory for the blocks, as long as the longest row; one of its own when left out. */
  readonly buffer?: Buffer
  /** Use only documented interfaces of zlib (the fallback, for tests). */
  readonly byStream?: boolean
}

/** Bytes of a plain file: every line that begins in [start, end). Any offsets: lines are found, none is read twice. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

const PIECE_BYTES = 262_144
/** Read at a time around the edges of a range: some rows. */
const EDGE_BYTES = 16_384
/** Standard input cannot be read a second time, so that damage costs at most this much compressed data. */
const STREAM_PIECE_BYTES = 4_096

/**
 * Reads one file (`-`: standard input) as blocks of whole lines: plain or gzip by content, any number of members, in
 * bounded memory (one block, one piece). Synchronous inside, so meant for worker threads. Throws the error of the
 * operating system when the file cannot be opened or read.
 */
export async function readBlocks(
  path: string,
  range: ByteRange | null,
  onBlock: OnBlock,
  options: ReadOptions = {},
): Promise<ReadResult> {
  const opened = path === '-' ? 0 : openSync(path, 'r')
  const fd = withoutBlocking(opened)
  const buffer = options.buffer ?? blockMemory.pop() ?? Buffer.allocUnsafeSlow(LONGEST_ROW)
  const blocks = createLineBlocks({
    onBlock,
    buffer,
    ...(options.onEndlessRow && { onEndlessRow: options.onEndlessRow }),
  })
  try {
    const source = openSource(fd, options.isStopped)
    const read = range ? readRange(source, range, blocks) : await readWhole(source, blocks, options)
    const isStopped = source.isStopped()
    if (isStopped) blocks.stop()
    else blocks.finish()
    return {
      bytes: read.bytes,
      truncated: isStopped ? null : read.truncated,
      endlessRows: blocks.endlessRows(),
      endsWithoutNewline: blocks.endsWithoutNewline(),
      isStopped,
    }
  } finally {
    if (buffer !== options.buffer) blockMemory.push(buffer)
    if (fd !== 0) closeSync(fd)
    if (opened !== 0 && opened !== fd) closeSync(opened)
  }
}

/** A pipe or terminal opened again so that a read without data returns at once: Ctrl-C must not wait for the writer. */
function withoutBlocking(fd: number): number {
  if (fstatSync(fd).isFile()) return fd
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch {
    // Sockets cannot be opened, and only Linux has the path. Then a read waits for the writer.
    return fd
  }
}

/** Used again by the next file: thousands of small files would otherwise outrun the garbage collector. */
const blockMemory: Buffer[] = []
const pieceMemory: Buffer[] = []

interface Source {
  /** null: a pipe or terminal, read once. */
  readonly size: number | null
  /** At most `length` bytes; 0 at the end. `position` null: where the last read ended. */
  read(into: Uint8Array, offset: number, length: number, position: number | null): number
  /** The end that `read` reported was none. */
  isStopped(): boolean
}

function openSource(fd: number, askStopped: (() => boolean) | undefined): Source {
  const stat = fstatSync(fd)
  let isStopped = false
  return {
    size: stat.isFile() ? stat.size : null,
    isStopped: () => isStopped,
    read(into, offset, length, position) {
      for (let waitMs = 1; ; waitMs = Math.min(waitMs * 2, 20)) {
        try {
          return readSync(fd, into, offset, length, position)
        } catch (error) {
          const { code } = error as NodeJS.ErrnoException
          if (code === 'EOF') return 0 // Windows says so for a closed pipe
          if (code !== 'EAGAIN') throw error
          // A pipe without data, made non-blocking above or by the main thread's process.stdin.
          isStopped = askStopped?.() === true
          if (isStopped) return 0
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, waitMs)
        }
      }
    },
  }
}

type PartResult = Pick<ReadResult, 'bytes' | 'truncated'>

async function readWhole(source: Source, blocks: LineBlocks, { byStream }: ReadOptions): Promise<PartResult> {
  const start = new Uint8Array(2)
  let got = 0
  while (got < 2) {
    const bytes = source.read(start, got, 2 - got, source.size === null ? null : got)
    if (bytes === 0) break
    got += bytes
  }
  const head = start.subarray(0, got)
  if (head[0] !== 0x1f || head[1] !== 0x8b) return readPlain(source, head, blocks)
  return byStream ? inflateByStream(source, head, blocks) : inflate(source, head, blocks)
}

function readPlain(source: Source, head: Uint8Array, blocks: LineBlocks): PartResult {
  let bytes = head.length
  blocks.write(head)
  for (;;) {
    const from = blocks.filled()
    const got = source.read(blocks.buffer, from, blocks.buffer.length - from, source.size === null ? null : bytes)
    if (got === 0) return { bytes, truncated: null }
    bytes += got
    blocks.commit(got)
  }
}

/** A line belongs to the range in which its first byte lies. */
function readRange(source: Source, { start, end }: ByteRange, blocks: LineBlocks): PartResult {
  const piece = pieceMemory.pop() ?? Buffer.allocUnsafeSlow(PIECE_BYTES)
  let at = start === 0 ? 0 : start - 1
  let isWithin = start === 0
  for (;;) {
    // Lines that surely belong to it are read to where they are needed; only its edges are looked at first.
    const sure = isWithin ? end - 1 - at : 0
    if (sure > 0) {
      const filled = blocks.filled()
      const got = source.read(blocks.buffer, filled, Math.min(blocks.buffer.length - filled, sure), at)
      if (got === 0) break
      blocks.commit(got)
      at += got
      continue
    }
    const got = source.read(piece, 0, EDGE_BYTES, at)
    if (got === 0) break
    let from = 0
    if (!isWithin) {
      const newline = piece.subarray(0, got).indexOf(10)
      if (newline < 0) {
        at += got
        if (at >= end) break
        continue
      }
      from = newline + 1
      isWithin = true
      if (at + from >= end) break
    }
    // The line that begins before `end` is read to its newline, wherever that is.
    const lastNewline = at + got >= end ? piece.subarray(0, got).indexOf(10, Math.max(end - 1 - at, 0)) : -1
    if (lastNewline >= 0) {
      blocks.write(piece.subarray(from, lastNewline + 1))
      break
    }
    blocks.write(piece.subarray(from, got))
    at += got
  }
  pieceMemory.push(piece)
  return { bytes: end - start, truncated: null }
}

/** Where a pass stopped, when it did: damage, or bytes after the last member. */
interface Stop {
  /** Offset of the piece in which it happened. */
  readonly pieceAt: number
  readonly produced: number
  readonly error: string
}

async function inflate(source: Source, head: Uint8Array, blocks: LineBlocks): Promise<PartResult> {
  const first = createInflater(blocks)
  if (!first) return inflateByStream(source, head, blocks)
  const piece = pieceMemory.pop() ?? Buffer.allocUnsafeSlow(PIECE_BYTES)
  const pass = inflatePass(source, head, first, piece, Number.POSITIVE_INFINITY)
  first.close()
  pieceMemory.push(piece)
  if (!('error' in pass)) return pass
  const total = source.size
  if (total === null) return { bytes: pass.pieceAt, truncated: damaged(pass.error, pass.pieceAt, null) }
  // zlib does not say how far it came in the piece that failed: again from the start, that piece byte by byte.
  const second = createInflater(blocks, pass.produced)
  if (!second) return { bytes: total, truncated: damaged(pass.error, pass.pieceAt, total - pass.pieceAt) }
  const again = inflatePass(source, head, second, piece, pass.pieceAt)
  second.close()
  const at = 'error' in again ? again.pieceAt : total
  if (pass.error === 'incorrect header check') return { bytes: total, truncated: garbage(total - at + 1) }
  return { bytes: total, truncated: damaged(pass.error, at, total - at) }
}

function inflatePass(
  source: Source,
  head: Uint8Array,
  inflater: Inflater,
  piece: Buffer,
  carefulFrom: number,
): PartResult | Stop {
  const length = source.size === null ? STREAM_PIECE_BYTES : PIECE_BYTES
  let at = 0
  piece.set(head)
  let filled = head.length
  for (;;) {
    const wanted = at >= carefulFrom ? 1 : Math.min(length, carefulFrom - at)
    if (filled < wanted)
      filled += source.read(piece, filled, wanted - filled, source.size === null ? null : at + filled)
    const take = Math.min(filled, wanted)
    if (take === 0) break
    const result = inflater.push(piece.subarray(0, take))
    if (typeof result === 'object') return { pieceAt: at, produced: inflater.produced(), error: result.error }
    if (result === 'stopped') return { bytes: source.size ?? at, truncated: padding(source, inflater.consumed()) }
    at += take
    // Only the two bytes of the head can be left over, in a careful pass that starts with them.
    piece.copyWithin(0, take, filled)
    filled -= take
  }
  if (inflater.finish()) return { bytes: at, truncated: null }
  if (isOneStrayByte(source, inflater.produced())) return { bytes: at, truncated: garbage(1) }
  return {
    bytes: at,
    truncated: `the gzip data ends in the middle (after ${formatCount(at)} compressed bytes): what came before was read, the rest is lost`,
  }
}

/** A single byte after the last member looks to zlib like the start of another one. */
function isOneStrayByte(source: Source, produced: number): boolean {
  if (source.size === null || source.size < 20) return false
  const trailer = Buffer.alloc(5)
  source.read(trailer, 0, 5, source.size - 5)
  return trailer.readUInt32LE(0) === produced % 2 ** 32 && trailer[4] !== 0x1f
}

function padding(source: Source, from: number): string | null {
  if (source.size === null) return null
  const rest = Buffer.alloc(Math.min(PIECE_BYTES, source.size - from))
  for (let at = from; at < source.size; ) {
    const got = source.read(rest, 0, rest.length, at)
    if (got === 0) return null
    // Zeros after the last member are padding of tape and block devices.
    if (rest.subarray(0, got).some((byte) => byte !== 0)) return garbage(source.size - from)
    at += got
  }
  return null
}

function garbage(bytes: number): string {
  return `${formatCount(bytes)} bytes after the end of the gzip data are no gzip: not read`
}

function damaged(error: string, at: number, lost: number | null): string {
  const rest = lost === null ? 'the rest is lost' : `the last ${formatCount(lost)} compressed bytes are lost`
  return `the gzip data is damaged at byte ${formatCount(at)} (${error}): what came before was read, ${rest}`
}

/** Documented interfaces only; slower, and damage costs up to one piece of what came before it. */
async function inflateByStream(source: Source, head: Uint8Array, blocks: LineBlocks): Promise<PartResult> {
  const gunzip = createGunzip({ chunkSize: PIECE_BYTES })
  let at = head.length
  const ended = new Promise<string | null>((resolve) => {
    gunzip.on('data', (chunk: Buffer) => blocks.write(chunk))
    gunzip.on('end', () => resolve(null))
    gunzip.on('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'Z_BUF_ERROR' ? 'the gzip data ends in the middle' : error.message)
    })
  })
  const write = (piece: Uint8Array): Promise<void> => new Promise((resolve) => gunzip.write(piece, () => resolve()))
  let isOpen = true
  void ended.then(() => {
    isOpen = false
  })
  await Promise.race([write(head), ended])
  while (isOpen) {
    const piece = Buffer.allocUnsafeSlow(PIECE_BYTES)
    const got = source.read(piece, 0, piece.length, source.size === null ? null : at)
    if (got === 0) break
    at += got
    await Promise.race([write(piece.subarray(0, got)), ended])
  }
  if (isOpen) gunzip.end()
  const error = await ended
  gunzip.destroy()
  return { bytes: at, truncated: error === null ? null : `${error}: what came before was read, the rest is lost` }
}
