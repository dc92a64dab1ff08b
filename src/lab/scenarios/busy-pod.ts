import { missing502, reportsTemplate } from './missing-502.ts'
import { defineScenario } from './scenario.ts'

const { readiness: _readiness, ...withoutProbe } = reportsTemplate

export const busyPod = defineScenario({
  ...missing502,
  id: 'busy-pod',
  title: 'The myth’s pair: the same busy pod without a readiness probe',
  story: [
    'The same application, the same reports, but no readiness probe: the pod stays in the Service.',
    'While a report holds the event loop nobody accepts connections, and the accept queue fills.',
    'Then the pod’s own kernel drops every further SYN, in silence.',
    'The load balancer waits its fixed ten seconds and writes 504. There is no instant 502.',
    '"iptables drops it" is a myth: no rule of the node knows that a pod is busy.',
  ],
  workload: { name: 'reports', replicas: 2, template: withoutProbe },
  expect: { atLeast: { 'listen-backlog-overflow': 20 } },
})
