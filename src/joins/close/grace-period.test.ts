import { describe, expect, it } from 'vitest'
import {
  clusterSubjects,
  judgeCluster,
  nodeA,
  pod,
  podEvent,
  type Sent,
  summaryOf,
} from '../../testing/witness-cluster.ts'
import { closeByGracePeriod } from './grace-period.ts'

const ip = '10.2.0.5'

function judge(sent: readonly Sent[], grace: number, killedAt = 20): string[] {
  const objects = [pod('cart-1', nodeA, { ip, grace }), podEvent('cart-1', nodeA, killedAt)]
  return summaryOf(judgeCluster(closeByGracePeriod, clusterSubjects(sent, 8000), objects))
}

const cut = { to: ip, at: 25, after: 5.3, symptom: 'closed-before-response' as const }

describe('the end of a grace period', () => {
  it('cuts what is in flight', () => {
    expect(judge([cut, { ...cut, at: 28.1, after: 2.2 }], 10)).toEqual(['likely shutdown-drops-in-flight 2'])
  })

  it('has nothing to do with what ends at another time, on another pod, or without having waited', () => {
    expect(judge([cut], 30)).toEqual([])
    expect(judge([{ ...cut, to: '10.2.0.6' }], 10)).toEqual([])
    expect(judge([{ ...cut, at: 30.1, after: 0.003 }], 10)).toEqual([])
    expect(judge([{ ...cut, symptom: 'response-timeout' }], 10)).toEqual([])
  })
})
