import { shopPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

const pod = shopPod({ app: { startSeconds: 2 } })

export const recreateDeploy = defineScenario({
  id: 'recreate-deploy',
  title: 'A rollout that takes the only pod away first',
  story: [
    'One replica, and a rollout that may not surge: maxSurge 0, maxUnavailable 1, to save a node.',
    'The old pod leaves the target group before the new one has started.',
    'Nothing is registered, and the load balancer answers 503 at once, without a target.',
    'The old pod sleeps its preStop and would have answered; nobody asks it.',
    'A minute later all is well, until the next deployment.',
  ],
  scaled: [],
  application: 'wishlist',
  targetType: 'ip',
  nodes: 2,
  workload: {
    name: 'wishlist',
    replicas: 1,
    template: { ...pod, containers: pod.containers.map((container) => ({ ...container, preStopSeconds: 6 })) },
    rollout: { maxSurge: 0, maxUnavailable: 1 },
  },
  traffic: { seconds: 45, streams: [visitors(6)] },
  faults: [10, 28].map((atSeconds) => ({
    atSeconds,
    what: 'kubectl rollout restart',
    apply: (lab) => lab.cluster.rollingRestart(lab.signal),
  })),
  expect: { atLeast: { 'no-registered-targets': 15 } },
})
