import { expect, it } from 'vitest'
import { binomialSurprise } from './binomial-surprise.ts'

it('is the exact binomial tail where that is easily worked out', () => {
  // Three of three at one in ten: 0.001.
  expect(binomialSurprise(3, 3, 0.1)).toBeCloseTo(3, 6)
  // 8 or more of 10 at 0.2: 7.8e-5.
  expect(binomialSurprise(8, 10, 0.2)).toBeCloseTo(4.108, 2)
})

it('goes on smoothly where factorials are no longer looked up', () => {
  const before = binomialSurprise(400, 4_096, 0.05)
  const after = binomialSurprise(400, 4_097, 0.05)
  expect(before - after).toBeGreaterThan(0)
  expect(before - after).toBeLessThan(0.1)
  expect(binomialSurprise(60_000, 1_000_000, 0.05)).toBeGreaterThan(100)
})
