import { queueInsteadOfMaxConns } from '../fixes/plain-fixes.ts'
import { nginxPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const nginxNoLiveUpstreams = defineScenario({
  id: 'nginx-no-live-upstreams',
  title: 'max_conns is no queue: nginx rejects what it may not send',
  story: [
    'To protect the application somebody sets max_conns=3 on the upstream.',
    'nginx open source has no queue for what is above that: it answers 502 at once.',
    'Its log says "no live upstreams", although the application lives.',
    'Every burst above three concurrent requests loses the rest.',
    'HAProxy’s maxconn with a queue, or a limit in the application, would have waited.',
  ],
  scaled: [],
  application: 'tickets',
  targetType: 'ip',
  nodes: 2,
  workload: {
    name: 'tickets',
    replicas: 2,
    template: nginxPod(
      { upstream: ['zone app 64k;', 'server 127.0.0.1:{port} max_conns=3;'] },
      { app: { historySeconds: 1 } },
    ),
  },
  traffic: {
    seconds: 40,
    streams: [
      visitors(5),
      {
        kind: 'burst',
        name: 'sale',
        atSeconds: [8, 18, 28],
        count: 30,
        withinSeconds: 0.4,
        routes: [{ route: '/orders/{n}/history', weight: 1 }],
      },
    ],
  },
  expect: { atLeast: { 'nginx-no-live-upstreams': 30 } },
  fixes: { haproxy: queueInsteadOfMaxConns },
})
