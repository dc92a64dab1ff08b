import { shopRoutes } from '../traffic/traffic.ts'
import { readiness } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const keepaliveRaceGunicorn = defineScenario({
  id: 'keepalive-race-gunicorn',
  title: 'gunicorn’s threads close idle connections after 2 s',
  story: [
    'An internal tool on gunicorn with threads, defaults: keep-alive 2 s.',
    'Its sweep is coarse, so a connection dies between 2.0 and 2.5 s of idleness.',
    'The load balancer reuses one in that moment and writes 502.',
    'More replicas do not help, a longer keep-alive does.',
    'The sync worker would be immune: it closes after every answer and says so.',
  ],
  scaled: ['pollers ask with a period close to the keep-alive time: far more races than plain traffic has'],
  application: 'back-office',
  targetType: 'ip',
  nodes: 2,
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
        everySeconds: 2,
        count: 14,
        jitterSeconds: 0.01,
        routes: [{ route: '/api/products/{n}', weight: 1 }],
      },
      {
        kind: 'poller',
        name: 'slower boards',
        everySeconds: 2.25,
        count: 10,
        jitterSeconds: 0.25,
        routes: [{ route: '/api/orders/{n}', weight: 1 }],
      },
      { kind: 'poisson', name: 'operators', perSecond: 1.5, routes: shopRoutes },
    ],
  },
  expect: { atLeast: { 'keepalive-shorter-than-idle-timeout': 3 } },
})
