import { describe, expect, it } from 'vitest'
import { answeredByValues } from '../../core/vocabulary.ts'
import { type Failed, judge, stamp, subjectsOf } from '../../testing/witness-shop.ts'
import { readDocument } from '../documents.ts'

const failed = Array.from(
  { length: 24 },
  (_, n): Failed => ({
    request: 'GET http://s/cart HTTP/1.1',
    startMs: n * 1_000,
    endMs: n * 1_000 + 1,
    symptom: 'rejected-request',
  }),
)

function metrics(counts: Readonly<Record<string, number>>): string {
  const all = { HTTPCode_ELB_5XX_Count: 24, ...counts }
  return JSON.stringify({
    MetricDataResults: Object.entries(all).map(([Label, value], n) => ({
      Id: `m${n}`,
      Label,
      Timestamps: [stamp(0)],
      Values: [value],
    })),
  })
}

function claimsWith(counts: Readonly<Record<string, number>>, elbStatus = 503): readonly string[] {
  const subjects = subjectsOf(failed, 100)
  subjects.failures.answeredBy = new Uint8Array(failed.length).fill(answeredByValues.indexOf('load-balancer'))
  subjects.failures.elbStatus = new Uint16Array(failed.length).fill(elbStatus)
  const { claims } = judge(subjects, [readDocument('cloudwatch.json', 'cloudwatch', metrics(counts), subjects)])
  return claims.map((claim) => `${claim.cause} ${claim.confidence}`)
}

describe('a load balancer at its maximum of connections', () => {
  it('is likely where CloudWatch counts refused connections in the same minutes', () => {
    expect(claimsWith({ RejectedConnectionCount: 310, HealthyHostCount: 3 })).toEqual(['load-balancer-capacity likely'])
    expect(claimsWith({ RejectedConnectionCount: 310 })).toEqual(['load-balancer-capacity likely'])
  })

  it('is not said without them, of other statuses, without a healthy target, or of other minutes', () => {
    expect(claimsWith({})).toEqual(['null null'])
    expect(claimsWith({ RejectedConnectionCount: 0 })).toEqual(['null null'])
    expect(claimsWith({ RejectedConnectionCount: 310 }, 500)).toEqual(['null null'])
    expect(claimsWith({ RejectedConnectionCount: 310, HealthyHostCount: 0 })).toEqual(['null null'])
    expect(claimsWith({ RejectedConnectionCount: 310, 'other RejectedConnectionCount': 0 })).toEqual(['null null'])
    expect(claimsWith({ HTTPCode_ELB_5XX_Count: 4000, RejectedConnectionCount: 310 })).toEqual(['null null'])
  })
})
