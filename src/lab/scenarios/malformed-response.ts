import { serverWritesHead } from '../fixes/plain-fixes.ts'
import { readiness, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const malformedResponse = defineScenario({
  id: 'malformed-response',
  title: 'A hand-written response head',
  story: [
    'An old route writes its own response head, with a space in a header’s name.',
    'Browsers in the development set-up were lenient.',
    'The load balancer is not: 502, after the time the route usually takes.',
    'The application logs 200 for the same trace id.',
    'Everything on that route fails, and nothing else.',
  ],
  scaled: [],
  application: 'legacy',
  targetType: 'ip',
  nodes: 2,
  workload: {
    name: 'legacy',
    replicas: 2,
    template: {
      containers: [{ name: 'app', port: 8000, server: { kind: 'node', keepAliveMs: 75_000 } }],
      port: 8000,
      readiness,
    },
  },
  traffic: { seconds: 30, streams: [visitors(10, [{ route: '/api/legacy/{n}', weight: 12 }])] },
  truth: (failure) =>
    failure.uri?.includes('/api/legacy/') && failure.targetStatus === null
      ? { causes: ['malformed-response'], why: `the response’s head was malformed (${failure.socket.event})` }
      : undefined,
  expect: { atLeast: { 'malformed-response': 15 } },
  fixes: { 'server-writes-the-head': serverWritesHead },
})
