/**
 * The end behind which texts are not wanted, for all threads to see: in whole seconds, which one instruction writes. It
 * only comes earlier, and whoever does not see that yet hands over texts that are then dropped.
 */
export class LateMark {
  readonly memory: SharedArrayBuffer
  readonly #seconds: Uint32Array

  constructor(memory?: SharedArrayBuffer) {
    this.memory = memory ?? new SharedArrayBuffer(4)
    this.#seconds = new Uint32Array(this.memory)
    if (memory === undefined) this.set(Number.POSITIVE_INFINITY)
  }

  set(endMs: number): void {
    Atomics.store(this.#seconds, 0, Math.min(Math.max(Math.ceil(endMs / 1_000), 0), NEVER))
  }

  get(): number {
    const seconds = Atomics.load(this.#seconds, 0)
    return seconds === NEVER ? Number.POSITIVE_INFINITY : seconds * 1_000
  }
}

const NEVER = 0xffff_ffff
