/**
 * Open-addressing index from a 64-bit hash (two 32-bit halves) to a small id. The bytes behind a key are not compared:
 * the halves are seeded at random per process, so rows written by strangers cannot be aimed at a collision, and by
 * chance two of a million keys collide once in 10^7 runs.
 */
export class HashIndex {
  #mask: number
  #ids: Int32Array
  #high: Int32Array
  #low: Int32Array
  size = 0

  constructor(capacity = 1_024) {
    this.#mask = capacity - 1
    this.#ids = new Int32Array(capacity).fill(-1)
    this.#high = new Int32Array(capacity)
    this.#low = new Int32Array(capacity)
  }

  /** The id, or -1. */
  get(high: number, low: number): number {
    let slot = (high ^ (low >>> 7)) & this.#mask
    for (;;) {
      const id = this.#ids[slot] as number
      if (id === -1 || (this.#high[slot] === high && this.#low[slot] === low)) return id
      slot = (slot + 1) & this.#mask
    }
  }

  /** `high` and `low` are int32; the key must not be in the index yet. */
  set(high: number, low: number, id: number): void {
    if (this.size * 2 > this.#mask) this.#grow()
    this.#put(high, low, id)
    this.size++
  }

  #put(high: number, low: number, id: number): void {
    let slot = (high ^ (low >>> 7)) & this.#mask
    while (this.#ids[slot] !== -1) slot = (slot + 1) & this.#mask
    this.#ids[slot] = id
    this.#high[slot] = high
    this.#low[slot] = low
  }

  #grow(): void {
    const [ids, high, low] = [this.#ids, this.#high, this.#low]
    const capacity = (this.#mask + 1) * 2
    this.#mask = capacity - 1
    this.#ids = new Int32Array(capacity).fill(-1)
    this.#high = new Int32Array(capacity)
    this.#low = new Int32Array(capacity)
    for (let slot = 0; slot < ids.length; slot++)
      if (ids[slot] !== -1) this.#put(high[slot] as number, low[slot] as number, ids[slot] as number)
  }
}

export const SEED_HIGH = (Math.random() * 0x1_0000_0000) | 0
export const SEED_LOW = (Math.random() * 0x1_0000_0000) | 0
