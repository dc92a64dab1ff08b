import { describe, expect, it } from 'vitest'
import {
  clusterSubjects,
  every,
  judgeCluster,
  node,
  nodeA,
  nodeB,
  nodeEvent,
  podEvent,
  service,
  summaryOf,
} from '../../testing/witness-cluster.ts'
import { closeByRemovedNodes } from './node-removed.ts'

const sent = [
  ...every(2, 0, 40, { to: nodeA }),
  ...every(2, 1, 10, { to: nodeB }),
  ...every(2, 11, 31, { to: nodeB, symptom: 'connect-timeout', after: 10 }),
  { to: nodeB, at: 10.5, symptom: 'response-timeout' as const, after: 60 },
]
const removed = nodeEvent(nodeB, 10, 'ScaleDown', 'node removed by cluster autoscaler')

function judge(objects: readonly unknown[], requests: Parameters<typeof clusterSubjects>[0] = sent): string[] {
  return summaryOf(judgeCluster(closeByRemovedNodes, clusterSubjects(requests), [service('Cluster'), ...objects]))
}

describe('a node that was taken away', () => {
  it.each([
    ['ScaleDown', 'node removed by cluster autoscaler', 10],
    ['DisruptionTerminating', 'Disrupting Node: Underutilized', -120],
    ['TerminatingOnInterruption', 'Interruption triggered termination for the Node', -90],
    ['DeletingNode', 'Deleting node because it does not exist in the cloud provider', 64],
    ['RemovingNode', 'Node event: Removing Node from Controller', 66],
  ])('is named by %s near the moment from which it never answered', (reason, message, at) => {
    expect(judge([nodeEvent(nodeB, at, reason, message)])).toEqual(['likely node-removed-before-deregistration 11'])
  })

  it('is possible where it is NotReady only, or missing in a list of later', () => {
    const silent = nodeEvent(nodeB, 60, 'NodeNotReady', 'Node status is now: NodeNotReady')
    expect(judge([silent, node(nodeA), node(nodeB)])).toEqual(['possible node-removed-before-deregistration 11'])
    expect(judge([node(nodeA)])).toEqual(['possible node-removed-before-deregistration 11'])
  })

  it('is not the one that answered afterwards, nor another, nor one that was removed long before', () => {
    expect(judge([removed], [...sent, { to: nodeB, at: 80 }])).toEqual([])
    expect(judge([nodeEvent(nodeA, 10, 'ScaleDown', 'node removed by cluster autoscaler')])).toEqual([])
    expect(judge([nodeEvent(nodeB, -3_600, 'ScaleDown', 'node removed by cluster autoscaler')])).toEqual([])
    expect(judge([nodeEvent(nodeB, 10, 'ScaleDown', 'marked the node as toBeDeleted/unschedulable')])).toEqual([])
  })

  it('is alive while its kubelet reports', () => {
    expect(judge([removed, podEvent('cart-2', nodeB, 50)])).toEqual([])
  })

  it('is no other cluster’s node list', () => {
    expect(judge([node('10.9.9.9')])).toEqual([])
  })

  it('is possible where nobody knows whether it ever answered', () => {
    const late = sent.filter(({ at }) => at > 10)
    expect(judge([removed], late)).toEqual(['possible node-removed-before-deregistration 11'])
  })
})
