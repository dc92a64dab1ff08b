import { nodeKeepAlive } from '../fixes/plain-fixes.ts'
import { shopRoutes } from '../traffic/traffic.ts'
import { readiness } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const keepaliveRaceNode = defineScenario({
  id: 'keepalive-race-node',
  title: 'Node closes idle connections after 6 s, although it announces 5',
  story: [
    'The same boards on a Node server with its defaults: keepAliveTimeout 5 s.',
    'Node announces five seconds and closes after six (keepAliveTimeoutBuffer), so clients that obey are safe.',
    'The load balancer does not read the announcement, and keeps the connection for sixty.',
    'A request that meets the FIN ends in 502; the application never saw it.',
    'The period of the boards is six seconds here: at five, nothing fails.',
  ],
  scaled: [
    'boards ask with a period within a tenth of a second of the keep-alive time: far more races than plain traffic has',
    'round trip 4 ms between load balancer and targets (0.3 to 2 ms inside a region)',
  ],
  application: 'node-board',
  targetType: 'ip',
  nodes: 2,
  roundTripMs: 4,
  workload: {
    name: 'board',
    replicas: 2,
    template: { containers: [{ name: 'app', port: 8000, server: { kind: 'node' } }], port: 8000, readiness },
  },
  traffic: {
    seconds: 90,
    streams: [
      {
        kind: 'poller',
        name: 'wall boards',
        everySeconds: 5.97,
        count: 2,
        widgets: 24,
        jitterSeconds: 0.03,
        routes: [{ route: '/api/widgets/{n}', weight: 1 }],
      },
      { kind: 'poisson', name: 'operators', perSecond: 0.4, routes: shopRoutes },
    ],
  },
  expect: { atLeast: { 'keepalive-shorter-than-idle-timeout': 3 } },
  fixes: { 'node-keep-alive': nodeKeepAlive },
})
