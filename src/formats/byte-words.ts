/**
 * Searching and comparing bytes four and eight at a time through a DataView: V8 turns each read into one instruction,
 * and a loop over single bytes costs four times as much (docs/performance.md). Rows never contain what is not looked
 * for here; positions that come back are checked byte by byte.
 */
const QUOTE = 34
const NEWLINE = 10
const SPACE = 32
const QUESTION_MARK = 63
const ONES = 0x01010101
const HIGHS = 0x80808080

/** Position of the next quote, or -1 when a newline or the limit comes first. */
export function findQuote(view: DataView, from: number, limit: number): number {
  const last = limit - 4
  let p = from
  while (p <= last) {
    // The quote (0x22) and the newline (0x0a) are all that is left of these bits, with 0x02 and `*` as false alarms.
    const word = (view.getInt32(p, true) & 0xd7d7d7d7) ^ 0x02020202
    const hit = (word - ONES) & ~word & HIGHS
    if (hit === 0) {
      p += 4
      continue
    }
    p += lowestByte(hit)
    const byte = view.getUint8(p)
    if (byte === QUOTE) return p
    if (byte === NEWLINE) return -1
    p++
  }
  return -1
}

/** Position of the first byte that is not above a space, or -1 at the limit. */
export function findBlank(view: DataView, from: number, limit: number): number {
  const last = limit - 4
  let p = from
  while (p <= last) {
    // Bytes up to 0x1f and 0x20: below 0x21. Exact for the lowest one, and bytes from 0x80 on are no match.
    const word = view.getInt32(p, true)
    const hit = (word - 0x21212121) & ~word & HIGHS
    if (hit !== 0) return p + lowestByte(hit)
    p += 4
  }
  return -1
}

/** Set by {@link hashUntilQuery}: its two results beside the position. */
export let hashHigh = 0
export let hashLow = 0

/**
 * Hashes from `from` up to a space, quote or question mark and returns its position; -1 when a newline or the limit
 * comes first. The hash is left in {@link hashHigh} and {@link hashLow}.
 */
export function hashUntilQuery(view: DataView, from: number, limit: number, seedHigh: number, seedLow: number): number {
  const last = limit - 4
  let high = seedHigh
  let low = seedLow
  let p = from
  while (p <= last) {
    const raw = view.getInt32(p, true)
    // Space, quote and newline lose their bits here (so do 0x00, 0x02, 0x08, `(` and `*`); the question mark below.
    const blank = raw & 0xd5d5d5d5
    const query = raw ^ 0x3f3f3f3f
    const hit = (((blank - ONES) & ~blank) | ((query - ONES) & ~query)) & HIGHS
    if (hit === 0) {
      high = mixHigh(high, raw)
      low = mixLow(low, raw)
      p += 4
      continue
    }
    const taken = lowestByte(hit)
    const byte = view.getUint8(p + taken)
    const isEnd = byte === SPACE || byte === QUOTE || byte === QUESTION_MARK
    const rest = raw & ((1 << (taken * 8)) - 1)
    high = mixHigh(high, rest ^ (taken << 29))
    low = mixLow(low, rest + taken)
    p += taken
    if (isEnd) {
      hashHigh = high
      hashLow = low
      return p
    }
    if (byte === NEWLINE) return -1
    high = mixHigh(high, byte)
    low = mixLow(low, byte)
    p++
  }
  return -1
}

/** Hash of `length` bytes; the halves are left in {@link hashHigh} and {@link hashLow}. */
export function hashBytes(view: DataView, from: number, to: number, seedHigh: number, seedLow: number): void {
  let high = seedHigh ^ (to - from)
  let low = seedLow
  let p = from
  for (; p + 4 <= to; p += 4) {
    const word = view.getInt32(p, true)
    high = mixHigh(high, word)
    low = mixLow(low, word)
  }
  if (p < to && p > from) {
    // The last four bytes again, whole.
    const word = view.getInt32(to - 4, true)
    high = mixHigh(high, word)
    low = mixLow(low, word)
  } else
    for (; p < to; p++) {
      const byte = view.getUint8(p)
      high = mixHigh(high, byte)
      low = mixLow(low, byte)
    }
  hashHigh = high
  hashLow = low
}

function mixHigh(high: number, word: number): number {
  const mixed = Math.imul(high ^ word, 0x9e3779b1)
  return mixed ^ (mixed >>> 15)
}

function mixLow(low: number, word: number): number {
  const mixed = Math.imul(low ^ word, 0x85ebca6b)
  return (mixed << 13) | (mixed >>> 19)
}

/** Which of the four bytes of a hit is the first. */
function lowestByte(hit: number): number {
  return (32 - Math.clz32((hit - 1) & ~hit)) >> 3
}

/** Bytes to find again at a place where they are expected. Printable ASCII only, at least eight bytes. */
export interface Pattern {
  readonly length: number
  readonly words: DataView
}

export function makePattern(text: string): Pattern | undefined {
  // Then no eight bytes make a NaN or a zero, and doubles are equal exactly when their bytes are.
  if (!/^[ -~]{8,600}$/.test(text)) return undefined
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return { length: bytes.length, words: new DataView(bytes.buffer) }
}

export function matches(view: DataView, at: number, { length, words }: Pattern): boolean {
  if (at < 0 || at + length > view.byteLength) return false
  const last = length - 8
  // The end first: that is where target groups and certificates differ.
  if (view.getFloat64(at + last, true) !== words.getFloat64(last, true)) return false
  for (let i = 0; i < last; i += 8) if (view.getFloat64(at + i, true) !== words.getFloat64(i, true)) return false
  return true
}
