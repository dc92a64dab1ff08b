import { readiness, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const serviceWithoutEndpoints = defineScenario({
  id: 'service-without-endpoints',
  title: 'A Service whose selector matches nothing',
  story: [
    'A release renames a label; the Service’s selector matches no pod for half a minute.',
    'The pods are healthy, the targets are nodes, and every node now has a REJECT rule.',
    'At this low traffic most requests are refused at once; some SYNs find the ICMP limit used up.',
    'All nodes at the same moment: no single pod or node can do that.',
    'gunicorn’s sync worker closes after every answer; warm connections would have gone on, past the rule.',
  ],
  scaled: [],
  application: 'k8s-shop-catalog-1f2e3d4c5b',
  targetType: 'instance',
  nodes: 2,
  loadBalancer: { healthCheck: { intervalSeconds: 15, unhealthyCount: 5 } },
  workload: {
    name: 'catalog',
    replicas: 2,
    template: {
      containers: [{ name: 'app', port: 8000, server: { kind: 'gunicorn', workerClass: 'sync', workers: 3 } }],
      port: 8000,
      readiness,
    },
  },
  traffic: { seconds: 60, streams: [visitors(3)] },
  faults: [
    { atSeconds: 15, what: 'the selector matches nothing', apply: (lab) => lab.cluster.setSelected(false) },
    { atSeconds: 42, what: 'the selector is corrected', apply: (lab) => lab.cluster.setSelected(true) },
  ],
  expect: { atLeast: { 'service-without-endpoints': 15 } },
})
