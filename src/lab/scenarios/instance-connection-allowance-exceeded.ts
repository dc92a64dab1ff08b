import { join } from 'node:path'
import { appendSnapshot, ethtoolLines } from '../world/counter-log.ts'
import { closingPod, crowdedNode, wasRefusedByNode } from './crowded-node.ts'
import { visitors } from './parts.ts'
import { defineScenario, type Fault, type ScenarioFix } from './scenario.ts'

const SNAPSHOT_MS = 5_000

function allowanceOf(connections: number): Fault[] {
  return crowdedNode({
    room: connections,
    crowd: 150,
    fromSeconds: 12,
    untilSeconds: 28,
    witness: ({ incidentFolder }) => {
      let nextMs = Date.now()
      return (_, inAll) => {
        if (Date.now() < nextMs) return
        nextMs += SNAPSHOT_MS
        appendSnapshot(join(incidentFolder, 'ip-10-0-16-11.ethtool.log'), ethtoolLines(inAll))
      }
    },
  })
}

const largerInstance: ScenarioFix = {
  title: 'an instance type that tracks more connections',
  changes: ['node group: a larger or network-optimised type (here 120 connections become 2000)'],
  apply: (scenario) => ({ ...scenario, faults: allowanceOf(2000) }),
}

export const instanceConnectionAllowanceExceeded = defineScenario({
  id: 'instance-connection-allowance-exceeded',
  title: 'An instance tracks no more connections for its security groups',
  story: [
    'Outside of the instance, its security groups track connections, and each instance type has a maximum.',
    'A crowd of idle connections of another service has used it up: packets of new ones are dropped before Linux sees them.',
    'gunicorn’s sync worker closes after every answer: each request needs a new connection, and ends in 504 after 10 s.',
    'Nothing on the node is full or busy, and its kernel has nothing to say.',
    'Only a counter of the network interface grows.',
  ],
  scaled: [
    'the allowance is 120 connections (tens of thousands and more); a rule of the node’s namespace counts connections and drops new ones above it, as the instance’s edge does',
    'the counter in ethtool -S is that rule’s packet counter: the lab’s interfaces have none of EC2’s',
  ],
  application: 'k8s-shop-frames-6e7f8a9b0c',
  targetType: 'instance',
  nodes: 2,
  loadBalancer: { healthCheck: { intervalSeconds: 15, timeoutSeconds: 5, unhealthyCount: 3 } },
  workload: { name: 'frames', replicas: 2, template: closingPod },
  traffic: { seconds: 40, streams: [visitors(5)] },
  faults: allowanceOf(120),
  truth: (failure, run) =>
    wasRefusedByNode(failure, run)
      ? {
          causes: ['instance-connection-allowance-exceeded'],
          why: 'first packets were dropped at the instance’s edge at the times of this SYN and its repeats',
        }
      : undefined,
  expect: { atLeast: { 'instance-connection-allowance-exceeded': 10 } },
  fixes: { 'larger-instance': largerInstance },
})
