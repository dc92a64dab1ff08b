import type { TargetLink } from './target-link.ts'

/** A target in its first moment still gets a request now and then, or nothing could warm it. */
const LEAST_SHARE = 0.01

/**
 * Slow start of one node (User Guide, "Slow start mode"): the share of a target that became healthy grows linearly over the
 * duration. Not for targets of the first registration, and only while another healthy target is out of it.
 */
export class SlowStart {
  readonly #durationMs: number
  readonly #credits = new Map<TargetLink, number>()

  constructor(durationSeconds: number) {
    this.#durationMs = durationSeconds * 1000
  }

  /** What a change of health does to a target's mode. */
  onHealth(link: TargetLink, others: readonly TargetLink[], atMs: number): void {
    link.slowSinceMs =
      link.health === 'healthy' &&
      this.#durationMs > 0 &&
      others.some((other) => other !== link && other.health === 'healthy' && this.shareOf(other, atMs) === 1)
        ? atMs
        : undefined
  }

  shareOf({ slowSinceMs }: TargetLink, atMs: number): number {
    if (slowSinceMs === undefined) return 1
    return Math.min(1, Math.max(LEAST_SHARE, (atMs - slowSinceMs) / this.#durationMs))
  }

  /** Smooth weighted round robin; undefined: all have their full share, and plain turns do. */
  choose(candidates: readonly TargetLink[], atMs: number): TargetLink | undefined {
    const shares = candidates.map((link) => this.shareOf(link, atMs))
    if (shares.every((share) => share === 1)) {
      this.#credits.clear()
      return undefined
    }
    let best: TargetLink | undefined
    let total = 0
    for (const [index, link] of candidates.entries()) {
      const share = shares[index] as number
      total += share
      this.#credits.set(link, (this.#credits.get(link) ?? 0) + share)
      if (best === undefined || this.#creditOf(link) > this.#creditOf(best)) best = link
    }
    if (best !== undefined) this.#credits.set(best, this.#creditOf(best) - total)
    return best
  }

  #creditOf(link: TargetLink): number {
    return this.#credits.get(link) ?? 0
  }
}
