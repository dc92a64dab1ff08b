import { describe, expect, it } from 'vitest'
import { Random } from '../lab/traffic/random.ts'
import { findPeriod } from './period.ts'

/** Every `period`, up to `spread` too late, some left out. */
function beats(random: Random, period: number, spread: number, offset: number): number[] {
  return Array.from({ length: 14 }, (_, n) => offset + n * period + spread * random.next()).filter(
    () => random.next() < 0.7,
  )
}

describe('findPeriod', () => {
  it('finds a period that two series share, each with an offset of its own', () => {
    const random = new Random(3)
    const found = findPeriod([beats(random, 407, 12, 90), beats(random, 407, 12, 311)], 100)
    expect(found?.period).toBeGreaterThan(402)
    expect(found?.period).toBeLessThan(412)
    expect(found?.surprise).toBeGreaterThan(4)
    expect(found?.isOnBeat.flat().every((is) => is)).toBe(true)
  })

  it('leaves out an event that is off the beat', () => {
    const events = [...beats(new Random(3), 407, 12, 0), 2_340].sort((a, b) => a - b)
    const found = findPeriod([events], 150)
    expect(found?.isOnBeat[0]?.[events.indexOf(2_340)]).toBe(false)
    expect(found?.isOnBeat[0]?.filter((is) => !is)).toHaveLength(1)
  })

  it('finds none in random events, whatever period it tries', () => {
    let most = 0
    for (let seed = 1; seed <= 40; seed++) {
      const random = new Random(seed)
      const series = [0, 1].map(() => Array.from({ length: 10 }, () => random.next() * 5_000).sort((a, b) => a - b))
      most = Math.max(most, findPeriod(series, 100)?.surprise ?? 0)
    }
    expect(most).toBeLessThan(3)
  })

  it('needs three periods and three events', () => {
    expect(findPeriod([[0, 400]], 100)).toBeUndefined()
    expect(findPeriod([[0, 120, 240]], 100)).toBeUndefined()
    expect(findPeriod([], 100)).toBeUndefined()
  })
})
