/** Set by {@link hashBytes}. */
export let hashHigh = 0
export let hashLow = 0

/**
 * Hash of some bytes, four at a time through a DataView: V8 turns each read into one instruction. The halves are left in
 * {@link hashHigh} and {@link hashLow}.
 */
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
