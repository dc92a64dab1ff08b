import { dependencyTimeout } from '../fixes/plain-fixes.ts'
import { endMsOf, isFaultOn, pathOf, startMsOf } from '../truth/run-facts.ts'
import { shopPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const dependencyStall = defineScenario({
  id: 'dependency-stall',
  title: 'The database stops answering, for all pods at one instant',
  story: [
    'Two routes in five ask the database. A lock on its side holds every query for half a minute.',
    'All pods wait, from the same second to the same second; they themselves are healthy and answer their probes.',
    'Whoever has waited for the idle timeout gets 504; the rest is answered late, all at once, when the lock goes.',
    'Routes without the database are as fast as ever.',
    'A second, shorter lock makes requests slow, and none fails.',
  ],
  scaled: ['idle timeout 15 s (usually 60)'],
  application: 'bookkeeping',
  targetType: 'ip',
  nodes: 2,
  loadBalancer: { idleTimeoutSeconds: 15, healthCheck: { intervalSeconds: 10 } },
  workload: { name: 'books', replicas: 3, template: shopPod() },
  traffic: { seconds: 55, streams: [visitors(9, [{ route: '/api/ledger/{n}', weight: 55 }])] },
  faults: [
    { atSeconds: 9, what: 'the database stalls', apply: (lab) => lab.cluster.setSwitch('database-stalled', true) },
    { atSeconds: 35, what: 'the database goes on', apply: (lab) => lab.cluster.setSwitch('database-stalled', false) },
    { atSeconds: 44, what: 'the database stalls', apply: (lab) => lab.cluster.setSwitch('database-stalled', true) },
    { atSeconds: 49, what: 'the database goes on', apply: (lab) => lab.cluster.setSwitch('database-stalled', false) },
  ],
  truth: (failure, run) =>
    failure.socket.event === 'idle-timer' &&
    pathOf(failure).startsWith('/api/ledger/') &&
    isFaultOn(run, 'database-stalled', undefined, (startMsOf(failure) + endMsOf(failure)) / 2)
      ? {
          causes: ['dependency-stall', 'target-idle-timeout'],
          why: 'the application had the request and waited for its database, which answered nobody',
        }
      : undefined,
  expect: { atLeast: { 'dependency-stall': 15 } },
  fixes: { 'dependency-timeout': dependencyTimeout },
})
