import { uvicornKeepAlive } from '../fixes/plain-fixes.ts'
import { shopRoutes } from '../traffic/traffic.ts'
import { shopPod } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const keepaliveRaceNodePort = defineScenario({
  id: 'keepalive-race-node-port',
  title: 'The keep-alive race behind a NodePort that hides the pods',
  story: [
    'Three pods on uvicorn with its default keep-alive of five seconds, behind two NodePorts.',
    'The log shows nodes, not pods; a node’s pool holds connections to all of them.',
    'Boards refresh nearly every five seconds, among ordinary visitors all over the time.',
    '502 in milliseconds, on both nodes alike, and no pod can be blamed.',
    'Healthy requests a moment later on the same node went over other connections.',
  ],
  scaled: [
    'boards ask with a period within a tenth of a second of the keep-alive time: far more races than plain traffic has',
    'round trip 4 ms between load balancer and targets (0.3 to 2 ms inside a region)',
  ],
  application: 'k8s-shop-boards-6c7d8e9f0a',
  targetType: 'instance',
  nodes: 2,
  roundTripMs: 4,
  workload: { name: 'boards', replicas: 3, template: shopPod({ keepAliveSeconds: 5 }) },
  traffic: {
    seconds: 75,
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
      { kind: 'poisson', name: 'visitors', perSecond: 0.8, routes: shopRoutes },
    ],
  },
  expect: { atLeast: { 'keepalive-shorter-than-idle-timeout': 3 } },
  fixes: { 'uvicorn-keep-alive': uvicornKeepAlive },
})
