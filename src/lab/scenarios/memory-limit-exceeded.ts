import { moreMemory } from '../fixes/plain-fixes.ts'
import { shopPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

const pod = shopPod({ app: { downloadSeconds: 3, downloadMb: 20, memoryLimitMb: 200 } }, { backOffSeconds: [1, 1, 1] })

export const memoryLimitExceeded = defineScenario({
  id: 'memory-limit-exceeded',
  title: 'Exports that fit one by one do not fit together',
  story: [
    'An export holds twenty megabytes for three seconds; the pod may have two hundred.',
    'Three times in the hour twenty are asked for at once.',
    'The limit is crossed, and the process is killed with everything it had: 502, all at one instant.',
    'For a moment nothing listens, then the container restarts.',
    'The application’s log stops in mid-sentence; Kubernetes says OOMKilled.',
  ],
  scaled: [
    'restart back-off 1 s (usually 10 s and more)',
    'the application watches its own memory, as the kernel would',
  ],
  application: 'ledger-export',
  targetType: 'ip',
  nodes: 2,
  timings: { controllerSeconds: 120 },
  workload: { name: 'export', replicas: 2, template: pod },
  traffic: {
    seconds: 50,
    streams: [
      visitors(8),
      {
        kind: 'burst',
        name: 'month end',
        atSeconds: [8, 22, 36],
        count: 20,
        withinSeconds: 0.8,
        routes: [{ route: '/downloads/{n}', weight: 1 }],
      },
    ],
  },
  expect: { atLeast: { 'worker-killed-mid-request': 15 } },
  fixes: { memory: moreMemory },
})
