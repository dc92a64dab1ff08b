import { nginxPod } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const upstreamKeepaliveMismatch = defineScenario({
  id: 'upstream-keepalive-mismatch',
  title: 'nginx reuses a connection that uvicorn has just closed',
  story: [
    'nginx keeps its connections to the application for a minute, uvicorn for five seconds.',
    'It is the keep-alive race, one hop further in.',
    'nginx repeats a GET on a new connection, silently; it must not repeat a POST.',
    'So POSTs end in 502, made by nginx, and GETs never do.',
    'The application never saw them.',
  ],
  scaled: ['pollers ask with a period close to the keep-alive time'],
  application: 'basket',
  targetType: 'ip',
  nodes: 2,
  workload: {
    name: 'basket',
    replicas: 2,
    template: nginxPod({ upstream: ['server 127.0.0.1:{port};', 'keepalive 16;'] }, { keepAliveSeconds: 5 }),
  },
  traffic: {
    seconds: 90,
    streams: [
      {
        kind: 'poller',
        name: 'wall boards',
        everySeconds: 4.999,
        count: 2,
        widgets: 8,
        jitterSeconds: 0.003,
        routes: [
          { route: 'POST /api/scans/{hex}', weight: 2, bodyBytes: 180 },
          { route: '/api/widgets/{n}', weight: 1 },
        ],
      },
      { kind: 'poisson', name: 'visitors', perSecond: 0.4, routes: [{ route: '/api/products/{n}', weight: 1 }] },
    ],
  },
  truth: (failure, run) =>
    failure.targetStatus === 502 && failure.method === 'POST'
      ? {
          causes: ['upstream-keepalive-mismatch', 'nginx-upstream-prematurely-closed'],
          why: `nginx answered 502 to a POST whose pooled connection uvicorn had just closed; seen by ${run.seenByApp.size} others`,
        }
      : undefined,
  expect: { atLeast: { 'upstream-keepalive-mismatch': 2 } },
})
