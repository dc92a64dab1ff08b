import { describe, expect, it } from 'vitest'
import {
  clusterSubjects,
  every,
  judgeCluster,
  nodeA,
  nodeB,
  pod,
  service,
  summaryOf,
} from '../../testing/witness-cluster.ts'
import { closeByUnprobedStarts } from './pod-starts.ts'

const sent = [
  ...every(1, 0, 60, { to: nodeA }),
  ...every(1, 0.5, 60, { to: nodeB }),
  ...[20.2, 20.7, 21.3, 22.1, 23.4].map((at) => ({ to: nodeA, at, symptom: 'connect-refused' as const })),
  ...[20.4, 21.6, 22.8].map((at) => ({ to: nodeB, at, symptom: 'connect-refused' as const })),
]

function judge(...objects: readonly unknown[]): string[] {
  return summaryOf(judgeCluster(closeByUnprobedStarts, clusterSubjects(sent), [service('Cluster'), ...objects]))
}

describe('a pod that nothing probes', () => {
  it('refuses in the seconds after it has become ready', () => {
    expect(judge(pod('cart-1', nodeA), pod('cart-2', nodeB, { readySince: 20, isProbed: false }))).toEqual([
      'likely connection-refused 8',
    ])
  })

  it('is not to blame with a probe, at another time, or alone', () => {
    expect(judge(pod('cart-1', nodeA), pod('cart-2', nodeB, { readySince: 20 }))).toEqual([])
    expect(judge(pod('cart-1', nodeA), pod('cart-2', nodeB, { readySince: 30, isProbed: false }))).toEqual([])
    expect(judge(pod('cart-2', nodeB, { readySince: 20, isProbed: false }))).toEqual([])
  })
})
