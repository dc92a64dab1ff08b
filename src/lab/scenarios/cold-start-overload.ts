import { eventsNear, podOf, startMsOf } from '../truth/run-facts.ts'
import { shopPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const coldStartOverload = defineScenario({
  id: 'cold-start-overload',
  title: 'New pods get their full share before their caches are warm',
  story: [
    'The autoscaler adds two pods to two; their probe passes at once, and they get half of the traffic.',
    'Their caches are empty: each product costs a query of 1.2 seconds, and queries go one at a time.',
    'Requests queue up behind them; whoever has waited for the idle timeout gets 504.',
    'The old pods answer in milliseconds all the time.',
    'Half a minute later the caches are full, and nobody can see it any more.',
  ],
  scaled: ['idle timeout 12 s (usually 60)', 'cold for 24 s (often minutes)'],
  application: 'catalogue',
  targetType: 'ip',
  nodes: 2,
  loadBalancer: { idleTimeoutSeconds: 12, healthCheck: { intervalSeconds: 10 } },
  workload: { name: 'catalogue', replicas: 2, template: shopPod({ app: { coldQuerySeconds: 1.2 } }) },
  traffic: { seconds: 55, streams: [visitors(22, [{ route: '/api/products/{n}', weight: 60 }])] },
  faults: [
    {
      atSeconds: 12,
      what: 'the autoscaler doubles the pods',
      apply: (lab) => {
        lab.cluster.template = shopPod({ app: { coldQuerySeconds: 1.2, coldSeconds: 24 } })
        return lab.cluster.scale(4)
      },
    },
  ],
  truth: (failure, run) => {
    const pod = podOf(run, failure.target)
    if (failure.socket.event !== 'idle-timer' || pod === undefined) return undefined
    return eventsNear(run, ['pod-ready'], startMsOf(failure), 25_000, 0, pod).length > 0
      ? {
          causes: ['cold-start-overload', 'target-idle-timeout'],
          why: `${pod} had just become ready, and its empty cache held the request for the idle timeout`,
        }
      : undefined
  },
  expect: { atLeast: { 'cold-start-overload': 15 } },
})
