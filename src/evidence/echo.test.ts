import { describe, expect, it } from 'vitest'
import { type EchoProbe, echoTest } from './echo.ts'
import type { TargetRows } from './kept-traffic.ts'

/** Repeatable numbers in [0, 1). */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

interface Row {
  readonly start: number
  readonly end: number
  readonly failed: boolean
}

function asRows(rows: readonly Row[]): TargetRows {
  const sorted = [...rows].sort((a, b) => a.end - b.end)
  return {
    length: sorted.length,
    start: Float64Array.from(sorted, (row) => row.start),
    end: Float64Array.from(sorted, (row) => row.end),
    requestMs: new Int32Array(sorted.length),
    targetMs: Int32Array.from(sorted, (row) => Math.round(row.end - row.start)),
    elbStatus: Uint16Array.from(sorted, (row) => (row.failed ? 502 : 200)),
    targetStatus: Uint16Array.from(sorted, (row) => (row.failed ? 0 : 200)),
    flow: new Int32Array(sorted.length),
    route: new Int32Array(sorted.length),
  }
}

const probesOf = (rows: readonly Row[]): EchoProbe[] =>
  rows.filter((row) => row.failed).map((row) => ({ flow: 0, handOverMs: row.start, route: 0 }))

/** Poisson traffic; every `every`-th answer is followed by a request `lagMs` later that fails. */
function traffic(perSecond: number, seconds: number, lagMs: number, every: number, seed = 7): Row[] {
  const random = generator(seed)
  const rows: Row[] = []
  let at = 1_000_000
  for (let n = 0; at < 1_000_000 + seconds * 1000; n++) {
    at += (-Math.log(1 - random()) / perSecond) * 1000
    const end = at + 5 + random() * 20
    rows.push({ start: at, end, failed: false })
    if (n % every === every - 1) rows.push({ start: end + lagMs - random() * 3, end: end + lagMs + 1, failed: true })
  }
  return rows
}

describe('the echo test', () => {
  it.each([
    [0.5, 5_000],
    [3, 5_000],
    [10, 6_000],
    [3, 60_000],
  ])('at %d requests a second finds a keep-alive of %d ms', (perSecond, lagMs) => {
    const rows = traffic(perSecond, 600, lagMs, Math.max(5, Math.round(perSecond * 10)))
    const echo = echoTest(probesOf(rows), [asRows(rows)])
    expect(echo?.seconds).toBeCloseTo(lagMs / 1000, 1)
    expect(echo?.surprise).toBeGreaterThan(4)
    expect(echo?.excess).toBeGreaterThan(0.5)
  })

  it('is silent when failures come at any moment', () => {
    const random = generator(3)
    for (let seed = 1; seed <= 30; seed++) {
      const healthy = traffic(3, 600, 1, 1_000_000, seed)
      const failed = Array.from({ length: 40 }, () => {
        const start = 1_100_000 + random() * 500_000
        return { start, end: start + 1, failed: true }
      })
      const rows = [...healthy, ...failed]
      const echo = echoTest(probesOf(rows), [asRows(rows)])
      expect(echo === undefined || echo.surprise < 3).toBe(true)
    }
  })

  it('does not take a poller’s period for a keep-alive when its healthy requests have the same lag', () => {
    const random = generator(11)
    const rows: Row[] = []
    for (let n = 0; n < 400; n++) {
      const start = 1_000_000 + n * 5_000
      rows.push({ start, end: start + 4, failed: random() < 0.1 })
    }
    const echo = echoTest(probesOf(rows), [asRows(rows)])
    expect(echo === undefined || echo.excess < 0.25).toBe(true)
  })

  it('finds a default keep-alive in a handful of failures, and calls it known', () => {
    const healthy = traffic(0.8, 900, 1, 1_000_000, 5)
    const ends = healthy.filter((_, n) => n % 60 === 30).slice(0, 6)
    const rows = [...healthy, ...ends.map(({ end }) => ({ start: end + 4_999, end: end + 5_001, failed: true }))]
    const echo = echoTest(probesOf(rows), [asRows(rows)], [{ ms: 5_000, sweepMs: 0 }])
    expect(echo).toMatchObject({ isKnownLag: true, seconds: 5, hits: 6 })
    expect(echo?.surprise).toBeGreaterThan(2.5)
  })

  it('counts boards that ask together once a moment, however many answers they had', () => {
    const rows: Row[] = []
    const random = generator(5)
    for (let round = 0; round < 40; round++)
      for (let board = 0; board < 12; board++) {
        const start = 1_000_000 + round * 7_300 + random() * 4
        rows.push({ start, end: start + 5, failed: round % 13 === 12 })
      }
    expect(echoTest(probesOf(rows), [asRows(rows)])?.surprise ?? 0).toBeLessThan(1)
  })

  it('says nothing without a control', () => {
    const rows = traffic(1, 10, 5_000, 2).filter((row) => row.failed)
    expect(echoTest(probesOf(rows), [asRows(rows)])).toBeUndefined()
  })
})
