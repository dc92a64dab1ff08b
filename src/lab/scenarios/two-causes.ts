import { shopRoutes } from '../traffic/traffic.ts'
import { shopPod } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const twoCauses = defineScenario({
  id: 'two-causes',
  title: 'Two causes at once: a keep-alive race and a slow route',
  story: [
    'The boards meet uvicorn’s keep-alive of five seconds: 502 in milliseconds.',
    'At the same time the order history is slower than the idle timeout: 504.',
    'And one coupon has a bug: the application’s own 500.',
    'Three teams see one red line.',
    'A good diagnosis tells them apart and gives each its share.',
  ],
  scaled: [
    'idle timeout 15 s (usually 60)',
    'boards ask with a period within a tenth of a second of the keep-alive time: far more races than plain traffic has',
    'round trip 4 ms between load balancer and targets (0.3 to 2 ms inside a region)',
  ],
  application: 'intranet',
  targetType: 'ip',
  nodes: 2,
  roundTripMs: 4,
  loadBalancer: { idleTimeoutSeconds: 15 },
  workload: { name: 'intranet', replicas: 2, template: shopPod({ keepAliveSeconds: 5, app: { historySeconds: 18 } }) },
  traffic: {
    seconds: 90,
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
      {
        kind: 'poisson',
        name: 'visitors',
        perSecond: 1.2,
        routes: [
          ...shopRoutes,
          { route: '/orders/{n}/history', weight: 24 },
          { route: 'POST /api/checkout?coupon=SUMMER', weight: 20, bodyBytes: 200 },
        ],
      },
    ],
  },
  expect: { atLeast: { 'keepalive-shorter-than-idle-timeout': 3, 'target-idle-timeout': 8, 'application-error': 4 } },
})
