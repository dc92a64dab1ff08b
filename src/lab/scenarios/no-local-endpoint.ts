import { shopPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const noLocalEndpoint = defineScenario({
  id: 'no-local-endpoint',
  title: 'externalTrafficPolicy Local, and a node without a pod',
  story: [
    'The Service keeps the client’s address with externalTrafficPolicy Local.',
    'A rescheduling leaves both pods on one node; the other node is still a registered target.',
    'Its kube-proxy has no local endpoint and drops the SYNs: ten seconds of silence, then 504.',
    'Half of the requests fail, all of them on one target.',
    'The health check is slow to notice: it asks every half minute.',
  ],
  scaled: [],
  application: 'k8s-shop-front-5a6b7c8d9e',
  targetType: 'instance',
  nodes: 2,
  loadBalancer: { healthCheck: { intervalSeconds: 30, unhealthyCount: 5, timeoutSeconds: 5 } },
  workload: { name: 'front', replicas: 2, externalTrafficPolicy: 'Local', template: shopPod() },
  traffic: { seconds: 45, streams: [visitors(3)] },
  faults: [{ atSeconds: 6, what: 'node 2 loses its pod to node 1', apply: (lab) => lab.cluster.reschedule(1, 0) }],
  expect: { atLeast: { 'no-local-endpoint': 20 } },
})
