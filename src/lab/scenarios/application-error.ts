import { shopPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const applicationError = defineScenario({
  id: 'application-error',
  title: 'A bug: the application itself answers 500',
  story: [
    'The summer coupon is not in the table of discounts: KeyError.',
    'The framework answers 500, and the traceback is in the log and in Sentry.',
    'The load balancer only passes it on: its target status says 500, too.',
    'One route, one coupon; all else works.',
    'Nothing in front of the application can mend this.',
  ],
  scaled: [],
  application: 'checkout',
  targetType: 'ip',
  nodes: 2,
  workload: { name: 'checkout', replicas: 2, template: shopPod() },
  traffic: {
    seconds: 30,
    streams: [
      visitors(9, [
        { route: 'POST /api/checkout?coupon=SUMMER', weight: 8, bodyBytes: 300 },
        { route: 'POST /api/checkout', weight: 10, bodyBytes: 300 },
      ]),
    ],
  },
  expect: { atLeast: { 'application-error': 10 } },
})
