import { shopPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const workerKilledMidRequest = defineScenario({
  id: 'worker-killed-mid-request',
  title: 'The kernel’s out-of-memory killer ends a pod that has requests',
  story: [
    'Exports are built in memory; three times one of them is too large.',
    'The kernel kills the process with SIGKILL. Everything it had open ends at the same instant.',
    'The load balancer sees FIN in the middle of the wait and writes 502; the wait is as long as the request was old.',
    'For a moment nothing listens, then the container restarts.',
    'The application’s log stops in mid-sentence: it had no time to write anything.',
  ],
  scaled: ['the killer is called by the lab, without a memory limit', 'restart back-off 1 s (usually 10 s and more)'],
  application: 'exports',
  targetType: 'ip',
  nodes: 2,
  timings: { controllerSeconds: 120 },
  workload: {
    name: 'exports',
    replicas: 2,
    template: shopPod({ app: { downloadSeconds: 3 } }, { backOffSeconds: [1, 1, 1] }),
  },
  traffic: { seconds: 50, streams: [visitors(12, [{ route: '/downloads/{n}', weight: 110 }])] },
  faults: [10, 24, 38].map((atSeconds, i) => ({
    atSeconds,
    what: 'out of memory',
    apply: (lab) => lab.cluster.pods[i % 2]?.killContainer('app', 'OOMKilled'),
  })),
  expect: { atLeast: { 'worker-killed-mid-request': 12 } },
})
