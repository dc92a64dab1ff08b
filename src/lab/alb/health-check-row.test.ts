import { expect, test } from 'vitest'
import { formatHealthCheckRow } from './health-check-row.ts'

const row = {
  timeMs: Date.UTC(2026, 10, 23, 2, 20, 0, 381) + 0.125,
  target: '10.37.1.1:30080',
  targetGroup: 'shop',
  loadBalancer: 'app/shop/7e13d860e39e867e',
  nodeAddress: '10.37.0.11',
}

test('a passed and a failed check have the ten fields of the health check log', () => {
  expect(
    formatHealthCheckRow({ ...row, latencyMs: 19.584011, isPass: true, targetStatus: 200, reason: undefined }),
  ).toBe(
    'http 2026-11-23T02:20:00.381125Z 0.019584011 10.37.1.1:30080 shop PASS 200 - app/shop/7e13d860e39e867e 10.37.0.11',
  )
  expect(
    formatHealthCheckRow({ ...row, latencyMs: 5000.121, isPass: false, targetStatus: undefined, reason: 'TimedOut' }),
  ).toBe(
    'http 2026-11-23T02:20:00.381125Z 5.000121000 10.37.1.1:30080 shop FAIL - TimedOut app/shop/7e13d860e39e867e 10.37.0.11',
  )
})
