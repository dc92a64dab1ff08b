import { expect, test } from 'vitest'
import { CloudWatchCounts, type CountedRequest, formatMetricData } from './cloudwatch.ts'

const minute = Date.UTC(2026, 10, 23, 2, 20)
const request: CountedRequest = {
  timeMs: minute,
  elbStatus: 200,
  targetStatus: 200,
  hasTarget: true,
  targetMs: 12.7,
  isFixedResponse: false,
  isFailOpen: false,
  isNonCompliant: false,
}

function values(counts: CloudWatchCounts): Record<string, readonly number[]> {
  const found = counts.results().filter((result) => result.Values.length > 0)
  return Object.fromEntries(found.map((result) => [result.Label, result.Values]))
}

test('the load balancer and the target are counted apart', () => {
  const counts = new CloudWatchCounts()
  counts.countRequest(request)
  counts.countRequest({ ...request, elbStatus: 502, targetStatus: 502 })
  counts.countRequest({ ...request, elbStatus: 502, targetStatus: undefined, targetMs: undefined })
  counts.countRequest({ ...request, elbStatus: 504, targetStatus: undefined, targetMs: undefined })
  expect(values(counts)).toMatchObject({
    RequestCount: [4],
    HTTPCode_ELB_5XX_Count: [2],
    HTTPCode_ELB_502_Count: [1],
    HTTPCode_ELB_504_Count: [1],
    HTTPCode_Target_2XX_Count: [1],
    HTTPCode_Target_5XX_Count: [1],
    'TargetResponseTime Maximum': [0.012],
  })
})

test('460 is a 4XX of the load balancer, and a request without target is not in RequestCount', () => {
  const counts = new CloudWatchCounts()
  counts.countRequest({ ...request, elbStatus: 460, targetStatus: undefined, targetMs: undefined })
  counts.countRequest({ ...request, elbStatus: 503, targetStatus: undefined, hasTarget: false, targetMs: undefined })
  expect(values(counts)).toEqual({
    RequestCount: [1],
    HTTPCode_ELB_4XX_Count: [1],
    HTTPCode_ELB_5XX_Count: [1],
    HTTPCode_ELB_503_Count: [1],
  })
})

test('hosts keep the worst of the minute', () => {
  const counts = new CloudWatchCounts()
  counts.observeHosts(minute, 2, 0)
  counts.observeHosts(minute + 10_000, 1, 1)
  counts.observeHosts(minute + 20_000, 2, 0)
  expect(values(counts)).toEqual({ HealthyHostCount: [1], UnHealthyHostCount: [1] })
})

test('prints what aws cloudwatch get-metric-data prints: newest first, four spaces, decimal points', () => {
  const counts = new CloudWatchCounts()
  counts.countRequest(request)
  counts.countRequest({ ...request, timeMs: minute + 60_000 })
  const text = formatMetricData(counts.results().filter((result) => result.Label === 'RequestCount'))
  expect(text).toBe(`{
    "MetricDataResults": [
        {
            "Id": "m_requestcount",
            "Label": "RequestCount",
            "Timestamps": [
                "2026-11-23T02:21:00+00:00",
                "2026-11-23T02:20:00+00:00"
            ],
            "Values": [
                1.0,
                1.0
            ],
            "StatusCode": "Complete"
        }
    ],
    "Messages": []
}
`)
})

test('response times of minutes that are over stay as they were, however many requests there were', () => {
  const counts = new CloudWatchCounts()
  for (let i = 0; i < 200_000; i++) counts.countRequest({ ...request, targetMs: i % 100 })
  counts.countRequest({ ...request, timeMs: minute + 60_000, targetMs: 7 })
  expect(values(counts)).toMatchObject({
    'TargetResponseTime Average': [0.007, expect.closeTo(0.0495, 6)],
    'TargetResponseTime p99': [0.007, 0.098],
    'TargetResponseTime Maximum': [0.007, 0.099],
  })
})
