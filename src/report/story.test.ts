import { describe, expect, test } from 'vitest'
import type { Diagnosis, Finding } from '../core/diagnosis.ts'
import { shopDiagnosis } from '../testing/shop-diagnosis.ts'
import { unicodeGlyphs } from './glyphs.ts'
import { story } from './story.ts'

const [some] = shopDiagnosis.findings as [Finding]
const finding = (start: string, end: string, more: Partial<Finding> = {}): Finding => ({
  ...some,
  title: 'The target hung up',
  confidence: 'likely',
  failures: 7,
  window: { start: `2026-11-23T07:${start}.000000Z`, end: `2026-11-23T07:${end}.000000Z` },
  ...more,
})
const event = (time: string, what: string) => ({ time: `2026-11-23T07:${time}.000Z`, what })
function diagnosisOf(findings: readonly Finding[], events: readonly { time: string; what: string }[] = []): Diagnosis {
  const witness = { name: 'events.json', kind: 'kubernetes', rows: 1, window: null, because: [], events }
  const window = { start: '2026-11-23T07:00:00Z', end: '2026-11-23T08:00:00Z' }
  return { ...shopDiagnosis, window, findings, witnesses: [witness] }
}
const told = (diagnosis: Diagnosis) => story(diagnosis, unicodeGlyphs).map(({ when, text }) => `${when} ${text}`)

describe('the story', () => {
  test('is told in the order in which things began, whatever their size', () => {
    const late = finding('17:23', '17:48', { failures: 184, title: 'The Service had no endpoint.' })
    const early = finding('17:19', '17:31', { confidence: null })
    expect(told(diagnosisOf([late, early]))).toEqual([
      '07:17:19–07:17:31 7 failures: the target hung up (undetermined)',
      '07:17:23–07:17:48 184 failures: the Service had no endpoint (likely)',
    ])
  })

  test('one finding and nothing beside it is no story', () => {
    expect(told(diagnosisOf([finding('17:19', '17:31')]))).toEqual([])
    expect(told(diagnosisOf([]))).toEqual([])
    expect(told(diagnosisOf([finding('17:19', '17:31', { failures: 0 }), finding('17:19', '17:31')]))).toEqual([])
  })

  test('what witnesses report of that time stands among the findings, once for several pods', () => {
    const lines = told(
      diagnosisOf(
        [finding('17:19', '17:31')],
        [
          event(
            '17:21',
            'api-2: Unhealthy: Readiness probe failed: Get "http://10.0.3.1:8000/healthz": context deadline exceeded',
          ),
          event(
            '17:18',
            'api-1: Unhealthy: Readiness probe failed: Get "http://10.0.3.2:8000/healthz": context deadline exceeded (4 times)',
          ),
          event('17:20', 'api-1: WORKER TIMEOUT (pid:51) (1,200 times until 07:17:25)'),
          event('17:22', 'api-2: WORKER TIMEOUT (pid:7)'),
          event('02:00', 'api-1: Started container app'),
        ],
      ),
    )
    expect(lines).toEqual([
      '07:17:18 api-2, api-1: Unhealthy: Readiness probe failed',
      '07:17:19–07:17:31 7 failures: the target hung up (likely)',
      '07:17:20 api-1, api-2: WORKER TIMEOUT',
    ])
  })

  test('a drizzle over the whole log comes last, and alone it is no story', () => {
    const drizzle = finding('00:10', '59:50', { failures: 900 })
    expect(told(diagnosisOf([drizzle, finding('17:19', '17:31')]))).toEqual([
      '07:17:19–07:17:31 7 failures: the target hung up (likely)',
      'all along 900 failures: the target hung up (likely)',
    ])
    expect(told(diagnosisOf([drizzle, drizzle]))).toEqual([])
  })

  test('of several load balancers, each line says whose it is', () => {
    const [balancer] = shopDiagnosis.settings.byLoadBalancer
    if (!balancer) throw new Error('the shop has a load balancer')
    const other = { ...balancer, loadBalancer: 'app/payments/1111', kubernetes: null }
    const scope = { loadBalancers: ['app/payments/1111'] }
    const diagnosis = {
      ...diagnosisOf([finding('17:19', '17:31'), finding('17:23', '17:48', { scope })]),
      settings: { byLoadBalancer: [balancer, other], byTargetGroup: [] },
    }
    expect(told(diagnosis)).toEqual([
      '07:17:19–07:17:31 shop/edge, 7 failures: the target hung up (likely)',
      '07:17:23–07:17:48 payments, 7 failures: the target hung up (likely)',
    ])
  })

  test('over more than a day every moment has its date', () => {
    const later = { start: '2026-11-25T01:00:00Z', end: '2026-11-25T02:00:00Z' }
    const lines = told({
      ...diagnosisOf([finding('17:19', '17:31'), finding('18:00', '18:00', { window: later })]),
      window: { start: '2026-11-23T00:00:00Z', end: '2026-11-26T00:00:00Z' },
    })
    expect(lines[0]).toMatch(/^2026-11-23 07:17/)
    expect(lines[1]).toMatch(/^2026-11-25 01:00/)
  })
})
