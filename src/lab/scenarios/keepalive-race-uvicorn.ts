import { nginxForKeepAlive, uvicornKeepAlive } from '../fixes/plain-fixes.ts'
import { shopRoutes } from '../traffic/traffic.ts'
import { defineScenario } from './scenario.ts'

export const keepaliveRaceUvicorn = defineScenario({
  id: 'keepalive-race-uvicorn',
  title: 'uvicorn closes idle connections after 5 s, the load balancer after 60 s',
  story: [
    'An operations board asks for its widgets again five seconds after their last answer.',
    'uvicorn closes a connection that has been idle for five seconds: its default.',
    'The load balancer keeps it for sixty, and sends a request while the FIN is on its way.',
    'It writes 502 within a few milliseconds; the application never saw the request.',
    'Plain traffic loses far fewer requests this way; the boards’ period makes the race visible.',
  ],
  scaled: [
    'boards ask with a period within a tenth of a second of the keep-alive time: far more races than plain traffic has',
    'round trip 4 ms between load balancer and targets (0.3 to 2 ms inside a region)',
  ],
  application: 'ops-board',
  targetType: 'ip',
  nodes: 2,
  roundTripMs: 4,
  workload: {
    name: 'board',
    replicas: 2,
    template: {
      containers: [{ name: 'app', port: 8000, server: { kind: 'uvicorn' } }],
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
    seconds: 85,
    streams: [
      {
        kind: 'poller',
        name: 'wall boards',
        everySeconds: 4.97,
        count: 2,
        widgets: 24,
        jitterSeconds: 0.03,
        routes: [{ route: '/api/widgets/{n}', weight: 1 }],
      },
      { kind: 'poisson', name: 'operators', perSecond: 0.4, routes: shopRoutes },
    ],
  },
  expect: { atLeast: { 'keepalive-shorter-than-idle-timeout': 5 } },
  fixes: { 'uvicorn-keep-alive': uvicornKeepAlive, nginx: nginxForKeepAlive },
})
