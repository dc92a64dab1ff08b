import { uploadDrained } from '../fixes/plain-fixes.ts'
import { pathOf } from '../truth/run-facts.ts'
import { readiness, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const earlyResponseToUpload = defineScenario({
  id: 'early-response-to-upload',
  title: 'A refused upload, and the refusal is lost',
  story: [
    'Photos above one megabyte are refused with 413, as soon as the head is read.',
    'The application closes the connection while the body is still coming, so its kernel answers the rest with RST.',
    'The RST throws away what the load balancer has not read yet: 502 instead of 413.',
    'Now and then the answer is quicker, and the same upload gets its 413.',
    'Small photos, and everything else, are fine.',
  ],
  scaled: ['round trip 4 ms between load balancer and targets'],
  application: 'photos',
  targetType: 'ip',
  nodes: 2,
  roundTripMs: 4,
  workload: {
    name: 'photos',
    replicas: 2,
    template: {
      containers: [{ name: 'app', port: 8000, server: { kind: 'node', keepAliveMs: 75_000 } }],
      port: 8000,
      readiness,
    },
  },
  traffic: {
    seconds: 45,
    streams: [
      visitors(9, [
        { route: 'POST /api/photos/{hex}', weight: 40, bodyBytes: 1_300_000 },
        { route: 'POST /api/photos/{hex}', weight: 20, bodyBytes: 90_000 },
      ]),
    ],
  },
  truth: (failure) =>
    failure.targetStatus === null && failure.method === 'POST' && pathOf(failure).startsWith('/api/photos/')
      ? {
          causes: ['early-response-to-upload'],
          why: `${failure.socket.event} while the body was being sent: the application had answered 413 and closed`,
        }
      : undefined,
  expect: { atLeast: { 'early-response-to-upload': 5 } },
  fixes: { 'upload-drained': uploadDrained },
})
