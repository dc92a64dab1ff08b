import { isSameStatus, type LooseRow } from './match-loose.ts'
import type { Subjects } from './subjects.ts'

/** Below this a difference is the way from one machine to the other, not a wrong clock. */
const AGREES_MS = 1_000

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
    return this.#diffs.length === 0 ? undefined : medianOf(this.#diffs)
  }
}

export interface MeasuredShift {
  readonly shiftMs: number
  /** Pairs that agree on it. */
  readonly matches: number
}

const MOST_PAIRS = 400_000
const MOST_PAIRS_OF_A_ROW = 2_000
const LEAST_PAIRS = 3
/** How far a peak must stand above what lies around it, in standard deviations. */
const LEAST_SIGMA = 5

/**
 * For rows without trace ids: pairs with the same method, path and status differ by anything, true pairs by the same. The
 * second that stands out most above its own neighbourhood is the difference. Rare requests are asked first, they say most.
 */
export function measureShift(rows: readonly LooseRow[], subjects: Subjects): MeasuredShift | undefined {
  const diffs = differences(rows, subjects)
  if (diffs.length < LEAST_PAIRS) return undefined
  const bins = new Map<number, number>()
  for (const diff of diffs) {
    const bin = Math.round(diff / 1000)
    bins.set(bin, (bins.get(bin) ?? 0) + 1)
  }
  const count = (from: number, to: number): number => {
    let sum = 0
    for (let bin = from; bin <= to; bin++) sum += bins.get(bin) ?? 0
    return sum
  }
  const contrast = (bin: number): { above: number; sigma: number } => {
    const around = (count(bin - 20, bin - 4) + count(bin + 4, bin + 20)) * (3 / 34)
    const above = count(bin - 1, bin + 1) - around
    return { above, sigma: above / Math.sqrt(around + 1) }
  }
  let best: { bin: number; above: number; sigma: number } | undefined
  for (const bin of bins.keys()) {
    const here = { bin, ...contrast(bin) }
    if (
      best === undefined ||
      here.above > best.above ||
      (here.above === best.above && Math.abs(bin) < Math.abs(best.bin))
    )
      best = here
  }
  if (best === undefined) return undefined
  // Clocks that agree need no proof; others must stand out.
  const agreeing = contrast(0)
  if (agreeing.above >= LEAST_PAIRS && agreeing.above * 2 >= best.above) return shiftAt(0, diffs)
  if (best.above < LEAST_PAIRS || best.sigma < LEAST_SIGMA) {
    return Math.abs(best.bin) <= 2 && best.above >= LEAST_PAIRS ? shiftAt(best.bin, diffs) : undefined
  }
  return shiftAt(best.bin, diffs)
}

function shiftAt(bin: number, diffs: readonly number[]): MeasuredShift {
  const near = diffs.filter((diff) => Math.abs(diff - bin * 1000) <= 1_500)
  return { shiftMs: near.length === 0 ? bin * 1000 : medianOf(near), matches: near.length }
}

function differences(rows: readonly LooseRow[], subjects: Subjects): number[] {
  const order = [...rows.keys()].sort(
    (a, b) => (rows[a] as LooseRow).alike.subjects.length - (rows[b] as LooseRow).alike.subjects.length || a - b,
  )
  const diffs: number[] = []
  for (const index of order) {
    const { row, alike } = rows[index] as LooseRow
    const stride = Math.max(1, Math.ceil(alike.subjects.length / MOST_PAIRS_OF_A_ROW))
    for (let i = index % stride; i < alike.subjects.length; i += stride) {
      const subject = alike.subjects[i] as number
      if (isSameStatus(row, subject, subjects))
        diffs.push((subjects.end[subject] as number) - row.timeMs - row.timeStepMs / 2)
    }
    if (diffs.length >= MOST_PAIRS) break
  }
  return diffs
}

function medianOf(numbers: readonly number[]): number {
  const sorted = Float64Array.from(numbers).sort()
  return sorted[Math.floor(sorted.length / 2)] as number
}

/** What is added to a witness's times: nothing, when its clock agrees or could not be compared. */
export function correctionMs(shiftMs: number | undefined): number {
  return shiftMs === undefined || Math.abs(shiftMs) < AGREES_MS ? 0 : shiftMs
}

/** `2 h 0 min behind`, `1.4 s ahead`; undefined below what matching tolerates anyway. */
export function describeShift(shiftMs: number): string | undefined {
  const seconds = Math.abs(shiftMs) / 1000
  if (correctionMs(shiftMs) === 0) return undefined
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
