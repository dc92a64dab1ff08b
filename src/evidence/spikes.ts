export interface Spike {
  /** Middle of the pile, s. */
  readonly seconds: number
  readonly count: number
  readonly fromMs: number
  readonly toMs: number
}

/**
 * Piles in a list of waits: a constant wait names a timer. A pile is a window of `widthMs` with at least `leastCount`
 * values and at least `leastShare` of all; windows do not overlap; highest first.
 */
export function findSpikes(
  waitsMs: readonly number[],
  {
    widthMs = 150,
    leastCount = 3,
    leastShare = 0.2,
  }: { widthMs?: number; leastCount?: number; leastShare?: number } = {},
): Spike[] {
  const sorted = waitsMs.filter((ms) => Number.isFinite(ms)).sort((a, b) => a - b)
  const spikes: Spike[] = []
  const isTaken = new Array<boolean>(sorted.length).fill(false)
  for (;;) {
    let best = { from: 0, count: 0 }
    let low = 0
    for (let high = 0; high < sorted.length; high++) {
      if (isTaken[high]) {
        low = high + 1
        continue
      }
      while ((sorted[high] as number) - (sorted[low] as number) > widthMs || isTaken[low]) low++
      if (high - low + 1 > best.count) best = { from: low, count: high - low + 1 }
    }
    if (best.count < leastCount || best.count < sorted.length * leastShare) return spikes
    const pile = sorted.slice(best.from, best.from + best.count)
    for (let i = best.from; i < best.from + best.count; i++) isTaken[i] = true
    const middle = pile[Math.floor(pile.length / 2)] as number
    spikes.push({
      seconds: Math.round(middle / 10) / 100,
      count: best.count,
      fromMs: pile[0] as number,
      toMs: pile.at(-1) as number,
    })
  }
}
