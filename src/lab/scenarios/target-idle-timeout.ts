import { historyAsJob } from '../fixes/plain-fixes.ts'
import { shopPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const targetIdleTimeout = defineScenario({
  id: 'target-idle-timeout',
  title: 'A route slower than the idle timeout',
  story: [
    'The order history of large customers takes half a minute.',
    'The load balancer waits for its idle timeout, without a byte from the target, and writes 504.',
    'The application finishes later and logs a success that nobody reads.',
    'All other routes are fast on the same pods.',
    'Raising the idle timeout would hide it, until clients give up themselves.',
  ],
  scaled: ['idle timeout 15 s (usually 60)', 'the slow route takes 20 s'],
  application: 'analytics',
  targetType: 'ip',
  nodes: 2,
  loadBalancer: { idleTimeoutSeconds: 15 },
  workload: { name: 'analytics', replicas: 2, template: shopPod({ app: { historySeconds: 20 } }) },
  traffic: { seconds: 40, streams: [visitors(7, [{ route: '/orders/{n}/history', weight: 9 }])] },
  expect: { atLeast: { 'target-idle-timeout': 12 } },
  fixes: { job: historyAsJob },
})
