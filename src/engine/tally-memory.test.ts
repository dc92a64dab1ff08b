import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BATCH_ROWS, type RequestBatch } from '../core/request-batch.ts'
import { copyTally, foldTraffic, makeTally, type TrafficTally } from '../evidence/traffic-tally.ts'
import { createRowKernel } from '../formats/row-kernel.ts'

const START = Date.UTC(2026, 10, 23, 2)

/** `flows` below 2,048 and days below a week stay in the kernel's memory; more of them leave it. */
const load = fc.record({
  seed: fc.integer({ min: 1, max: 2 ** 30 }),
  batches: fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 6 }),
  flows: fc.constantFrom(1, 7, 300, 2_047, 2_049, 5_000),
  spanMs: fc.constantFrom(1_000, 3_600_000, 86_400_000, 40 * 86_400_000),
})

test('rows are counted in the memory of the kernel as they are outside of it', () => {
  fc.assert(
    fc.property(load, ({ seed, batches, flows, spanMs }) => {
      const kernel = createRowKernel(256)
      const [there, here] = [makeTally(kernel.tally), makeTally()]
      const draw = drawer(seed)
      const most = (n: number): number => Math.ceil((flows * (n + 1)) / batches.length)
      for (const [n, length] of batches.entries()) {
        fill(kernel.batch, length, { draw, flows: most(n), spanMs })
        const span = kernel.tally.spanOf(length)
        const ends = kernel.batch.end.subarray(0, length)
        expect(span).toEqual({ firstEnd: Math.min(...ends), lastEnd: Math.max(...ends) })
        foldTraffic(there, kernel.batch, span, most(n), 50, kernel.tally)
        foldTraffic(here, kernel.batch, span, most(n), 50)
      }
      expect(plain(there)).toEqual(plain(here))
    }),
    { numRuns: 40 },
  )
})

test('a full batch, too', () => {
  const kernel = createRowKernel(256)
  const [there, here] = [makeTally(kernel.tally), makeTally()]
  fill(kernel.batch, BATCH_ROWS, { draw: drawer(7), flows: 30, spanMs: 60_000 })
  const span = kernel.tally.spanOf(BATCH_ROWS)
  foldTraffic(there, kernel.batch, span, 30, 50, kernel.tally)
  foldTraffic(here, kernel.batch, span, 30, 50)
  expect(there.perFlow).toBe(kernel.tally.perFlow)
  expect(plain(there)).toEqual(plain(here))
})

/** Columns as text: a matcher looks at each of a million numbers for itself. */
function plain(tally: TrafficTally): object {
  const entries = Object.entries(copyTally(tally))
  return Object.fromEntries(entries.map(([name, value]) => [name, ArrayBuffer.isView(value) ? String(value) : value]))
}

interface Shape {
  readonly draw: (below: number) => number
  readonly flows: number
  readonly spanMs: number
}

function fill(batch: RequestBatch, length: number, { draw, flows, spanMs }: Shape): void {
  batch.length = length
  for (let i = 0; i < length; i++) {
    const end = START + draw(spanMs) + draw(1_000) / 1_000
    batch.end[i] = end
    batch.start[i] = draw(9) === 0 ? Number.NaN : end - draw(5_000)
    batch.requestMs[i] = [-1, 0, 499, 500, draw(25_000)][draw(5)] as number
    batch.targetMs[i] = [-1, draw(16), draw(200), draw(5_000_000)][draw(4)] as number
    batch.elbStatus[i] = batch.targetStatus[i] = [0, 200, 499, 500, 503][draw(5)] as number
    batch.flow[i] = draw(flows)
    batch.route[i] = draw(50)
    batch.flags[i] = draw(3) === 0 ? draw(8) : 0
  }
}

function drawer(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
