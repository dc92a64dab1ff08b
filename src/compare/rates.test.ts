import { describe, expect, it } from 'vitest'
import { rateOf, ratioOf, requestsToTell } from './rates.ts'

describe('the interval of a rate', () => {
  it('says at most 0.18 % for 0 of 2,010', () => {
    expect(rateOf(0, 2_010).high).toBeCloseTo(0.00183, 5)
    expect(rateOf(0, 2_010).low).toBe(0)
  })

  it('is the published exact one for 15 of 148', () => {
    // Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 5.
    const { low, high } = rateOf(15, 148)
    expect(low).toBeCloseTo(0.0578, 4)
    expect(high).toBeCloseTo(0.1617, 4)
  })

  it('reaches both ends: all, none, and no request at all', () => {
    expect(rateOf(10, 10).high).toBe(1)
    expect(rateOf(0, 0)).toMatchObject({ rate: 0, low: 0, high: 1 })
  })

  it('gets wider where failures come in bursts', () => {
    const alone = rateOf(60, 10_000)
    const inBursts = rateOf(60, 10_000, 12)
    expect(inBursts.rate).toBe(alone.rate)
    expect(inBursts.high).toBeGreaterThan(alone.high)
    expect(inBursts.low).toBeLessThan(alone.low)
    expect(rateOf(0, 10_000, 12).high).toBeGreaterThan(rateOf(0, 10_000).high)
  })
})

describe('the ratio of two rates', () => {
  it('is below 1 for 77 of 1,341 before and 0 of 2,010 after', () => {
    const ratio = ratioOf(rateOf(77, 1_341), rateOf(0, 2_010))
    expect(ratio.value).toBe(0)
    expect(ratio.high).toBeLessThan(0.04)
  })

  it('contains 1 for 3 before and none after, and tells how many requests would settle it', () => {
    const before = rateOf(3, 1_000)
    expect(ratioOf(before, rateOf(0, 1_000)).high).toBeGreaterThan(1)
    const needed = requestsToTell(before)
    expect(ratioOf(before, rateOf(0, needed)).high).toBeLessThanOrEqual(1)
    expect(ratioOf(before, rateOf(0, needed - 10)).high).toBeGreaterThan(1)
  })

  it('has no upper end where there were none before', () => {
    expect(ratioOf(rateOf(0, 1_000), rateOf(20, 1_000))).toMatchObject({ value: null, high: null })
    expect(ratioOf(rateOf(0, 1_000), rateOf(20, 1_000)).low).toBeGreaterThan(1)
  })
})
