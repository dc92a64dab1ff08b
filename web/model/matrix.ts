import type { RowStore } from '../data/row-store.ts'
import type { Steps } from './select.ts'

export interface Matrix {
  /** Most failures first, at most `limit`; the rest is counted in `others`. */
  readonly targets: readonly { readonly index: number; readonly failures: number }[]
  readonly others: number
  readonly buckets: number
  readonly startMs: number
  readonly bucketMs: number
  /** `cells[target * buckets + bucket]`. */
  readonly cells: Float64Array
  readonly most: number
}

/** Target by time: the blast shape of one finding, over the rows that pass the filter. */
export function matrix(
  store: RowStore,
  mask: Uint8Array,
  finding: number,
  steps: Steps,
  limit = 12,
  buckets = 90,
): Matrix {
  const per = Math.max(1, Math.ceil(steps.count / buckets))
  const bucketMs = steps.stepMs * per
  const used = Math.max(1, Math.ceil(steps.count / per))
  const totals = new Uint32Array(store.names.targets.length + 1)
  const { loaded } = store
  for (let row = 0; row < loaded; row += 1)
    if (mask[row] === 1 && store.finding[row] === finding) add(totals, (store.target[row] as number) + 1)
  const ranked = [...totals.keys()]
    .filter((at) => (totals[at] ?? 0) > 0)
    .sort((a, b) => (totals[b] ?? 0) - (totals[a] ?? 0))
  const kept = ranked.slice(0, limit)
  const place = new Int32Array(totals.length).fill(-1)
  kept.forEach((at, index) => {
    place[at] = index
  })
  const cells = new Float64Array(kept.length * used)
  for (let row = 0; row < loaded; row += 1) {
    if (mask[row] !== 1 || store.finding[row] !== finding) continue
    const at = place[(store.target[row] as number) + 1] as number
    const bucket = Math.floor(((store.time[row] as number) - steps.startMs) / bucketMs)
    if (at >= 0 && bucket >= 0 && bucket < used) add(cells, at * used + bucket)
  }
  let most = 0
  for (const value of cells) if (value > most) most = value
  let others = 0
  for (const at of ranked.slice(limit)) others += totals[at] ?? 0
  return {
    targets: kept.map((at) => ({ index: at - 1, failures: totals[at] ?? 0 })),
    others,
    buckets: used,
    startMs: steps.startMs,
    bucketMs,
    cells,
    most,
  }
}

function add(counts: Uint32Array | Float64Array, index: number): void {
  counts[index] = (counts[index] as number) + 1
}
