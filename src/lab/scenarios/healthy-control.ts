import { shopRoutes } from '../traffic/traffic.ts'
import { defineScenario } from './scenario.ts'

export const healthyControl = defineScenario({
  id: 'healthy-control',
  title: 'Control: nothing is wrong',
  story: [
    'The shop on an ordinary day, with the settings it should have.',
    'Keep-alive 75 s in the application, 60 s in the load balancer; three pods; a probe that is answered.',
    'Some requests end in 404, some are slow.',
    'Nothing fails.',
    'A diagnosis that finds a cause here is wrong.',
  ],
  scaled: [],
  application: 'quiet',
  targetType: 'ip',
  nodes: 2,
  workload: {
    name: 'quiet',
    replicas: 3,
    template: {
      containers: [
        { name: 'app', port: 8000, server: { kind: 'uvicorn', keepAliveSeconds: 75, app: { historySeconds: 1.2 } } },
      ],
      port: 8000,
      readiness: {
        path: '/healthz',
        port: 8000,
        periodSeconds: 5,
        timeoutSeconds: 1,
        failureThreshold: 3,
        successThreshold: 1,
      },
    },
  },
  traffic: {
    seconds: 45,
    streams: [
      {
        kind: 'poisson',
        name: 'visitors',
        perSecond: 16,
        routes: [...shopRoutes, { route: '/orders/{n}/history', weight: 5 }],
      },
      { kind: 'poller', name: 'wall boards', everySeconds: 5, count: 4, jitterSeconds: 0.01, routes: shopRoutes },
    ],
  },
  expect: { atLeast: {}, isControl: true },
})
