import { describe, expect, it } from 'vitest'
import {
  clusterSubjects,
  every,
  judgeCluster,
  nodeA,
  nodeB,
  pod,
  podEvent,
  service,
  summaryOf,
} from '../../testing/witness-cluster.ts'
import { closeByStaleRules } from './stale-routing.ts'

const refused = { symptom: 'connect-refused' } as const
const sent = [
  ...every(0.5, 0, 40, { to: nodeA }),
  ...every(0.5, 0.3, 40, { to: nodeB }),
  ...every(0.5, 11.2, 15, { to: nodeA, ...refused }),
  ...every(2, 15.2, 19, { to: nodeA, symptom: 'connect-failed-late', after: 3 }),
]
const rollout = [
  service('Cluster'),
  pod('cart-2', nodeB),
  pod('cart-3', nodeA, { readySince: 8 }),
  podEvent('cart-1', nodeA, 10),
]

function judge(objects: readonly unknown[], requests: Parameters<typeof clusterSubjects>[0] = sent): string[] {
  return summaryOf(judgeCluster(closeByStaleRules, clusterSubjects(requests), objects))
}

describe('one node whose rules lag', () => {
  it('is what fails after a pod was stopped, when it alone fails', () => {
    expect(judge(rollout)).toEqual(['likely stale-endpoint-routing 8'])
  })

  it('is nothing where all nodes fail alike: then it is the pods', () => {
    expect(judge(rollout, [...sent, ...every(0.5, 11.4, 15, { to: nodeB, ...refused })])).toEqual([])
  })

  it('is nothing without a pod that was stopped before', () => {
    expect(judge(rollout.slice(0, 3))).toEqual([])
    expect(judge([...rollout.slice(0, 3), podEvent('cart-1', nodeA, 30)])).toEqual([])
  })

  it('is nothing with Local policy, where one node has pods of its own', () => {
    expect(judge([service('Local'), ...rollout.slice(1)])).toEqual([])
  })

  it('is nothing where that node passed nothing on meanwhile, or nobody was ready', () => {
    expect(
      judge(
        rollout,
        sent.filter(({ to, at, symptom }) => to !== nodeA || at < 11 || symptom !== undefined),
      ),
    ).toEqual([])
    expect(
      judge([service('Cluster'), podEvent('cart-1', nodeA, 10), pod('cart-3', nodeA, { readySince: 60 })]),
    ).toEqual([])
  })
})
