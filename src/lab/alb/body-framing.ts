/** How the end of a message's body is known (RFC 9112, section 6). */
export type BodyFraming =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' }

export interface BodyStep {
  /** How many bytes of the chunk belong to this body, framing included. */
  readonly consumed: number
  /** The body's own bytes among them. */
  readonly payload: readonly Uint8Array[]
  readonly isComplete: boolean
  readonly isBad: boolean
}

/** Follows a body through chunks of any size; keeps a few numbers, never the bytes. */
export interface BodyReader {
  push(chunk: Uint8Array): BodyStep
  readonly isComplete: boolean
}

export function createBodyReader(framing: BodyFraming): BodyReader {
  switch (framing.kind) {
    case 'none':
      return fixedLength(0)
    case 'length':
      return fixedLength(framing.bytes)
    case 'until-close':
      return {
        isComplete: false,
        push: (chunk) => ({ consumed: chunk.length, payload: [chunk], isComplete: false, isBad: false }),
      }
    case 'chunked':
      return chunked()
  }
}

function fixedLength(bytes: number): BodyReader {
  let left = bytes
  return {
    get isComplete() {
      return left === 0
    },
    push(chunk) {
      const consumed = Math.min(left, chunk.length)
      left -= consumed
      return {
        consumed,
        payload: consumed > 0 ? [chunk.subarray(0, consumed)] : [],
        isComplete: left === 0,
        isBad: false,
      }
    },
  }
}

const CR = 13
const LF = 10
/** Chunk extensions and trailers are allowed, endless ones are not. */
const LINE_LIMIT = 16_384
/** 2^48 bytes: above it a chunk size is an attack, and it still is an exact number. */
const SIZE_DIGITS_LIMIT = 12

function chunked(): BodyReader {
  let state: 'size' | 'extension' | 'size-lf' | 'data' | 'data-cr' | 'data-lf' | 'trailer' | 'trailer-lf' | 'done' =
    'size'
  let sizeText = ''
  let left = 0
  let lineLength = 0
  let trailerLength = 0

  function push(chunk: Uint8Array): BodyStep {
    const payload: Uint8Array[] = []
    let at = 0
    const bad = (): BodyStep => ({ consumed: at, payload, isComplete: false, isBad: true })
    while (at < chunk.length && state !== 'done') {
      if (state === 'data') {
        const taken = Math.min(left, chunk.length - at)
        payload.push(chunk.subarray(at, at + taken))
        at += taken
        left -= taken
        if (left === 0) state = 'data-cr'
        continue
      }
      const byte = chunk[at] as number
      switch (state) {
        case 'size':
          if (isHexDigit(byte)) {
            sizeText += String.fromCharCode(byte)
            if (sizeText.length > SIZE_DIGITS_LIMIT) return bad()
          } else if (sizeText !== '' && (byte === CR || byte === 0x3b || byte === 0x20 || byte === 0x09)) {
            state = byte === CR ? 'size-lf' : 'extension'
          } else return bad()
          break
        case 'extension':
          lineLength += 1
          if (byte === CR) state = 'size-lf'
          else if (byte === LF || lineLength > LINE_LIMIT) return bad()
          break
        case 'size-lf':
          if (byte !== LF) return bad()
          left = Number.parseInt(sizeText, 16)
          sizeText = ''
          lineLength = 0
          state = left === 0 ? 'trailer' : 'data'
          break
        case 'data-cr':
          if (byte !== CR) return bad()
          state = 'data-lf'
          break
        case 'data-lf':
          if (byte !== LF) return bad()
          state = 'size'
          break
        case 'trailer':
          trailerLength += 1
          if (trailerLength > LINE_LIMIT) return bad()
          if (byte === CR) state = 'trailer-lf'
          else if (byte === LF) return bad()
          else lineLength += 1
          break
        case 'trailer-lf':
          if (byte !== LF) return bad()
          state = lineLength === 0 ? 'done' : 'trailer'
          lineLength = 0
          break
      }
      at += 1
    }
    return { consumed: at, payload, isComplete: state === 'done', isBad: false }
  }

  return {
    get isComplete() {
      return state === 'done'
    },
    push,
  }
}

function isHexDigit(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66)
}
