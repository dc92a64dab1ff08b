import { endMsOf, eventsNear } from '../truth/run-facts.ts'
import { readiness, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const livenessKillsBusyPod = defineScenario({
  id: 'liveness-kills-busy-pod',
  title: 'The liveness probe kills a pod that is only busy',
  story: [
    'A report holds the event loop for twelve seconds.',
    'The liveness probe asks every two seconds, waits one, and takes three misses for a death.',
    'The kubelet sends SIGTERM, which the blocked process cannot hear, and then SIGKILL: everything on it ends with 502.',
    'Until the container is back nothing listens on its port.',
    'Had nobody asked, the report would have ended and every request been answered.',
  ],
  scaled: ['liveness period 2 s (usually 10 s)', 'grace period 2 s (usually 30 s)', 'restart back-off 1 s'],
  application: 'insights',
  targetType: 'ip',
  nodes: 2,
  timings: { controllerSeconds: 120 },
  loadBalancer: { healthCheck: { intervalSeconds: 60 } },
  workload: {
    name: 'insights',
    replicas: 2,
    template: {
      containers: [
        { name: 'app', port: 8000, server: { kind: 'uvicorn', keepAliveSeconds: 75, app: { reportSeconds: 12 } } },
      ],
      port: 8000,
      readiness: { ...readiness, periodSeconds: 10, timeoutSeconds: 9, failureThreshold: 6 },
      liveness: {
        path: '/livez',
        port: 8000,
        periodSeconds: 2,
        timeoutSeconds: 1,
        failureThreshold: 3,
        successThreshold: 1,
      },
      gracePeriodSeconds: 2,
      backOffSeconds: [1, 1, 1],
    },
  },
  traffic: {
    seconds: 60,
    streams: [
      visitors(8),
      {
        kind: 'burst',
        name: 'report',
        atSeconds: [6, 22, 38],
        count: 1,
        routes: [{ route: '/reports/{n}', weight: 1 }],
      },
    ],
  },
  truth: (failure, run) => {
    const [killed] = eventsNear(run, ['liveness-kill'], endMsOf(failure), 5000, 100)
    if (!killed || failure.targetStatus !== null || failure.target === null) return undefined
    return failure.phase === 'connect'
      ? {
          causes: ['liveness-probe-kills-busy-pod', 'connection-refused'],
          why: `nothing listened: the liveness probe had ${killed.subject} killed`,
        }
      : {
          causes: ['liveness-probe-kills-busy-pod', 'worker-killed-mid-request'],
          why: `${failure.socket.event} when the liveness probe had ${killed.subject} killed`,
        }
  },
  expect: { atLeast: { 'liveness-probe-kills-busy-pod': 15 } },
})
