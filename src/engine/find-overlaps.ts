import type { ReadPlan } from './plan-units.ts'
import type { UnitResult } from './unit-scan.ts'

/** Units of all inputs in which a row seems to stand that also stands elsewhere (or twice in the same input). */
export function findOverlaps(results: readonly UnitResult[], plan: ReadPlan): Set<number> {
  const inputOf = new Map(plan.inputs.flatMap((input, index) => input.units.map((unit) => [unit, index] as const)))
  const owner = new Map<number, number>()
  const overlapping = new Set<number>()
  for (const result of results) {
    const input = inputOf.get(result.unit) ?? -1
    for (const print of result.fingerprints) {
      const known = owner.get(print)
      if (known === undefined) owner.set(print, input)
      else {
        overlapping.add(known)
        overlapping.add(input)
      }
    }
  }
  return new Set([...overlapping].flatMap((input) => [...(plan.inputs[input]?.units ?? [])]))
}
