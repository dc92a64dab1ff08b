import { serverWritesHead } from '../fixes/plain-fixes.ts'
import { pathOf } from '../truth/run-facts.ts'
import { readiness, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const contentLengthMismatch = defineScenario({
  id: 'content-length-mismatch',
  title: 'A length in characters, where bytes are meant',
  story: [
    'A page sets its Content-Length by hand, from the length of a string.',
    'Where the text has an umlaut, the body has more bytes than that.',
    'Node looks (strictContentLength) and refuses to write the answer; the framework thinks that the head is out, and closes.',
    'The load balancer got nothing: 502, for the same dishes every time.',
    'The access log has no line of it; the error log has ERR_HTTP_CONTENT_LENGTH_MISMATCH without a request.',
  ],
  scaled: [],
  application: 'canteen',
  targetType: 'ip',
  nodes: 2,
  workload: {
    name: 'canteen',
    replicas: 2,
    template: {
      containers: [{ name: 'app', port: 8000, server: { kind: 'node', keepAliveMs: 75_000 } }],
      port: 8000,
      readiness,
    },
  },
  traffic: { seconds: 30, streams: [visitors(10, [{ route: '/menus/{n}', weight: 45 }])] },
  truth: (failure) =>
    pathOf(failure).startsWith('/menus/') && failure.targetStatus === null && failure.socket.bytes_from_target === 0
      ? {
          causes: ['content-length-mismatch'],
          why: `the body was longer than the Content-Length, so Node wrote nothing and the handler closed (${failure.socket.event})`,
        }
      : undefined,
  expect: { atLeast: { 'content-length-mismatch': 15 } },
  fixes: { 'server-writes-the-head': serverWritesHead },
})
