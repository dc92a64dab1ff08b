import { nginxPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

const pod = nginxPod({})

export const proxyOutlivesApp = defineScenario({
  id: 'proxy-outlives-app',
  title: 'A preStop sleep for nginx, and none for the application behind it',
  story: [
    'The pod has two containers, and the preStop sleep was added to the one that takes the traffic: nginx.',
    'At a rollout the application gets its stop signal at once and is gone.',
    'nginx goes on for twelve seconds, as it should, and has nobody to ask: 502, made by nginx.',
    'Its log says "connection refused"; the load balancer passes the 502 on.',
    'Between rollouts nothing fails.',
  ],
  scaled: ['from pod deletion to the load balancer’s data plane 4 s (usually 10 s to two minutes)'],
  application: 'gallery',
  targetType: 'ip',
  nodes: 2,
  timings: { controllerSeconds: 4 },
  loadBalancer: { healthCheck: { intervalSeconds: 30 } },
  workload: {
    name: 'gallery',
    replicas: 3,
    template: {
      ...pod,
      containers: pod.containers.map((container) =>
        container.server.kind === 'nginx' ? { ...container, preStopSeconds: 12 } : container,
      ),
    },
    rollout: { maxSurge: 1, maxUnavailable: 0, minReadySeconds: 4 },
  },
  traffic: { seconds: 55, streams: [visitors(12)] },
  faults: [{ atSeconds: 10, what: 'kubectl rollout restart', apply: (lab) => lab.cluster.rollingRestart(lab.signal) }],
  expect: { atLeast: { 'nginx-upstream-refused': 15 } },
})
