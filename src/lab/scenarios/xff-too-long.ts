import { loopBroken } from '../fixes/edge-fixes.ts'
import { nginxPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const xffTooLong = defineScenario({
  id: 'xff-too-long',
  title: 'A proxy sends customers back to its own load balancer',
  story: [
    'The customer pages moved to another service. nginx proxies them to the public name it was told, and that is this load balancer.',
    'So it gets its own request back, one hop older, and sends it on again.',
    'Load balancer and nginx each add an address to X-Forwarded-For on every round.',
    'At the seventeenth round the header has more than 30 of them: 463, and sixteen nginx in a row pass it on.',
    'The customers see 463, and the log is full of one client: the pods.',
  ],
  scaled: [],
  application: 'customers',
  targetType: 'ip',
  nodes: 2,
  workload: {
    name: 'customers',
    replicas: 2,
    template: nginxPod({ location: ['location /account/ { proxy_pass http://10.0.1.11; }'] }),
  },
  traffic: {
    seconds: 22,
    streams: [
      visitors(4),
      { kind: 'poisson', name: 'customers', perSecond: 1.2, routes: [{ route: '/account/{n}', weight: 1 }] },
    ],
  },
  expect: { atLeast: { 'xff-too-long': 10 } },
  fixes: { upstream: loopBroken },
})
