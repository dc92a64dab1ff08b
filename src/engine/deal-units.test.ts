import { describe, expect, it } from 'vitest'
import { dealUnits, InOrder } from './deal-units.ts'
import type { UnitSpec } from './unit-scan.ts'

const units = (...bytes: number[]): UnitSpec[] =>
  bytes.map((size, unit) => ({ unit, path: `${unit}.log`, range: null, bytes: size, detection: null, node: '' }))
const dealt = (specs: readonly UnitSpec[], exact: readonly number[], workers: number): number[][] =>
  dealUnits(specs, new Set(exact), workers).map((hand) => hand.map((spec) => spec.unit))

describe('units of work', () => {
  it('are dealt evenly by size, each hand in the order of the input', () => {
    expect(dealt(units(10, 10, 10, 10), [], 2)).toEqual([
      [0, 2],
      [1, 3],
    ])
    expect(dealt(units(1, 1, 90, 40, 40, 1), [], 2)).toEqual([[2], [0, 1, 3, 4, 5]])
    expect(dealt(units(5), [], 3)).toEqual([[0], [], []])
  })

  it('that overlap go to the first worker and count as its share', () => {
    expect(dealt(units(50, 10, 50, 10, 10), [0, 2], 2)).toEqual([
      [0, 2],
      [1, 3, 4],
    ])
  })

  it('are handed on in their order, and the rest at the end', () => {
    const told: number[] = []
    const order = new InOrder(units(1, 1, 1, 1, 1))
    const add = (unit: number): void => order.add(unit, () => told.push(unit))
    add(1)
    expect(told).toEqual([])
    add(0)
    expect(told).toEqual([0, 1])
    add(4)
    add(3)
    expect(told).toEqual([0, 1])
    order.finish()
    expect(told).toEqual([0, 1, 3, 4])
  })
})
