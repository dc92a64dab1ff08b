import { describe, expect, it } from 'vitest'
import { betaBelow, betaQuantile } from './beta.ts'

describe('the beta distribution', () => {
  it('is the uniform one for 1 and 1, and the arcsine one for a half and a half', () => {
    expect(betaBelow(0.3, 1, 1)).toBeCloseTo(0.3, 12)
    expect(betaBelow(0.2, 0.5, 0.5)).toBeCloseTo((2 / Math.PI) * Math.asin(Math.sqrt(0.2)), 12)
  })

  it('is a binomial sum: 3 or more of 10 at 20 %', () => {
    const below = [0, 1, 2].map((k) => ([1, 10, 45][k] ?? 0) * 0.2 ** k * 0.8 ** (10 - k))
    expect(betaBelow(0.2, 3, 8)).toBeCloseTo(1 - below.reduce((sum, part) => sum + part, 0), 12)
  })

  it('has a quantile that leads back, also for a hundred million requests', () => {
    for (const [a, b] of [
      [1, 2_010],
      [77, 1_265],
      [0.4, 12],
      [12, 1e8],
      [5e4, 1e8],
    ] as const)
      for (const probability of [0.025, 0.5, 0.975])
        expect(betaBelow(betaQuantile(probability, a, b), a, b)).toBeCloseTo(probability, 7)
  })
})
