import { closeSync, openSync, readSync } from 'node:fs'
import { constants, gunzipSync } from 'node:zlib'

/** Enough for a format to be recognised. */
export const HEAD_BYTES = 65_536
/** Compressed bytes that give some dozens of rows. */
const PACKED_BYTES = 16_384
/** They come in one piece: putting together takes a third of the time. */
const INFLATED_BYTES = 262_144

export interface Head {
  /** The first bytes, inflated when the file is gzip. */
  readonly bytes: Uint8Array
  readonly isGzip: boolean
}

const memory = Buffer.allocUnsafeSlow(HEAD_BYTES)

/** The head is valid until the next call. */
export function readHead(path: string): Head {
  const fd = openSync(path, 'r')
  let got = 0
  try {
    got = readSync(fd, memory, 0, HEAD_BYTES, 0)
  } finally {
    closeSync(fd)
  }
  const raw = memory.subarray(0, got)
  if (raw[0] !== 0x1f || raw[1] !== 0x8b) return { bytes: raw, isGzip: false }
  return { bytes: inflateHead(raw), isGzip: true }
}

/** What can be inflated of it; damaged data is asked for less and less. */
function inflateHead(raw: Uint8Array): Uint8Array {
  for (let length = Math.min(raw.length, PACKED_BYTES); length >= 18; length = Math.floor(length / 2))
    try {
      return gunzipSync(raw.subarray(0, length), { finishFlush: constants.Z_SYNC_FLUSH, chunkSize: INFLATED_BYTES })
    } catch {
      // Damage, or bytes after the last member, within this length. The reader will say which.
    }
  return new Uint8Array(0)
}
