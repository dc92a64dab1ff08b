import { smallerCookies } from '../fixes/plain-fixes.ts'
import { shopPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const responseHeadersTooLarge = defineScenario({
  id: 'response-headers-too-large',
  title: 'Forty kilobytes of cookies',
  story: [
    'Each visit to the account page adds a preference, and each preference is a cookie.',
    'For one customer in five the response’s head has grown over 32 KB.',
    'The load balancer takes no more than that, and writes 502.',
    'The application logs a success for the same trace id.',
    'It is always the same customers, on one route.',
  ],
  scaled: [],
  application: 'customer',
  targetType: 'ip',
  nodes: 2,
  workload: { name: 'customer', replicas: 2, template: shopPod({ app: { headerBytes: 40_000 } }) },
  traffic: { seconds: 30, streams: [visitors(9, [{ route: '/account/{n}', weight: 45 }])] },
  truth: (failure, run) =>
    failure.phase === 'await-response' && failure.uri?.includes('/account/') && run.seenByApp.size > 0
      ? {
          causes: ['response-headers-too-large'],
          why: `the response’s head was over the limit (${failure.socket.event}); the application logged a success`,
        }
      : undefined,
  expect: { atLeast: { 'response-headers-too-large': 8 } },
  fixes: { 'smaller-cookies': smallerCookies },
})
