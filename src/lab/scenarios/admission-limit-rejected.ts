import { limitAboveThePool } from '../fixes/plain-fixes.ts'
import { wasSeen } from '../truth/run-facts.ts'
import { readiness, shopPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const admissionLimitRejected = defineScenario({
  id: 'admission-limit-rejected',
  title: 'uvicorn’s --limit-concurrency says no',
  story: [
    'To protect the pods they take twelve connections each, idle ones of the load balancer’s pool included.',
    'A sale brings bursts above that, and uvicorn answers 503 at once, before the application.',
    'The status is the target’s: the load balancer’s own 5XX count stays at zero.',
    'The application’s log has no such request; uvicorn’s has "Exceeded concurrency limit."',
    'Those that were let in are as fast as ever.',
  ],
  scaled: ['limit 12 (usually hundreds)'],
  application: 'outlet',
  targetType: 'ip',
  nodes: 2,
  loadBalancer: { healthCheck: { intervalSeconds: 30 } },
  workload: {
    name: 'outlet',
    replicas: 2,
    template: shopPod(
      { limitConcurrency: 12, app: { historySeconds: 0.8 } },
      { readiness: { ...readiness, periodSeconds: 10, failureThreshold: 9 } },
    ),
  },
  traffic: {
    seconds: 45,
    streams: [
      visitors(4),
      {
        kind: 'burst',
        name: 'sale',
        atSeconds: [8, 20, 32],
        count: 70,
        withinSeconds: 2,
        routes: [{ route: '/orders/{n}/history', weight: 1 }],
      },
    ],
  },
  truth: (failure, run) =>
    failure.targetStatus === 503 && !wasSeen(failure, run)
      ? {
          causes: ['admission-limit-rejected'],
          why: 'uvicorn answered 503 itself: more connections than --limit-concurrency',
        }
      : undefined,
  expect: { atLeast: { 'admission-limit-rejected': 15 } },
  fixes: { limit: limitAboveThePool },
})
