import { appEventNear } from '../truth/run-facts.ts'
import { readiness, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const workerTimeout = defineScenario({
  id: 'worker-timeout',
  title: 'gunicorn kills a worker that was silent too long, with everybody on it',
  story: [
    'gunicorn runs uvicorn’s worker with a timeout of five seconds.',
    'A report blocks its event loop for twelve; no heartbeat comes.',
    'The arbiter ends the worker, and all its requests end with it, innocent ones too.',
    'The load balancer writes 502 for each of them, at the same instant.',
    'gunicorn’s log has WORKER TIMEOUT; the routes in it are not named.',
  ],
  scaled: ['--timeout 5 (default 30)'],
  application: 'billing',
  targetType: 'ip',
  nodes: 2,
  loadBalancer: { healthCheck: { intervalSeconds: 30 } },
  workload: {
    name: 'billing',
    replicas: 2,
    template: {
      containers: [
        {
          name: 'app',
          port: 8000,
          server: {
            kind: 'gunicorn',
            workerClass: 'uvicorn',
            workers: 1,
            timeoutSeconds: 5,
            keepAliveSeconds: 75,
            app: { reportSeconds: 12 },
          },
        },
      ],
      port: 8000,
      readiness: { ...readiness, periodSeconds: 10 },
    },
  },
  traffic: {
    seconds: 60,
    streams: [
      visitors(6),
      {
        kind: 'burst',
        name: 'report',
        atSeconds: [8, 24, 40],
        count: 1,
        routes: [{ route: '/reports/{n}', weight: 1 }],
      },
    ],
  },
  truth: (failure, run) => {
    const killed = appEventNear(run, /WORKER TIMEOUT|SIGABRT|SIGKILL/, failure, 2500)
    if (!killed || failure.targetStatus !== null) return undefined
    const causes = failure.phase === 'connect' ? ['connection-refused', 'worker-timeout'] : ['worker-timeout']
    return { causes, why: `${failure.socket.event} while gunicorn replaced a silent worker: ${killed.text}` }
  },
  expect: { atLeast: { 'worker-timeout': 10 } },
})
