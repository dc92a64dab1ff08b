import type { UnitSpec } from './unit-scan.ts'

/**
 * Which worker reads what, decided beforehand: the largest unit first, to whoever has least. What a worker keeps depends
 * on what it reads, and the same logs must give the same diagnosis, however busy the machine is. Units whose inputs
 * overlap all go to the first worker, which holds the one set of rows seen, and come first there.
 */
export function dealUnits(
  units: readonly UnitSpec[],
  exactUnits: ReadonlySet<number>,
  workers: number,
): readonly (readonly UnitSpec[])[] {
  const exact = units.filter((spec) => exactUnits.has(spec.unit))
  const hands = Array.from({ length: workers }, (_, worker) => ({
    bytes: worker === 0 ? exact.reduce((sum, spec) => sum + spec.bytes, 0) : 0,
    units: [] as UnitSpec[],
  }))
  const others = units.filter((spec) => !exactUnits.has(spec.unit))
  for (const spec of [...others].sort((a, b) => b.bytes - a.bytes || a.unit - b.unit)) {
    let least = hands[0]
    for (const hand of hands) if (least === undefined || hand.bytes < least.bytes) least = hand
    if (least === undefined) break
    least.bytes += spec.bytes
    least.units.push(spec)
  }
  return hands.map((hand, worker) => [...(worker === 0 ? exact : []), ...hand.units.sort((a, b) => a.unit - b.unit)])
}

/** Hands results on in the order of their units, whichever comes first: ids, sums and lists then come out the same. */
export class InOrder {
  readonly #order: readonly number[]
  readonly #waiting = new Map<number, () => void>()
  #next = 0

  constructor(units: readonly UnitSpec[]) {
    this.#order = units.map((spec) => spec.unit).sort((a, b) => a - b)
  }

  add(unit: number, deliver: () => void): void {
    this.#waiting.set(unit, deliver)
    for (;;) {
      const next = this.#order[this.#next]
      const turn = next === undefined ? undefined : this.#waiting.get(next)
      if (next === undefined || turn === undefined) return
      this.#waiting.delete(next)
      this.#next++
      turn()
    }
  }

  /** After an interruption: units that were never read are not waited for. */
  finish(): void {
    for (const [, deliver] of [...this.#waiting].sort(([a], [b]) => a - b)) deliver()
    this.#waiting.clear()
  }
}
