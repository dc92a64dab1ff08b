import { describe, expect, it } from 'vitest'
import { openAtArrival } from './open-at-arrival.ts'

/** [start ms, length ms, status]; handed over at once. */
function rowsOf(rows: readonly (readonly [number, number, number])[]) {
  return {
    length: rows.length,
    start: Float64Array.from(rows, ([start]) => start),
    end: Float64Array.from(rows, ([start, length]) => start + length),
    requestMs: Int32Array.from(rows, ([, , status]) => (status === 504 ? -1 : 0)),
    elbStatus: Uint16Array.from(rows, ([, , status]) => status),
  }
}

describe('openAtArrival', () => {
  // Twelve come within 12 ms and stay for a second; the five after them fail; later ones come alone.
  const crowd = Array.from({ length: 12 }, (_, n) => [n, 1_000, 200] as const)
  const refused = Array.from({ length: 5 }, (_, n) => [500 + n, 10_000, 504] as const)
  const alone = Array.from({ length: 40 }, (_, n) => [20_000 + n * 100, 10, 200] as const)
  const rows = rowsOf([...crowd, ...refused, ...alone])
  const failedAt = refused.map(([start]) => start)

  it('finds the number from which on requests fail, and does not count those that failed as open', () => {
    const shape = openAtArrival([{ rows, failedAt }], new Set())
    expect(shape?.knee).toEqual({ from: 12, failedShare: 1, answeredShare: 0 })
    expect(shape?.counts[12]).toBe(5)
    expect(shape?.control.reduce((sum, value) => sum + value, 0)).toBeCloseTo(5, 0)
  })

  it('names no knee when failures come at any level', () => {
    const anyTime = [1, 4, 8, 20_005, 21_050, 22_050, 23_050]
    expect(openAtArrival([{ rows, failedAt: anyTime }], new Set())?.knee).toBeUndefined()
  })

  it('leaves out failures in windows whose rows were given up', () => {
    expect(openAtArrival([{ rows, failedAt }], new Set([0]))).toBeUndefined()
  })
})
