import { gunicornKeepAlive } from '../fixes/plain-fixes.ts'
import { shopRoutes } from '../traffic/traffic.ts'
import { readiness } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const keepaliveRaceGunicorn = defineScenario({
  id: 'keepalive-race-gunicorn',
  title: 'gunicorn’s threads close idle connections after 2 s',
  story: [
    'An internal tool on gunicorn with threads, defaults: keep-alive 2 s.',
    'It looks for expired connections only when something wakes it: often the first request of a burst.',
    'The burst’s other requests are on their way on connections that it closes then: 502.',
    'More replicas do not help, a longer keep-alive does.',
    'The sync worker would be immune: it closes after every answer and says so.',
  ],
  scaled: [
    'boards ask with a period close to the keep-alive time: far more races than plain traffic has',
    'round trip 4 ms between load balancer and targets (0.3 to 2 ms inside a region)',
  ],
  application: 'back-office',
  targetType: 'ip',
  nodes: 2,
  roundTripMs: 4,
  workload: {
    name: 'office',
    replicas: 2,
    template: {
      containers: [
        { name: 'app', port: 8000, server: { kind: 'gunicorn', workerClass: 'gthread', workers: 1, threads: 8 } },
      ],
      port: 8000,
      readiness,
    },
  },
  traffic: {
    seconds: 70,
    streams: [
      {
        kind: 'poller',
        name: 'wall boards',
        everySeconds: 2.2,
        count: 2,
        widgets: 8,
        jitterSeconds: 0.15,
        routes: [{ route: '/api/widgets/{n}', weight: 1 }],
      },
      { kind: 'poisson', name: 'operators', perSecond: 0.4, routes: shopRoutes },
    ],
  },
  expect: { atLeast: { 'keepalive-shorter-than-idle-timeout': 10 } },
  fixes: { 'gunicorn-keep-alive': gunicornKeepAlive },
})
