import { nginxPod, readiness, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const nginxUpstreamPrematurelyClosed = defineScenario({
  id: 'nginx-upstream-prematurely-closed',
  title: 'The application dies behind nginx',
  story: [
    'Exports run out of memory; the kernel kills the application, nginx in the same pod lives.',
    'nginx sees its upstream close without an answer: 502, made by nginx.',
    'Until the container is back, connections are refused.',
    'The load balancer only passes on what nginx says.',
    'nginx’s error log has the reason, line by line.',
  ],
  scaled: ['restart back-off 1 s (usually 10 s and more)'],
  application: 'invoices',
  targetType: 'ip',
  nodes: 2,
  timings: { controllerSeconds: 120 },
  workload: {
    name: 'invoices',
    replicas: 2,
    template: nginxPod(
      { answersProbe: true },
      { app: { downloadSeconds: 3 } },
      { readiness: { ...readiness, port: 8080 }, backOffSeconds: [1, 1, 1] },
    ),
  },
  traffic: { seconds: 45, streams: [visitors(12, [{ route: '/downloads/{n}', weight: 90 }])] },
  faults: [10, 22, 34].map((atSeconds, i) => ({
    atSeconds,
    what: 'out of memory',
    apply: (lab) => lab.cluster.pods[i % 2]?.killContainer('app', 'OOMKilled'),
  })),
  expect: { atLeast: { 'nginx-upstream-prematurely-closed': 8 } },
})
