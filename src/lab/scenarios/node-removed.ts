import { shopPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const nodeRemoved = defineScenario({
  id: 'node-removed',
  title: 'A node is terminated while it is still a registered target',
  story: [
    'The autoscaler ends a node; its pods are drained, but the instance stays in the target group.',
    'Its NodePort carried traffic for pods on other nodes, too.',
    'Connections that stood are silent, new ones get no answer: 504 after ten seconds.',
    'One target address fails, and never comes back.',
    'The health check takes it out half a minute later.',
  ],
  scaled: [
    'idle timeout 15 s (usually 60), for the requests on warm connections',
    'the node controller waits 20 s for a silent kubelet (usually 50)',
  ],
  application: 'k8s-shop-media-7d8e9f0a1b',
  targetType: 'instance',
  nodes: 3,
  loadBalancer: { idleTimeoutSeconds: 15, healthCheck: { intervalSeconds: 12, timeoutSeconds: 5, unhealthyCount: 2 } },
  workload: { name: 'media', replicas: 2, placement: [0, 1], template: shopPod() },
  traffic: { seconds: 50, streams: [visitors(7)] },
  faults: [
    { atSeconds: 10, what: 'node 3 is terminated', apply: (lab) => lab.cluster.terminateNode(2) },
    { atSeconds: 30, what: 'the Node object of node 3 is deleted', apply: (lab) => lab.cluster.forgetNode(2) },
  ],
  expect: { atLeast: { 'node-removed-before-deregistration': 12 } },
})
