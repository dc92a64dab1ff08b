import { describe, expect, it } from 'vitest'
import {
  clusterSubjects,
  every,
  judgeCluster,
  node,
  nodeA,
  nodeB,
  pod,
  podEvent,
  service,
  summaryOf,
} from '../../testing/witness-cluster.ts'
import { closeByLocalPolicy } from './no-local-endpoint.ts'

const silence = { symptom: 'connect-timeout', after: 10 } as const
const sent = [
  ...every(2, 0, 30, { to: nodeA }),
  ...every(2, 1, 10, { to: nodeB }),
  ...every(2, 11, 31, { to: nodeB, ...silence }),
]
const moved = [
  pod('cart-1', nodeA),
  pod('cart-3', nodeA, { readySince: 9 }),
  podEvent('cart-2', nodeB, 10),
  node(nodeA),
  node(nodeB),
]

function judge(objects: readonly unknown[], requests = sent): string[] {
  return summaryOf(judgeCluster(closeByLocalPolicy, clusterSubjects(requests), objects))
}

describe('a node without a pod of a Service with externalTrafficPolicy Local', () => {
  it('is what its silence comes from, while other nodes have a pod and answer', () => {
    expect(judge([service('Local'), ...moved])).toEqual(['likely no-local-endpoint 10'])
  })

  it('is nothing where the policy is Cluster, or not known', () => {
    expect(judge([service('Cluster'), ...moved])).toEqual([])
    expect(judge(moved)).toEqual([])
  })

  it('is nothing where that node had a ready pod, or may have had one', () => {
    expect(judge([service('Local'), ...moved, pod('cart-4', nodeB)])).toEqual([])
    expect(judge([service('Local'), ...moved, podEvent('cart-5', nodeB, 60)])).toEqual([])
  })

  it('knows the pods of another namespace from its own', () => {
    const elsewhere = pod('cart-4', nodeB, { namespace: 'staging' })
    expect(judge([service('Local'), ...moved, elsewhere])).toEqual(['likely no-local-endpoint 10'])
  })

  it('explains nothing where nodes with a pod are silent as well', () => {
    const more = [...sent, ...every(3, 11, 31, { to: nodeA, ...silence })]
    expect(judge([service('Local'), ...moved], more)).toEqual([])
  })

  it('is nothing where another node port, or another Service of that port, is meant', () => {
    expect(judge([service('Local', 30_081), ...moved])).toEqual([])
    const other = clusterSubjects(sent, 30_080, 'k8s-shop-search-0a1b2c3d4e')
    expect(judgeCluster(closeByLocalPolicy, other, [service('Local'), ...moved])).toEqual([])
  })

  it('is only possible where the node itself may be dead', () => {
    const listed = moved.slice(0, 3)
    expect(judge([service('Local'), ...listed, node(nodeA)])).toEqual(['possible no-local-endpoint 10'])
    const reports = podEvent('dns-1', nodeB, 60, 'Started')
    expect(judge([service('Local'), ...listed, node(nodeA), reports])).toEqual(['likely no-local-endpoint 10'])
  })

  it('is nothing where nobody knows the node, or a pod of the same name came back to it', () => {
    const unknown = '10.0.99.12'
    const away = sent.map((each) => (each.to === nodeB ? { ...each, to: unknown } : each))
    expect(judge([service('Local'), pod('cart-1', nodeA), node(nodeA)], away)).toEqual([])
    const back = pod('cart-2', nodeB, { readySince: 12 })
    const later = [...sent.slice(0, 20), ...every(2, 21, 31, { to: nodeB, ...silence })]
    expect(
      judge(
        [service('Local'), pod('cart-1', nodeA), podEvent('cart-2', nodeB, 1), back, node(nodeA), node(nodeB)],
        later,
      ),
    ).toEqual([])
  })

  it('counts answers as the sample that they are', () => {
    const more = [...sent, ...every(5, 11, 31, { to: nodeB })]
    const subjects = clusterSubjects(more)
    expect(summaryOf(judgeCluster(closeByLocalPolicy, subjects, [service('Local'), ...moved]))).not.toEqual([])
    const sampled = { ...subjects, controlEvery: 50 }
    expect(summaryOf(judgeCluster(closeByLocalPolicy, sampled, [service('Local'), ...moved]))).toEqual([])
  })

  it('is nothing for a target that answered others meanwhile', () => {
    const more = [...sent, ...every(1, 11, 31, { to: nodeB })]
    expect(judge([service('Local'), ...moved], more)).toEqual([])
  })
})
