import { expect, test } from 'vitest'
import { backlogForStall, drainSeconds, longestUsefulQueue, meanWaitSeconds, podsNeeded, waitShare } from './sizing.ts'

test.each([
  [100, 0.05, 6, 0.59, 0.029, 0.073],
  [100, 0.05, 8, 0.17, 0.0028, 0.007],
  [50, 0.1, 6, 0.59, 0.059, 0.147],
  [200, 0.2, 45, 0.34, 0.014, 0.034],
  [200, 0.2, 50, 0.09, 0.0017, 0.004],
])('%d/s of %d s on %d workers waits as Erlang C says', (perSecond, serviceSeconds, parallel, share, wait, uneven) => {
  const load = { perSecond, serviceSeconds, parallel }
  expect(waitShare(load)).toBeCloseTo(share, 1.5)
  expect(Math.abs(meanWaitSeconds(load) - wait) / wait).toBeLessThan(0.06)
  expect(Math.abs(meanWaitSeconds({ ...load, cv2: 4 }) - uneven) / uneven).toBeLessThan(0.1)
})

test('an overloaded pod waits for ever, whatever the queue', () => {
  const load = { perSecond: 50, serviceSeconds: 0.1, parallel: 4 }
  expect(waitShare(load)).toBe(1)
  expect(meanWaitSeconds(load)).toBe(Number.POSITIVE_INFINITY)
  expect(drainSeconds(1200, load)).toBe(Number.POSITIVE_INFINITY)
})

test("uvicorn's 2048 places are 17 times what a 60 s deadline can use at 2 s per request and 4 workers", () => {
  expect(longestUsefulQueue({ perSecond: 2, serviceSeconds: 2, parallel: 4 }, 60)).toBe(116)
})

test('a stall of three seconds at 100/s with 20 idle connections needs 280 places', () => {
  expect(backlogForStall(100, 3, 20)).toBe(280)
})

test('what an overload left behind is worked off with the spare capacity', () => {
  expect(drainSeconds(1200, { perSecond: 70, serviceSeconds: 0.1, parallel: 10 })).toBeCloseTo(40)
})

test('never fewer than two pods', () => {
  expect(podsNeeded(1, 0.01, 4)).toBe(2)
  expect(podsNeeded(400, 0.1, 4)).toBe(16)
})
