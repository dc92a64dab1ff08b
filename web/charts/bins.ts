import type { HistogramEvidence } from '../../src/core/diagnosis.ts'

export interface Bins {
  readonly edges: readonly number[]
  readonly counts: readonly number[]
  readonly control: readonly number[] | null
  readonly isLinear: boolean
}

const MOST_BINS = 130

/** Cuts the empty ends off and joins neighbours until the bars can be told apart. The table keeps every bin. */
export function binned(evidence: HistogramEvidence): Bins {
  const { edges, counts } = evidence
  const control = evidence.control?.counts ?? null
  let low = 0
  let high = counts.length
  const isEmpty = (bin: number): boolean => (counts[bin] ?? 0) === 0 && (control?.[bin] ?? 0) === 0
  while (low < high && isEmpty(low)) low += 1
  while (high > low && isEmpty(high - 1)) high -= 1
  if (low === high) return { edges: [], counts: [], control: null, isLinear: true }
  // A timer that nothing reached is still worth its place; so is a little air on both sides.
  const pad = Math.max(1, Math.round((high - low) * 0.06))
  low = Math.max(0, low - pad)
  high = Math.min(counts.length, high + pad)
  const join = Math.ceil((high - low) / MOST_BINS)
  const cutEdges: number[] = []
  const cutCounts: number[] = []
  const cutControl: number[] = []
  for (let bin = low; bin < high; bin += join) {
    cutEdges.push(edges[bin] ?? 0)
    let failures = 0
    let controls = 0
    for (let each = bin; each < Math.min(high, bin + join); each += 1) {
      failures += counts[each] ?? 0
      controls += control?.[each] ?? 0
    }
    cutCounts.push(failures)
    cutControl.push(controls)
  }
  cutEdges.push(edges[high] ?? edges.at(-1) ?? 1)
  return { edges: cutEdges, counts: cutCounts, control: control ? cutControl : null, isLinear: isEven(cutEdges) }
}

/** The first and the last bin may be shorter. */
function isEven(edges: readonly number[]): boolean {
  const widths = edges.slice(1).map((edge, at) => edge - (edges[at] ?? 0))
  const [first = 1, second = first] = widths
  const width = Math.max(first, second)
  return widths.every((each, at) =>
    at === 0 || at === widths.length - 1 ? each <= width * 1.02 : Math.abs(each - width) <= width * 0.02,
  )
}
