import { eventsNear, startMsOf } from '../truth/run-facts.ts'
import { readiness, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const eventLoopStallResetsIdleConnections = defineScenario({
  id: 'event-loop-stall-resets-idle-connections',
  title: 'Node wakes from a long computation and resets every idle connection',
  story: [
    'A report computes for eight seconds in Node’s only thread.',
    'Requests arrive on warm connections and wait in the socket.',
    'When the loop wakes, its timers run first: the keep-alive time of every idle connection is over.',
    'Node destroys them, with the requests that already waited there: 502, all at the same instant.',
    'uvicorn, blocked the same way, answers them all (see event-loop-blocked).',
  ],
  scaled: [],
  application: 'configurator',
  targetType: 'ip',
  nodes: 2,
  loadBalancer: { healthCheck: { intervalSeconds: 30 } },
  workload: {
    name: 'config',
    replicas: 2,
    template: {
      containers: [{ name: 'app', port: 8000, server: { kind: 'node', app: { reportSeconds: 8 } } }],
      port: 8000,
      readiness: { ...readiness, periodSeconds: 10, failureThreshold: 3 },
    },
  },
  traffic: {
    seconds: 75,
    streams: [
      visitors(32),
      {
        kind: 'burst',
        name: 'report',
        atSeconds: [10, 26, 42, 58],
        count: 1,
        routes: [{ route: '/reports/{n}', weight: 1 }],
      },
    ],
  },
  truth: (failure, run) => {
    const { event, conn_reused: isReused, after_ms: afterMs = 0 } = failure.socket
    if (failure.phase !== 'await-response' || (event !== 'FIN' && event !== 'RST') || !isReused) return undefined
    const traffic = eventsNear(run, ['traffic-start'], startMsOf(failure), 3_600_000, 0)[0]
    if (!traffic || afterMs < 30) return undefined
    return {
      causes: ['event-loop-stall-resets-idle-connections'],
      why: `${event} ${(afterMs / 1000).toFixed(3)} s after the request, on a reused connection, at the end of a stall of the event loop`,
    }
  },
  expect: { atLeast: { 'event-loop-stall-resets-idle-connections': 4 } },
})
