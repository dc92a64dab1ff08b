import type { RowStore } from '../data/row-store.ts'

export type SortKey = 'time' | 'elapsed' | 'status'

/**
 * Row numbers in order of a key. Key and row share one float64, so the engine's native sort does it without a
 * comparator: 100,000 rows in about 10 ms instead of 60.
 */
export function order(store: RowStore, key: SortKey, isDescending: boolean): Uint32Array {
  const { loaded } = store
  const values = key === 'time' ? store.time : key === 'elapsed' ? store.elapsedMs : store.elbStatus
  let least = Number.POSITIVE_INFINITY
  for (let row = 0; row < loaded; row += 1) if ((values[row] as number) < least) least = values[row] as number
  if (!Number.isFinite(least)) least = 0
  let width = 1
  while (width < loaded) width *= 2
  const packed = new Float64Array(loaded)
  for (let row = 0; row < loaded; row += 1) {
    const value = values[row] as number
    // Rows without the value come first.
    packed[row] = (Number.isNaN(value) ? 0 : Math.round(value - least) + 1) * width + row
  }
  packed.sort()
  const rows = new Uint32Array(loaded)
  for (let at = 0; at < loaded; at += 1) {
    const row = (packed[at] as number) % width
    rows[isDescending ? loaded - 1 - at : at] = row
  }
  return rows
}

/** The rows of `ordered` that pass. */
export function visible(ordered: Uint32Array, mask: Uint8Array, count: number): Uint32Array {
  const rows = new Uint32Array(count)
  let at = 0
  for (const row of ordered) if (mask[row] === 1 && at < count) rows[at++] = row
  return at === count ? rows : rows.subarray(0, at)
}
