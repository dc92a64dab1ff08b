import { nginxPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const nginxUpstreamHeaderTooBig = defineScenario({
  id: 'nginx-upstream-header-too-big',
  title: 'Twelve kilobytes of cookies, and nginx’s four',
  story: [
    'Each visit to the account page adds a preference, and each preference is a cookie.',
    'For one customer in five the response’s head has grown to 12 KB: the load balancer would take that.',
    'nginx in front has one memory page for a head, and answers 502 instead.',
    'The application logs a success for the same trace id.',
    'It is always the same customers, on one route.',
  ],
  scaled: [],
  application: 'profile',
  targetType: 'ip',
  nodes: 2,
  workload: { name: 'profile', replicas: 2, template: nginxPod({}, { app: { headerBytes: 12_000 } }) },
  traffic: { seconds: 30, streams: [visitors(9, [{ route: '/account/{n}', weight: 45 }])] },
  expect: { atLeast: { 'nginx-upstream-header-too-big': 8 } },
})
