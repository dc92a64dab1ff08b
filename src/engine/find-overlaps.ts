import type { ReadPlan } from './plan-units.ts'
import type { UnitResult } from './unit-scan.ts'

export type UnitPrints = Pick<UnitResult, 'unit' | 'fingerprints'>

/** Units of all inputs in which a row seems to stand that also stands elsewhere (or twice in the same input). */
export function findOverlaps(results: readonly UnitPrints[], plan: ReadPlan): Set<number> {
  const repeated = findRepeated(results)
  if (repeated.size === 0) return new Set()
  const overlapping = new Set(
    results.filter(({ fingerprints }) => fingerprints.some((print) => repeated.has(print))).map(({ unit }) => unit),
  )
  return new Set(
    plan.inputs.filter(({ units }) => units.some((unit) => overlapping.has(unit))).flatMap(({ units }) => units),
  )
}

/** Sorted as numbers: a table of all of them would take ten times the memory. */
function findRepeated(results: readonly UnitPrints[]): Set<number> {
  const all = new Float64Array(results.reduce((sum, { fingerprints }) => sum + fingerprints.length, 0))
  let at = 0
  for (const { fingerprints } of results) {
    all.set(fingerprints, at)
    at += fingerprints.length
  }
  all.sort()
  const repeated = new Set<number>()
  for (let i = 1; i < all.length; i++) if (all[i] === all[i - 1]) repeated.add(all[i] as number)
  return repeated
}
