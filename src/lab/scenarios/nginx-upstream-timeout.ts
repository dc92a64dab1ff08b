import { nginxPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const nginxUpstreamTimeout = defineScenario({
  id: 'nginx-upstream-timeout',
  title: 'nginx in front gives up on a slow route',
  story: [
    'nginx runs as a sidecar and waits five seconds for an answer.',
    'The order history takes eight.',
    'nginx answers 504, and the load balancer passes that on: target status 504.',
    'The application finishes for nobody.',
    'The load balancer’s own idle timeout has nothing to do with it.',
  ],
  scaled: ['proxy_read_timeout 5 s (default 60)'],
  application: 'store',
  targetType: 'ip',
  nodes: 2,
  workload: {
    name: 'store',
    replicas: 2,
    template: nginxPod({ location: ['proxy_read_timeout 5s;'] }, { app: { historySeconds: 8 } }),
  },
  traffic: { seconds: 35, streams: [visitors(9, [{ route: '/orders/{n}/history', weight: 10 }])] },
  expect: { atLeast: { 'nginx-upstream-timeout': 12 } },
})
