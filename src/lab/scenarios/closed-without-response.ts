import { serverWritesHead } from '../fixes/plain-fixes.ts'
import { readiness, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const closedWithoutResponse = defineScenario({
  id: 'closed-without-response',
  title: 'One route closes the connection without an answer',
  story: [
    'A handler meets an error, logs nothing, and destroys its socket.',
    'The load balancer sees FIN a few milliseconds after the request: 502.',
    'It looks like the keep-alive race: same status, same times.',
    'But it is one route only, on fresh connections as well as on reused ones, with no idle time behind it.',
    'A longer keep-alive changes nothing.',
  ],
  scaled: [],
  application: 'vouchers',
  targetType: 'ip',
  nodes: 2,
  workload: {
    name: 'vouchers',
    replicas: 2,
    template: {
      containers: [{ name: 'app', port: 8000, server: { kind: 'node', keepAliveMs: 75_000 } }],
      port: 8000,
      readiness,
    },
  },
  traffic: { seconds: 35, streams: [visitors(10, [{ route: '/api/vouchers/{n}', weight: 10 }])] },
  truth: (failure, run) =>
    failure.uri?.includes('/api/vouchers/') && failure.targetStatus === null && run.seenByApp.size > 0
      ? {
          causes: ['malformed-response', 'worker-killed-mid-request'],
          why: `the handler closed the connection without a byte of an answer (${failure.socket.event}); the process lives on`,
        }
      : undefined,
  expect: { atLeast: { 'malformed-response': 15 } },
  fixes: { 'server-writes-the-head': serverWritesHead },
})
