import { describe, expect, it } from 'vitest'
import { answeredByValues } from '../core/vocabulary.ts'
import { type Failed, judge, stamp, subjectsOf, T0 } from '../testing/witness-shop.ts'
import { readDocument } from './documents.ts'

const failed = Array.from(
  { length: 30 },
  (_, n): Failed => ({
    request: 'GET http://s/cart HTTP/1.1',
    startMs: n * 4_000,
    endMs: n * 4_000 + 5,
    symptom: 'closed-before-response',
  }),
)

function counts(perMinute: readonly number[], fromMs = 0): string {
  const times = perMinute.map((_, n) => stamp(fromMs + n * 60_000))
  return JSON.stringify({
    MetricDataResults: [
      { Id: 'a', Label: 'HTTPCode_ELB_5XX_Count', Timestamps: times, Values: perMinute },
      { Id: 'b', Label: 'TargetConnectionErrorCount', Timestamps: [], Values: [] },
    ],
  })
}

function because(document: string): string {
  const subjects = subjectsOf(failed, 400)
  subjects.failures.answeredBy = new Uint8Array(failed.length).fill(answeredByValues.indexOf('load-balancer'))
  const { claims } = judge(subjects, [readDocument('cloudwatch.json', 'cloudwatch', document, subjects)])
  return claims.flatMap((claim) => claim.because).join(' | ')
}

describe("CloudWatch's counts beside the log's", () => {
  it('says that the log is complete when they agree', () => {
    expect(T0 % 60_000).toBe(0)
    expect(because(counts([15, 15]))).toContain('the log has 30 and 0: it is complete')
    expect(because(counts([15, 15]))).toContain('no TargetConnectionErrorCount')
  })

  it('counts only the time that both cover', () => {
    expect(because(counts([500, 500, 15, 15], -120_000))).toContain('(30 by the load balancer, 0 by targets)')
    expect(because(counts([500, 500, 15, 15], -120_000))).toContain('it is complete')
  })

  it('says how much of the log is missing', () => {
    expect(because(counts([20, 20]))).toContain('25 % are missing, delivery is best effort')
  })

  it.each([
    ['another load balancer', counts([400, 3])],
    ['another time', counts([15, 15], 86_400_000)],
  ])('concludes nothing from the counts of %s', (_, document) => {
    expect(because(document)).toContain('do not fit the log')
    expect(because(document)).not.toContain('TargetConnectionErrorCount')
  })
})
