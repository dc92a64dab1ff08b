import { expect, it } from 'vitest'
import { findOverlaps } from './find-overlaps.ts'
import type { ReadPlan } from './plan-units.ts'

const input = (name: string, units: readonly number[]) => ({ name, bytes: 1, units, note: null, fileName: null })
const plan: ReadPlan = {
  inputs: [input('a.log', [0, 1]), input('b.log', [2]), input('c.log', [3]), input('notes.txt', [])],
  units: [],
  unreadable: [],
  textBytes: 0,
  hasStdin: false,
}
const overlaps = (...prints: number[][]): number[] =>
  [
    ...findOverlaps(
      prints.map((each, unit) => ({ unit, fingerprints: Float64Array.from(each) })),
      plan,
    ),
  ].sort()

it('inputs that share no row do not overlap', () => {
  expect(overlaps([1, 2], [3], [4], [2 ** 52])).toEqual([])
})

it('all units of two inputs that share a row overlap', () => {
  expect(overlaps([1, 2], [3], [4, 2], [5])).toEqual([0, 1, 2])
})

it('an input overlaps itself when a row stands in it twice', () => {
  expect(overlaps([1], [2], [3], [4, 5, 4])).toEqual([3])
  expect(overlaps([1], [1], [3], [4])).toEqual([0, 1])
})
