import { reportsInThreads } from '../fixes/plain-fixes.ts'
import { readiness, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const eventLoopBlocked = defineScenario({
  id: 'event-loop-blocked',
  title: 'Blocking code in `async def` holds every request of the pod',
  story: [
    'One coroutine computes for twelve seconds without giving the loop back; two of them come close together.',
    'Every other request of that process waits, whatever its route.',
    'Those that wait longer than the idle timeout get 504; the rest is slow and then all done at once.',
    'The other pod is fine.',
    'The application’s log shows all of them answered: it does not know that the load balancer had left.',
  ],
  scaled: ['idle timeout 16 s (usually 60)'],
  application: 'recommend',
  targetType: 'ip',
  nodes: 2,
  loadBalancer: { idleTimeoutSeconds: 16, healthCheck: { intervalSeconds: 60 } },
  workload: {
    name: 'recommend',
    replicas: 2,
    template: {
      containers: [
        { name: 'app', port: 8000, server: { kind: 'uvicorn', keepAliveSeconds: 75, app: { reportSeconds: 12 } } },
      ],
      port: 8000,
      readiness: { ...readiness, periodSeconds: 10, timeoutSeconds: 9, failureThreshold: 6 },
    },
  },
  traffic: {
    seconds: 50,
    streams: [
      visitors(8),
      {
        kind: 'burst',
        name: 'report',
        atSeconds: [6],
        count: 5,
        withinSeconds: 0.2,
        routes: [{ route: '/reports/{n}', weight: 1 }],
      },
    ],
  },
  truth: (failure) =>
    failure.socket.event === 'idle-timer'
      ? {
          causes: ['event-loop-blocked', 'target-idle-timeout'],
          why: 'no answer for the idle timeout: the event loop of the pod was held by blocking reports',
        }
      : undefined,
  expect: { atLeast: { 'event-loop-blocked': 15 } },
  fixes: { threads: reportsInThreads },
})
