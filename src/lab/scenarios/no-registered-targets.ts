import { shopPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const noRegisteredTargets = defineScenario({
  id: 'no-registered-targets',
  title: 'The target group is empty',
  story: [
    'Somebody scales the Deployment to zero to save money at night, and back again.',
    'Its only pod leaves the target group; nothing is registered.',
    'The load balancer answers 503 at once, without a target.',
    'It is a total outage of this target group, and of nothing else.',
    'Unhealthy targets would not do this: with those the load balancer fails open.',
  ],
  scaled: [],
  application: 'newsletter',
  targetType: 'ip',
  nodes: 2,
  workload: {
    name: 'newsletter',
    replicas: 1,
    template: {
      ...shopPod(),
      containers: shopPod().containers.map((container) => ({ ...container, preStopSeconds: 3 })),
    },
  },
  traffic: { seconds: 40, streams: [visitors(5)] },
  faults: [
    { atSeconds: 10, what: 'scaled to zero', apply: (lab) => lab.cluster.scale(0) },
    { atSeconds: 24, what: 'scaled to one', apply: (lab) => lab.cluster.scale(1) },
  ],
  expect: { atLeast: { 'no-registered-targets': 25 } },
})
