import { shopPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const crashLoop = defineScenario({
  id: 'crash-loop',
  title: 'A pod crashes again and again: connection refused',
  story: [
    'One of three pods dies at start-up of its worker, restarts, dies again.',
    'Between the crashes nothing listens on its port: the kernel answers SYNs with RST.',
    'The load balancer controller is slow, so the address stays registered.',
    'Requests to that one target fail within a millisecond until the health check removes it.',
    'The other two targets are fine.',
  ],
  scaled: ['back-off 6 s and 12 s (usually 10, 20, 40 s)'],
  application: 'pricing',
  targetType: 'ip',
  nodes: 2,
  timings: { controllerSeconds: 60 },
  loadBalancer: { healthCheck: { intervalSeconds: 8, timeoutSeconds: 2 } },
  workload: { name: 'pricing', replicas: 3, template: shopPod({}, { backOffSeconds: [6, 12, 12] }) },
  traffic: { seconds: 50, streams: [visitors(14)] },
  faults: [8, 14, 28].map((atSeconds) => ({
    atSeconds,
    what: 'pod 1 crashes',
    apply: (lab) => lab.cluster.pods[0]?.killContainer('app', 'Error'),
  })),
  expect: { atLeast: { 'connection-refused': 15 } },
})
