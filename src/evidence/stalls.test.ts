import { describe, expect, it } from 'vitest'
import type { TargetRows } from './kept-traffic.ts'
import { findKnee } from './knee.ts'
import { findStalls } from './stalls.ts'

interface Row {
  readonly start: number
  readonly end: number
}

function asRows(rows: readonly Row[]): TargetRows {
  const sorted = [...rows].sort((a, b) => a.end - b.end)
  return {
    length: sorted.length,
    start: Float64Array.from(sorted, (row) => row.start),
    end: Float64Array.from(sorted, (row) => row.end),
    requestMs: new Int32Array(sorted.length),
    targetMs: Int32Array.from(sorted, (row) => row.end - row.start),
    elbStatus: new Uint16Array(sorted.length).fill(200),
    targetStatus: new Uint16Array(sorted.length).fill(200),
    flow: new Int32Array(sorted.length),
    route: new Int32Array(sorted.length),
  }
}

/** A request every 100 ms from 0 to 60 s; `endOf` says when it is answered. */
function traffic(endOf: (start: number) => number): TargetRows {
  return asRows(
    Array.from({ length: 600 }, (_, n) => ({ start: 1_000_000 + n * 100, end: 1_000_000 + endOf(n * 100) })),
  )
}

/** `workers` requests at once, each `serviceMs` long, first come first served; arrivals every `everyMs`. */
function queue(workers: number, serviceMs: number, everyMs: number, requests: number): TargetRows {
  const free = new Array<number>(workers).fill(0)
  return asRows(
    Array.from({ length: requests }, (_, n) => {
      const start = n * everyMs
      const worker = free.indexOf(Math.min(...free))
      const end = Math.max(start, free[worker] as number) + serviceMs
      free[worker] = end
      return { start: 1_000_000 + start, end: 1_000_000 + end }
    }),
  )
}

describe('stalls', () => {
  it('are stretches without an answer that end in many at once', () => {
    const rows = traffic((start) => (start >= 20_000 && start < 26_000 ? 26_000 + (start % 7) : start + 20))
    expect(findStalls(rows)).toEqual([
      { from: 1_019_920, to: 1_026_000, open: expect.any(Number), together: expect.any(Number), waitBeforeMs: 20 },
    ])
    expect(findStalls(rows)[0]?.together).toBeGreaterThan(50)
  })

  it('are not what busy workers make, who finish one after another', () => {
    expect(findStalls(queue(4, 2_000, 100, 400))).toEqual([])
  })

  it('say how long the last answers before them had waited: a queue grows, a loop stops at once', () => {
    // From 20 s on each waits longer, until what is finished has been given up at 10 s; all that is left ends at 45 s.
    const rows = traffic((start) => {
      if (start < 20_000 || start >= 45_000) return start + 20
      const wait = 20 + (start - 20_000) * 1.2
      return wait < 10_000 ? start + wait : Math.max(45_000, start + wait)
    })
    const [stall] = findStalls(rows).filter((each) => each.to - each.from > 5_000)
    expect(stall?.waitBeforeMs).toBeGreaterThan(8_000)
  })

  it('are not pauses in the traffic', () => {
    const rows = asRows([0, 50, 100, 9_000, 9_020, 9_040].map((start) => ({ start, end: start + 20 })))
    expect(findStalls(rows)).toEqual([])
  })
})

describe('the knee', () => {
  it('is where more open requests finish no more', () => {
    const knee = findKnee(queue(6, 500, 60, 900), 0, Number.POSITIVE_INFINITY)
    expect(knee?.perSecond).toBeCloseTo(12, 0)
    expect(knee?.level).toBeGreaterThanOrEqual(5)
    expect(knee?.upTo).toBeGreaterThanOrEqual((knee?.level ?? 0) * 2)
  })

  it('is not seen while there are workers enough', () => {
    expect(findKnee(queue(50, 500, 60, 900), 0, Number.POSITIVE_INFINITY)).toBeUndefined()
  })
})
