/** Time differences between a witness's rows and the load balancer's. */
export class ClockComparison {
  readonly #diffs: number[] = []

  /** `ms`: the load balancer's end of a request, less the witness's time for it. */
  add(ms: number): void {
    // Enough for a median; one number in many after that would change nothing.
    if (this.#diffs.length < 20_000) this.#diffs.push(ms)
  }

  get matches(): number {
    return this.#diffs.length
  }

  /** Median; undefined without a match. */
  shiftMs(): number | undefined {
    if (this.#diffs.length === 0) return undefined
    const sorted = Float64Array.from(this.#diffs).sort()
    return sorted[Math.floor(sorted.length / 2)]
  }

  /**
   * For rows without trace ids: pairs with the same method and path differ by anything, true pairs by the same. The
   * fullest second wins when it stands out.
   */
  modeMs(): number | undefined {
    if (this.#diffs.length < 3) return undefined
    const bins = new Map<number, number>()
    for (const diff of this.#diffs) {
      const bin = Math.round(diff / 1000)
      bins.set(bin, (bins.get(bin) ?? 0) + 1)
    }
    const around = (bin: number): number => (bins.get(bin - 1) ?? 0) + (bins.get(bin) ?? 0) + (bins.get(bin + 1) ?? 0)
    const best = [...bins.keys()].sort((a, b) => around(b) - around(a) || Math.abs(a) - Math.abs(b))[0]
    if (best === undefined || around(best) < 3) return undefined
    // Clocks that agree need no proof; others must stand out.
    if (Math.abs(best) > 2 && around(best) < 1.5 * around(0) + 3) return undefined
    return Math.abs(best) <= 2 ? 0 : best * 1000
  }
}

/** `2 h 0 min behind`, `1.4 s ahead`; undefined below what matching tolerates anyway. */
export function describeShift(shiftMs: number): string | undefined {
  const seconds = Math.abs(shiftMs) / 1000
  if (seconds < 1) return undefined
  const direction = shiftMs > 0 ? 'behind' : 'ahead of'
  if (seconds < 600) return `${seconds.toFixed(1)} s ${direction}`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min ${direction}`
}

/** Whole quarters of an hour are a time zone, not a wrong clock. */
export function isZone(shiftMs: number): boolean {
  const quarters = Math.abs(shiftMs) / 900_000
  return quarters >= 1 && Math.abs(quarters - Math.round(quarters)) < 0.01
}
