import { deeperBacklog } from '../fixes/plain-fixes.ts'
import { wasSeen } from '../truth/run-facts.ts'
import { readiness, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const listenBacklogOverflow = defineScenario({
  id: 'listen-backlog-overflow',
  title: 'Bursts fall into a short accept queue',
  story: [
    'A sync worker answers one request at a time, half a second each; its accept queue is eight long.',
    'Every ten seconds a partner sends forty requests at once.',
    'The kernel drops what does not fit: some requests wait on repeated SYNs and succeed late, others give up at ten seconds.',
    'A few believe they are connected: their final ACK was dropped, and their request waits in a half-open connection.',
    'The application’s own timing stays green: it never saw the ones that failed.',
  ],
  scaled: ['idle timeout 20 s (usually 60)', 'backlog 8 (gunicorn: 2048)'],
  application: 'partner-api',
  targetType: 'ip',
  nodes: 2,
  loadBalancer: { idleTimeoutSeconds: 20, healthCheck: { intervalSeconds: 60 } },
  workload: {
    name: 'partner',
    replicas: 2,
    template: {
      containers: [
        {
          name: 'app',
          port: 8000,
          server: { kind: 'gunicorn', workerClass: 'sync', workers: 1, backlog: 8, app: { reportSeconds: 0.5 } },
        },
      ],
      port: 8000,
      readiness: { ...readiness, periodSeconds: 10, timeoutSeconds: 9 },
    },
  },
  traffic: {
    seconds: 50,
    streams: [
      visitors(0.5),
      {
        kind: 'burst',
        name: 'partner',
        atSeconds: [4, 18, 32],
        count: 70,
        withinSeconds: 0.3,
        routes: [{ route: '/reports/{n}', weight: 1 }],
        timeoutSeconds: 50,
      },
    ],
  },
  truth: (failure, run) => {
    const { event, after_ms: afterMs = 0 } = failure.socket
    if (failure.phase !== 'await-response' || failure.target === null) return undefined
    // With a deep queue nothing overflows: what is accepted too late is the worker's lack, not the queue's.
    if (event === 'idle-timer' && wasSeen(failure, run))
      return {
        causes: ['worker-pool-exhausted', 'target-idle-timeout'],
        why: 'accepted and answered by the application after the load balancer had given up: it waited behind the others',
      }
    const what = event === 'idle-timer' ? 'silence' : event
    return {
      causes: [
        'listen-backlog-overflow',
        ...(event === 'idle-timer' ? ['target-idle-timeout', 'worker-pool-exhausted'] : []),
      ],
      why: `connected for the load balancer, but not accepted: the accept queue was full when the handshake ended; ${what} after ${(afterMs / 1000).toFixed(3)} s`,
    }
  },
  expect: { atLeast: { 'listen-backlog-overflow': 15 } },
  fixes: { backlog: deeperBacklog },
})
