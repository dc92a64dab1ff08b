import { expect, it } from 'vitest'
import { release } from './release.ts'

it('columns that are released are empty, and nothing else is', () => {
  const shared = new ArrayBuffer(64)
  const chunk = {
    start: new Float64Array(8),
    flow: new Int32Array(shared, 0, 8),
    route: new Int32Array(shared, 32, 8),
    minEnd: 7,
  }
  const other = new Float64Array(8)
  release(chunk, { end: new Float64Array(2) })
  expect([chunk.start.length, chunk.flow.length, chunk.route.length, chunk.minEnd]).toEqual([0, 0, 0, 7])
  expect(other.length).toBe(8)
})
