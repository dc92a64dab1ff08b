import { uvicornKeepAlive } from '../fixes/plain-fixes.ts'
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
    'The wider nginx’s pauses (its CPU limit is too small), the more requests meet the FIN.',
  ],
  scaled: [
    'boards ask with a period close to the keep-alive time',
    'nginx’s CPU quota pauses it for 90 ms in every 250 ms',
  ],
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
        everySeconds: 4.96,
        count: 2,
        widgets: 20,
        jitterSeconds: 0.04,
        routes: [
          { route: 'POST /api/scans/{hex}', weight: 3, bodyBytes: 180 },
          { route: '/api/widgets/{n}', weight: 1 },
        ],
      },
      { kind: 'poisson', name: 'visitors', perSecond: 0.4, routes: [{ route: '/api/products/{n}', weight: 1 }] },
    ],
  },
  faults: [
    {
      atSeconds: 1,
      what: 'nginx’s CPU quota runs out four times a second',
      apply: async (lab) => {
        const endMs = Date.now() + 86_000
        while (Date.now() < endMs && !lab.signal.aborted)
          await Promise.all(lab.cluster.pods.map((pod) => pod.pause('nginx', 90).then(() => wait(160))))
      },
    },
  ],
  truth: (failure, run) =>
    failure.targetStatus === 502 && failure.method === 'POST'
      ? {
          causes: ['upstream-keepalive-mismatch', 'nginx-upstream-prematurely-closed'],
          why: `nginx answered 502 to a POST whose pooled connection uvicorn had just closed; seen by ${run.seenByApp.size} others`,
        }
      : undefined,
  expect: { atLeast: { 'upstream-keepalive-mismatch': 2 } },
  fixes: { 'uvicorn-keep-alive': uvicornKeepAlive },
})

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
