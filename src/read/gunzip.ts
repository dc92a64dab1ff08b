import { constants, createGunzip, type Gunzip } from 'node:zlib'
import type { LineBlocks } from './line-blocks.ts'

export type PushResult = 'more' | 'stopped' | { readonly error: string }

/** Inflates pieces of a gzip file (one member or several) straight into the block buffer. */
export interface Inflater {
  push(piece: Uint8Array): PushResult
  /** Did the last member end? */
  finish(): boolean
  /** Compressed bytes consumed. After 'stopped' (padding after the last member): where that begins. */
  consumed(): number
  /** Bytes it made. */
  produced(): number
  close(): void
}

/**
 * Node's own synchronous way into zlib, as `gunzipSync` uses it, but into memory that is used again. Measured on two
 * workers (docs/performance.md): 337 MB of rows in 0.21 s, against 0.27 to 0.45 s for streams of 256 KB chunks and 0.36 s
 * for gunzipSync, with less than half its memory. It is not a public interface, so it is probed; `inflateByStream` of
 * byte-chunks.ts takes over where it is missing.
 */
interface SyncHandle {
  writeSync(
    flush: number,
    input: Uint8Array,
    inputOffset: number,
    inputLength: number,
    output: Uint8Array,
    outputOffset: number,
    outputLength: number,
  ): void
  onerror: (message: string, errno: number, code: string) => void
}

export function createInflater(blocks: LineBlocks, skipBytes = 0): Inflater | undefined {
  const stream = createGunzip()
  const access = syncAccess(stream)
  if (!access) {
    stream.close()
    return undefined
  }
  const { handle, state } = access
  let error: string | undefined
  handle.onerror = (message) => {
    error = message
  }
  let toSkip = skipBytes
  let consumed = 0
  let produced = 0

  return {
    push(piece) {
      let left = piece.length
      for (;;) {
        const from = blocks.filled()
        const room = blocks.buffer.length - from
        handle.writeSync(constants.Z_NO_FLUSH, piece, piece.length - left, left, blocks.buffer, from, room)
        if (error !== undefined) return { error }
        const [roomLeft = 0, inputLeft = 0] = state
        const made = room - roomLeft
        const isStuck = made === 0 && inputLeft === left
        consumed += left - inputLeft
        left = inputLeft
        produced += made
        const dropped = Math.min(toSkip, made)
        if (dropped > 0) {
          // Seen by the caller before: a second pass over a damaged file.
          toSkip -= dropped
          blocks.buffer.copyWithin(from, from + dropped, from + made)
        }
        blocks.commit(made - dropped)
        if (left > 0 && isStuck) return 'stopped'
        if (left === 0 && roomLeft > 0) return 'more'
      }
    },
    finish() {
      const from = blocks.filled()
      const room = blocks.buffer.length - from
      handle.writeSync(constants.Z_FINISH, new Uint8Array(0), 0, 0, blocks.buffer, from, room)
      return error === undefined
    },
    consumed: () => consumed,
    produced: () => produced,
    close: () => stream.close(),
  }
}

function syncAccess(stream: Gunzip): { handle: SyncHandle; state: Uint32Array } | undefined {
  const { _handle: handle, _writeState: state } = stream as unknown as {
    _handle?: Partial<SyncHandle> | null
    _writeState?: unknown
  }
  if (typeof handle?.writeSync !== 'function' || !(state instanceof Uint32Array) || state.length !== 2) return undefined
  return { handle: handle as SyncHandle, state }
}
