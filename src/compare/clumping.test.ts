import { describe, expect, it } from 'vitest'
import { clumpingOf, timeBins } from './clumping.ts'

const even = new Array<number>(30).fill(100)

describe('clumping', () => {
  it('is 1 for a drizzle and for a steady rate', () => {
    expect(clumpingOf(new Array<number>(30).fill(4), even)).toBe(1)
    expect(clumpingOf([1, 0, 2, 1, 0, 1, 3, 0, 1, 1, 0, 2, 1, 0, 1], even.slice(0, 15))).toBeLessThan(1.2)
  })

  it('makes one event of a single burst', () => {
    const burst = even.map((_, bin) => (bin === 12 ? 60 : 0))
    expect(clumpingOf(burst, even)).toBeCloseTo(60, 0)
  })

  it('does not take a rush of requests for a burst of failures', () => {
    const requests = even.map((count, bin) => (bin === 12 ? count * 50 : count))
    expect(
      clumpingOf(
        requests.map((count) => count / 100),
        requests,
      ),
    ).toBe(1)
  })
})

describe('bins of time', () => {
  const series = (stepSeconds: number, requests: number[]) => ({
    stepSeconds,
    start: '2026-11-23T14:00:00.000Z',
    columns: { requests, answeredBy: { 'load-balancer': [], target: [], nobody: [] }, status: {} },
  })

  it('split the steps of a short log and join those of a long one', () => {
    const short = timeBins(series(60, [300, 600]))
    expect(short.requests).toHaveLength(30)
    expect(short.requests[0]).toBe(20)
    expect(short.requests.at(-1)).toBe(40)
    expect(short.binOf(Date.parse('2026-11-23T14:01:59.999Z'))).toBe(29)
    const long = timeBins(series(60, new Array<number>(720).fill(10)))
    expect(long.requests).toHaveLength(30)
    expect(long.binOf(Date.parse('2026-11-23T14:24:00Z'))).toBe(1)
  })
})
