import { join } from 'node:path'
import { KernelLog } from '../world/kernel-log.ts'
import { closingPod, crowdedNode, wasRefusedByNode } from './crowded-node.ts'
import { visitors } from './parts.ts'
import { defineScenario, type Fault, type ScenarioFix } from './scenario.ts'

const TABLE_FULL = 'nf_conntrack: nf_conntrack: table full, dropping packet'

function tableOf(room: number): Fault[] {
  return crowdedNode({
    room,
    crowd: 150,
    fromSeconds: 12,
    untilSeconds: 28,
    witness: ({ incidentFolder }) => {
      const log = new KernelLog(join(incidentFolder, 'ip-10-0-16-11.kernel.log'), 'ip-10-0-16-11')
      return (packets) => log.warn(TABLE_FULL, packets, Date.now())
    },
  })
}

const largerTable: ScenarioFix = {
  title: 'a connection tracking table with room for all',
  changes: ['kube-proxy: conntrack.maxPerCore and conntrack.min (here 120 entries become 2000)'],
  apply: (scenario) => ({ ...scenario, faults: tableOf(2000) }),
}

export const conntrackTableFull = defineScenario({
  id: 'conntrack-table-full',
  title: 'A node’s connection tracking table is full',
  story: [
    'Another service of the same node keeps a crowd of idle connections; each takes an entry of the node’s table.',
    'What is open goes on. The first packet of a new connection finds no entry and is dropped in silence.',
    'gunicorn’s sync worker closes after every answer: each request needs a new one, and ends in 504 after 10 s.',
    'The pods are idle. What comes by the other node fails as well when it is drawn to the pod of this one.',
    'Only the node’s kernel says a word, at most ten times in five seconds.',
  ],
  scaled: [
    'the table has 120 entries (131,072 and more); the kernel’s own limit belongs to the whole host, so a rule of the node’s namespace counts connections and drops new ones above it',
    'the line in the kernel’s log is written by the lab, from that rule’s packet counter and with the kernel’s limit of 10 lines in 5 s',
  ],
  application: 'k8s-shop-lamps-3c4d5e6f7a',
  targetType: 'instance',
  nodes: 2,
  loadBalancer: { healthCheck: { intervalSeconds: 15, timeoutSeconds: 5, unhealthyCount: 3 } },
  workload: { name: 'lamps', replicas: 2, template: closingPod },
  traffic: {
    seconds: 40,
    streams: [visitors(5)],
  },
  faults: tableOf(120),
  truth: (failure, run) =>
    wasRefusedByNode(failure, run)
      ? {
          causes: ['conntrack-table-full'],
          why: 'the node dropped first packets at the times of this SYN and its repeats: no room for another connection',
        }
      : undefined,
  expect: { atLeast: { 'conntrack-table-full': 10 } },
  fixes: { 'larger-table': largerTable },
})
