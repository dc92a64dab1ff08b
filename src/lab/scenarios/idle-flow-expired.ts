import { idleTimeoutBelowTracking } from '../fixes/plain-fixes.ts'
import { shopRoutes } from '../traffic/traffic.ts'
import { shopPod } from './parts.ts'
import { defineScenario } from './scenario.ts'

const expirySeconds = 7

export const idleFlowExpired = defineScenario({
  id: 'idle-flow-expired',
  title: 'The node forgets idle connections before anybody closes them',
  story: [
    'Somebody has lowered the connection tracking’s timeout for established flows on the nodes.',
    'Load balancer and uvicorn keep their connections for longer, and neither hears of it.',
    'The next packet of such a connection belongs to nobody: drawn anew, sent to some pod, which answers RST.',
    'Every request on a connection that was idle for longer fails in a millisecond; others never do.',
    'It looks like the keep-alive race, but it is no race: it hits every time, at any idleness above the limit.',
  ],
  scaled: [`tracking timeout ${expirySeconds} s (default 5 days; 350 s in security groups of newer instances)`],
  application: 'k8s-shop-ledger-5b6c7d8e9f',
  targetType: 'instance',
  nodes: 2,
  workload: { name: 'ledger', replicas: 3, template: shopPod() },
  traffic: {
    seconds: 55,
    streams: [
      { kind: 'poisson', name: 'visitors', perSecond: 0.5, routes: shopRoutes },
      { kind: 'poisson', name: 'operators', perSecond: 3, routes: shopRoutes, untilSeconds: 12 },
      {
        kind: 'burst',
        name: 'sync',
        atSeconds: [10, 22, 31, 43, 47],
        count: 16,
        withinSeconds: 0.1,
        routes: [{ route: '/api/products/{n}', weight: 1 }],
      },
    ],
  },
  faults: [
    {
      atSeconds: 1,
      what: 'the nodes’ tracking timeout is lowered',
      apply: async (lab) => {
        for (const node of ['node-1', 'node-2'])
          await lab.network.sysctl(node, { 'net.netfilter.nf_conntrack_tcp_timeout_established': expirySeconds })
      },
    },
  ],
  truth: (failure) => {
    const { event, conn_reused: isReused, conn_idle_ms: idleMs = 0 } = failure.socket
    return isReused &&
      idleMs > expirySeconds * 1000 - 100 &&
      (event === 'RST' || event === 'FIN' || event === 'idle-timer')
      ? {
          causes: ['idle-flow-expired'],
          why: `${event}: the node had forgotten this connection after ${expirySeconds} s of idleness (idle for ${(idleMs / 1000).toFixed(3)} s)`,
        }
      : undefined
  },
  expect: { atLeast: { 'idle-flow-expired': 10 } },
  fixes: { 'idle-timeout': idleTimeoutBelowTracking },
})
