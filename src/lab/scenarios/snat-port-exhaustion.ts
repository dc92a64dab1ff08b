import { join } from 'node:path'
import { startMsOf } from '../truth/run-facts.ts'
import { appendSnapshot, conntrackLines } from '../world/counter-log.ts'
import { addresses } from '../world/network.ts'
import { pause } from '../world/pause.ts'
import { shopPod, visitors } from './parts.ts'
import { defineScenario, type LabControls } from './scenario.ts'

const SECONDS = 38
const WATCH_MS = 500
const SNAPSHOT_MS = 2_000

export const snatPortExhaustion = defineScenario({
  id: 'snat-port-exhaustion',
  title: 'A node has no source port left for connections to a pod',
  story: [
    'The Service’s traffic policy is Cluster: nodes put their own address before what they forward (MASQUERADE).',
    'Each connection of a node to a pod then needs a source port of the node, and somebody has cut the range of ports.',
    'When all are taken, the kernel finds no free pair and drops the first packet of a new connection.',
    'Bursts ask for more connections than there are ports: those end in 504 after 10 s; pooled connections go on.',
    'conntrack -S counts every lost packet as insert_failed. The pods and their logs are calm.',
  ],
  scaled: ['6 source ports for each node and pod (64,000, or 28,000 of the default range), and bursts of 36 requests'],
  application: 'k8s-shop-rugs-8a9b0c1d2e',
  targetType: 'instance',
  nodes: 2,
  loadBalancer: { healthCheck: { intervalSeconds: 15, timeoutSeconds: 5, unhealthyCount: 5 } },
  workload: {
    name: 'rugs',
    replicas: 2,
    masqueradePorts: '61000-61005',
    template: shopPod({ app: { historySeconds: 0.8 } }),
  },
  traffic: {
    seconds: SECONDS,
    streams: [
      visitors(4),
      {
        kind: 'burst',
        name: 'sync',
        atSeconds: [10, 16, 22],
        count: 36,
        withinSeconds: 0.4,
        routes: [{ route: '/orders/{n}/history', weight: 1 }],
      },
    ],
  },
  faults: [{ atSeconds: 0, what: 'somebody counts what the nodes could not enter', apply: watch }],
  truth: (failure, run) => {
    if (failure.socket.event !== 'connect-timer') return undefined
    const startMs = startMsOf(failure)
    const lost = run.timeline.filter(
      ({ event, subject, timeMs }) =>
        event === 'insert-failed' &&
        failure.target?.startsWith(`${subject}:`) &&
        timeMs >= startMs &&
        timeMs <= startMs + 8_000 + WATCH_MS,
    )
    // The first SYN and its repeats after 1, 3 and 7 s, or more of them.
    return lost.length >= 3
      ? {
          causes: ['snat-port-exhaustion'],
          why: 'the node found no free source port for this SYN and its repeats (insert_failed of its connection tracking)',
        }
      : undefined
  },
  expect: { atLeast: { 'snat-port-exhaustion': 15 } },
})

async function watch(lab: LabControls): Promise<void> {
  const known = [0, 0]
  const endMs = Date.now() + (SECONDS + 1) * 1000
  let nextMs = Date.now()
  while (Date.now() < endMs && !lab.signal.aborted) {
    const isSnapshot = Date.now() >= nextMs
    if (isSnapshot) nextMs += SNAPSHOT_MS
    for (const [n, before] of known.entries()) {
      const { insertFailed, stat } = await lab.network.conntrackStat(`node-${n + 1}`)
      if (insertFailed > before)
        lab.timeline.add('insert-failed', addresses.node(n), { packets: insertFailed - before })
      known[n] = insertFailed
      if (isSnapshot) {
        const file = `ip-${addresses.node(n).replaceAll('.', '-')}.conntrack.log`
        appendSnapshot(join(lab.incidentFolder, file), conntrackLines(stat))
      }
    }
    await pause(WATCH_MS, lab.signal)
  }
}
