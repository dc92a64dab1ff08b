import { twiceThePods } from '../fixes/plain-fixes.ts'
import { readiness, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const workerPoolExhausted = defineScenario({
  id: 'worker-pool-exhausted',
  title: 'More requests than threads',
  story: [
    'gunicorn has four threads a pod, and two pods; a recommendation takes one of them for a second.',
    'In the evening ten a second come where eight can go.',
    'Each minute more of them wait, and they wait longer, until the load balancer gives up: 504.',
    'No pod is down, no probe fails, the processors idle.',
    'A longer timeout or a deeper queue would only move the failures.',
  ],
  scaled: ['idle timeout 8 s (usually 60)'],
  application: 'evening',
  targetType: 'ip',
  nodes: 2,
  loadBalancer: { idleTimeoutSeconds: 8, healthCheck: { intervalSeconds: 60 } },
  workload: {
    name: 'evening',
    replicas: 2,
    template: {
      containers: [
        {
          name: 'app',
          port: 8000,
          server: {
            kind: 'gunicorn',
            workerClass: 'gthread',
            workers: 1,
            threads: 4,
            keepAliveSeconds: 75,
            app: { historySeconds: 1 },
          },
        },
      ],
      port: 8000,
      readiness: { ...readiness, periodSeconds: 10, timeoutSeconds: 9, failureThreshold: 9 },
    },
  },
  traffic: {
    seconds: 75,
    streams: [
      visitors(2),
      {
        kind: 'poisson',
        name: 'evening',
        perSecond: 10,
        fromSeconds: 15,
        untilSeconds: 60,
        routes: [{ route: '/orders/{n}/history', weight: 1 }],
      },
    ],
  },
  truth: (failure) =>
    failure.socket.event === 'idle-timer'
      ? {
          causes: ['worker-pool-exhausted', 'target-idle-timeout'],
          why: 'no answer for the idle timeout: every thread of the pod was busy, the request waited for one',
        }
      : undefined,
  expect: { atLeast: { 'worker-pool-exhausted': 20 } },
  fixes: { pods: twiceThePods },
})
