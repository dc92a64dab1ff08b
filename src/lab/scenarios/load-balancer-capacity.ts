import { capacityReserved } from '../fixes/edge-fixes.ts'
import { shopPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const loadBalancerCapacity = defineScenario({
  id: 'load-balancer-capacity',
  title: 'A campaign comes faster than the load balancer scales',
  story: [
    'A newsletter goes out. Within a second hundreds open the shop, ten times what the load balancer ever had.',
    'Its nodes are at their limit of connections: some clients get 503, others a reset.',
    'The pods are idle. No rule was looked at, no target group stands in these rows.',
    'CloudWatch counts RejectedConnectionCount, and all targets are healthy.',
    'Then the nodes have grown, and the next wave is served.',
  ],
  scaled: [
    '12 connections a node, above them 503, above 18 a reset; twice as many 9 s after the first rejection (AWS: tens of thousands, and minutes)',
  ],
  application: 'campaign',
  targetType: 'ip',
  nodes: 2,
  loadBalancer: { capacity: { connections: 12, scaleAfterSeconds: 9 } },
  workload: { name: 'campaign', replicas: 2, template: shopPod({ app: { historySeconds: 1 } }) },
  traffic: {
    seconds: 24,
    streams: [
      visitors(2),
      {
        kind: 'burst',
        name: 'newsletter',
        atSeconds: [5, 8, 11],
        count: 60,
        withinSeconds: 0.05,
        routes: [{ route: '/orders/{n}/history', weight: 1 }],
      },
      {
        kind: 'burst',
        name: 'later',
        atSeconds: [21],
        count: 30,
        withinSeconds: 0.6,
        routes: [{ route: '/orders/{n}/history', weight: 1 }],
      },
    ],
  },
  expect: { atLeast: { 'load-balancer-capacity': 20 } },
  fixes: { reservation: capacityReserved },
})
