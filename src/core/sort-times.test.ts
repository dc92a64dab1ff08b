import { expect, test } from 'vitest'
import { sortTimes } from './sort-times.ts'

test('times come out in rising order', () => {
  expect([...sortTimes(Float64Array.of(1.7e12, 3.5, 0, 1.6e12 + 0.25, 3.5))]).toEqual([
    0,
    3.5,
    3.5,
    1.6e12 + 0.25,
    1.7e12,
  ])
})

test('times before 1970 come first', () => {
  expect([...sortTimes(Float64Array.of(5, -1, 2, -30, 0))]).toEqual([-30, -1, 0, 2, 5])
})

test('a part of a column is sorted and the rest of it stays', () => {
  const column = Float64Array.of(9, 4, 3, 2, 1)
  sortTimes(column.subarray(1, 4))
  expect([...column]).toEqual([9, 2, 3, 4, 1])
})

test('none and one are in order', () => {
  expect([...sortTimes(new Float64Array(0))]).toEqual([])
  expect([...sortTimes(Float64Array.of(7))]).toEqual([7])
})
