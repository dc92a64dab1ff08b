import { shopPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const responseTruncated = defineScenario({
  id: 'response-truncated',
  title: 'A pod dies in the middle of its answers, and the log says 200',
  story: [
    'Exports are sent as they are made, for four seconds each; three times the kernel kills the process meanwhile.',
    'Answers whose head was out break off: the client has half a file, the row has status 200 and half the bytes.',
    'Only the few requests without a head yet become 502.',
    'Counting 5XX finds a tenth of the damage.',
    'The clients’ error tracker knows the rest.',
  ],
  scaled: ['the killer is called by the lab, without a memory limit', 'restart back-off 1 s (usually 10 s and more)'],
  application: 'extracts',
  targetType: 'ip',
  nodes: 2,
  timings: { controllerSeconds: 120 },
  workload: {
    name: 'extracts',
    replicas: 2,
    template: shopPod({ app: { downloadSeconds: 4, historySeconds: 1.5 } }, { backOffSeconds: [1, 1, 1] }),
  },
  traffic: {
    seconds: 45,
    streams: [
      visitors(12, [
        { route: '/exports/{n}', weight: 70 },
        { route: '/orders/{n}/history', weight: 35 },
      ]),
    ],
  },
  faults: [10, 22, 34].map((atSeconds, i) => ({
    atSeconds,
    what: 'out of memory',
    apply: (lab) => lab.cluster.pods[i % 2]?.killContainer('app', 'OOMKilled'),
  })),
  expect: { atLeast: { 'worker-killed-mid-request': 2 } },
})
