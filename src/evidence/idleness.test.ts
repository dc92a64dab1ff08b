import { expect, it } from 'vitest'
import { idleness } from './idleness.ts'

/** Start, end and target status of requests of one flow. */
function rowsOf(...requests: readonly (readonly [number, number, number])[]) {
  return {
    length: requests.length,
    start: Float64Array.from(requests, ([start]) => start),
    end: Float64Array.from(requests, ([, end]) => end),
    requestMs: new Int32Array(requests.length),
    targetStatus: Uint16Array.from(requests, ([, , status]) => status),
    flow: new Int32Array(requests.length),
  }
}

it('is the time since the connection that was used last came back', () => {
  const rows = rowsOf([0, 100, 200], [50, 300, 200], [1_000, 1_020, 200], [1_010, 1_030, 200])
  expect([...idleness(rows, 60_000)]).toEqual([Number.NaN, Number.NaN, 701, 911])
})

it('ends with the idle timeout, and a connection that failed does not come back', () => {
  expect([...idleness(rowsOf([0, 10, 200], [70_000, 70_010, 200], [71_010, 71_010, 200]), 60_000)]).toEqual([
    Number.NaN,
    Number.NaN,
    1_001,
  ])
  expect([...idleness(rowsOf([0, 10, 200], [5_010, 5_011, 0], [6_000, 6_010, 200]), 60_000)]).toEqual([
    Number.NaN,
    5_001,
    Number.NaN,
  ])
})

it('takes a connection that came back within the millisecond of the next request', () => {
  expect([...idleness(rowsOf([0, 30.46, 200], [30, 60, 200]), 60_000)]).toEqual([Number.NaN, expect.closeTo(0.54, 5)])
})
