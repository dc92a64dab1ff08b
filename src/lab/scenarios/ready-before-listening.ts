import { visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const readyBeforeListening = defineScenario({
  id: 'ready-before-listening',
  title: 'A pod without a readiness probe is ready before it listens',
  story: [
    'The Deployment has no readiness probe, so a pod is ready as soon as its container runs.',
    'The application reads its catalogue for four seconds before it listens.',
    'In that time the node port sends it its share, and its kernel refuses: 502 at once.',
    'Every rollout and every scale-out does that; between them nothing fails.',
    'All nodes at once, a share of the requests: the load balancer cannot see which pod it was.',
  ],
  scaled: [],
  application: 'k8s-shop-finder-6b7c8d9e0f',
  targetType: 'instance',
  nodes: 2,
  loadBalancer: { healthCheck: { intervalSeconds: 15, unhealthyCount: 3 } },
  workload: {
    name: 'finder',
    replicas: 3,
    template: {
      containers: [
        {
          name: 'app',
          port: 8000,
          server: { kind: 'node', app: { startSeconds: 4, isConnectionClosed: true } },
          preStopSeconds: 20,
        },
      ],
      port: 8000,
      gracePeriodSeconds: 30,
      isReadyAtOnce: true,
    },
    rollout: { maxSurge: 1, maxUnavailable: 0, minReadySeconds: 8 },
  },
  traffic: { seconds: 50, streams: [visitors(14)] },
  faults: [{ atSeconds: 10, what: 'kubectl rollout restart', apply: (lab) => lab.cluster.rollingRestart(lab.signal) }],
  expect: { atLeast: { 'connection-refused': 20 } },
})
