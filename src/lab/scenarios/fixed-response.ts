import { shopPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const fixedResponse = defineScenario({
  id: 'fixed-response',
  title: 'A maintenance rule answers 503',
  story: [
    'A listener rule answers everything below /maintenance/ with 503, as it was told to.',
    'Somebody’s dashboard counts these as an outage.',
    'No target was asked, no target group stands in the row.',
    'The application is fine.',
    'Nothing is broken here but the dashboard.',
  ],
  scaled: [],
  application: 'events',
  targetType: 'ip',
  nodes: 2,
  loadBalancer: { fixedResponses: [{ path: '/maintenance/*', status: 503 }] },
  workload: { name: 'events', replicas: 2, template: shopPod() },
  traffic: { seconds: 25, streams: [visitors(10, [{ route: '/maintenance/{n}', weight: 12 }])] },
  expect: { atLeast: { 'fixed-response-rule': 15 } },
})
