import { smallRequests } from '../fixes/edge-fixes.ts'
import { shopPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const requestTooLargeForAlb = defineScenario({
  id: 'request-too-large-for-alb',
  title: 'Cookies grow until the load balancer refuses them',
  story: [
    'The shop keeps the basket in a cookie, and every visit makes it longer.',
    'From the third visit on a regular’s cookie is above 16 KB: 400, for each of his requests, until he clears it.',
    'Some search with a filter of thousands of article numbers in the address: 414.',
    'New visitors are fine, so nobody can reproduce it.',
    'The application never hears of either.',
  ],
  scaled: ['a visit adds 7 KB (hundreds of bytes outside)'],
  application: 'basket',
  targetType: 'ip',
  nodes: 2,
  workload: { name: 'basket', replicas: 2, template: shopPod() },
  traffic: {
    seconds: 22,
    streams: [
      visitors(4),
      {
        kind: 'poisson',
        name: 'regulars',
        perSecond: 4,
        cookieBytesPerVisit: 7000,
        routes: [
          { route: '/', weight: 4 },
          { route: '/api/products/{n}', weight: 6 },
        ],
      },
      {
        kind: 'poisson',
        name: 'buyers',
        perSecond: 0.6,
        routes: [{ route: `/search?q=lamp&ids=${'70315,'.repeat(3000)}{n}`, weight: 1 }],
      },
    ],
  },
  expect: { atLeast: { 'request-too-large-for-alb': 20 } },
  fixes: { small: smallRequests },
})
