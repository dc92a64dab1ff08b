import { historyAsJob } from '../fixes/plain-fixes.ts'
import { shopPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const clientGaveUp = defineScenario({
  id: 'client-gave-up',
  title: 'Clients leave before the answer: 460 hides a 504',
  story: [
    'A mobile client gives every request five seconds.',
    'The route it asks for takes thirty-five; behind a patient client it would be a 504.',
    'The client closes its connection, and the load balancer writes 460.',
    'No 5XX is counted anywhere: the dashboards stay green.',
    'The application works on, for nobody.',
  ],
  scaled: ['idle timeout 20 s (usually 60)', 'the slow route takes 35 s'],
  application: 'mobile-api',
  targetType: 'ip',
  nodes: 2,
  loadBalancer: { idleTimeoutSeconds: 20 },
  workload: { name: 'mobile', replicas: 2, template: shopPod({ app: { historySeconds: 35 } }) },
  traffic: {
    seconds: 35,
    streams: [
      visitors(6),
      {
        kind: 'poisson',
        name: 'mobile app',
        perSecond: 1.5,
        timeoutSeconds: 5,
        routes: [{ route: '/orders/{n}/history', weight: 1 }],
      },
    ],
  },
  expect: { atLeast: { 'client-gave-up': 25 } },
  fixes: { job: historyAsJob },
})
