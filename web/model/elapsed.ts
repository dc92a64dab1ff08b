import type { HistogramEvidence } from '../../src/core/diagnosis.ts'
import type { RowStore } from '../data/row-store.ts'

/** Seconds. Narrow where the load balancer's own timers lie. */
const edges = [0, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 6, 9.5, 11, 20, 29, 31, 59, 61, 120, 300, 4000]

interface Timer {
  readonly at: number
  readonly label: string
}

/** -1 below the first edge, and for no number. */
function binOf(seconds: number): number {
  let bin = -1
  while (bin < edges.length - 2 && seconds >= (edges[bin + 1] as number)) bin += 1
  return bin
}

const known = new WeakMap<RowStore, { readonly loaded: number; readonly bins: Int8Array }>()

/** The bin of every row that has arrived, found once: a drag asks for them again and again. */
function binsOf(store: RowStore): Int8Array {
  const before = known.get(store)
  if (before?.loaded === store.loaded) return before.bins
  const bins = Int8Array.from({ length: store.loaded }, (_, row) => binOf((store.elapsedMs[row] as number) / 1000))
  known.set(store, { loaded: store.loaded, bins })
  return bins
}

/** How long the failures took that pass the filter: ten seconds, thirty and sixty name their timers. */
export function elapsedHistogram(store: RowStore, mask: Uint8Array, timers: readonly Timer[]): HistogramEvidence {
  const counts = new Array<number>(edges.length - 1).fill(0)
  const bins = binsOf(store)
  for (let row = 0; row < mask.length; row += 1) {
    if (mask[row] !== 1) continue
    const bin = bins[row] as number
    if (bin >= 0) counts[bin] = (counts[bin] as number) + 1
  }
  return {
    kind: 'histogram',
    id: 'elapsed-in-filter',
    title: 'Elapsed time of these failures',
    unit: 's',
    edges,
    counts,
    control: null,
    marks: timers.filter((timer) => (counts[binOf(timer.at)] ?? 0) > 0),
  }
}
