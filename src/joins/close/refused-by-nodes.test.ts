import { describe, expect, it } from 'vitest'
import {
  clusterSubjects,
  every,
  judgeCluster,
  nodeA,
  nodeB,
  pod,
  podEvent,
  type Sent,
  service,
  summaryOf,
} from '../../testing/witness-cluster.ts'
import { closeByReadyPods } from './refused-by-nodes.ts'

const refused = { symptom: 'connect-refused' } as const
const sent: readonly Sent[] = [
  ...every(1, 0, 20, { to: nodeA }),
  ...every(1, 0.5, 20, { to: nodeB }),
  ...every(1, 20, 40, { to: nodeA, ...refused }),
  ...every(1, 20.5, 40, { to: nodeB, ...refused }),
  ...every(1, 41, 60, { to: nodeA }),
]
const ready = [service('Cluster'), pod('cart-1', nodeA), pod('cart-2', nodeB)]

function judge(objects: readonly unknown[], of = sent): string[] {
  return summaryOf(judgeCluster(closeByReadyPods, clusterSubjects(of), objects))
}

describe('nodes that refuse while all pods are ready', () => {
  it('are possibly without an endpoint', () => {
    expect(judge(ready)).toEqual(['possible service-without-endpoints 39'])
  })

  it('say nothing where a pod was not ready, not probed, started or stopped', () => {
    expect(judge([...ready, pod('cart-3', nodeA, { readySince: 30 })])).toEqual([])
    expect(judge([...ready, pod('cart-3', nodeA, { isProbed: false })])).toEqual([])
    expect(judge([...ready, podEvent('cart-1', nodeA, 21)])).toEqual([])
    expect(judge([service('Cluster')])).toEqual([])
  })

  it('say nothing where one of them does not refuse, or somebody is answered meanwhile', () => {
    const one = sent.filter(({ to, symptom }) => to === nodeA || symptom === undefined)
    expect(judge(ready, one)).toEqual([])
    expect(judge(ready, [...sent, { to: nodeB, at: 30 }])).toEqual([])
  })
})
