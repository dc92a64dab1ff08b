import { expect, test } from 'vitest'
import { formatCount } from './format-count.ts'

test('counts read as en-US writes them', () => {
  for (const value of [
    0, 7, 999, 1_000, 12_345, 100_000, 1_234_567, 987_654_321_012, -1, -1_234, -999_999, 2.5, 1234.5678,
  ])
    expect(formatCount(value)).toBe(value.toLocaleString('en-US'))
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
    expect(formatCount(value)).toBe(value.toLocaleString('en-US'))
})
