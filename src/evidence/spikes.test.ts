import { describe, expect, it } from 'vitest'
import { findSpikes } from './spikes.ts'

describe('findSpikes', () => {
  it('names the timer that most waits share', () => {
    const waits = [...Array.from({ length: 20 }, (_, n) => 30_000 + n), 100, 2_000, 9_000]
    expect(findSpikes(waits)).toMatchObject([{ seconds: 30.01, count: 20 }])
  })

  it('is silent about spread waits', () => {
    expect(findSpikes(Array.from({ length: 50 }, (_, n) => n * 997))).toEqual([])
  })

  it('finds two timers, the higher pile first', () => {
    const waits = [...Array(6).fill(5_000), ...Array(9).fill(10_000)] as number[]
    expect(findSpikes(waits).map((spike) => spike.seconds)).toEqual([10, 5])
  })
})
