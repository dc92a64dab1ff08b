import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findInterval } from './interval.ts'

const everyMs = (periodMs: number, count: number, fromMs = 0): number[] =>
  Array.from({ length: count }, (_, n) => fromMs + n * periodMs)

describe('an interval', () => {
  it('is found for one asker', () => {
    expect(findInterval(everyMs(5_000, 20), 1)).toMatchObject({ seconds: 5, hits: 19, asked: 19 })
  })

  it('is found for three askers of one log', () => {
    const times = [...everyMs(10_000, 20), ...everyMs(10_000, 20, 900), ...everyMs(10_000, 20, 4_300)]
    expect(
      findInterval(
        times.sort((a, b) => a - b),
        1,
      ),
    ).toMatchObject({ seconds: 10 })
  })

  it('survives a hole in the log', () => {
    const times = everyMs(5_000, 40).filter((time) => time < 60_000 || time > 110_000)
    expect(findInterval(times, 1)).toMatchObject({ seconds: 5 })
  })

  it('is not read out of a few requests, nor out of times too coarse for it', () => {
    expect(findInterval(everyMs(5_000, 8), 1)).toBeUndefined()
    expect(findInterval(everyMs(1_000, 60), 1_000)).toBeUndefined()
  })

  it('is not found in traffic that comes at random', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (seed) => {
        let state = seed
        const times = Array.from({ length: 60 }, () => {
          state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
          return (state / 2 ** 32) * 600_000
        })
        expect(
          findInterval(
            times.sort((a, b) => a - b),
            1,
          ),
        ).toBeUndefined()
      }),
    )
  })
})
