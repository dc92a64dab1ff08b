/** Runs of moments that are never further apart than `gapMs`. `items` are whatever the moments belong to. */
export function splitEpisodes<T>(items: readonly T[], momentOf: (item: T) => number, gapMs: number): T[][] {
  const sorted = [...items].sort((a, b) => momentOf(a) - momentOf(b))
  const episodes: T[][] = []
  let last = Number.NEGATIVE_INFINITY
  for (const item of sorted) {
    const moment = momentOf(item)
    if (moment - last > gapMs || episodes.length === 0) episodes.push([])
    episodes.at(-1)?.push(item)
    last = moment
  }
  return episodes
}
