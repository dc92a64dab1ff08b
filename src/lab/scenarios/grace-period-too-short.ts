import { endMsOf, eventsNear, podOf } from '../truth/run-facts.ts'
import { shopPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

const pod = shopPod({ app: { downloadSeconds: 9 } })

export const gracePeriodTooShort = defineScenario({
  id: 'grace-period-too-short',
  title: 'A preStop sleep that eats the grace period',
  story: [
    'After the last rollout’s 502s somebody added a preStop sleep of eight seconds.',
    'The grace period stayed at ten, and it counts from the beginning of the sleep.',
    'Two seconds later SIGKILL ends the pod, with the downloads that still run: 502.',
    'Short requests never notice.',
    'Only rollouts do it, so it looks like the race that the sleep was meant to end.',
  ],
  scaled: ['preStop 8 s, grace period 10 s (usually 30)', 'a download takes 9 s'],
  application: 'archive',
  targetType: 'ip',
  nodes: 2,
  timings: { controllerSeconds: 4 },
  loadBalancer: { healthCheck: { intervalSeconds: 10 } },
  workload: {
    name: 'archive',
    replicas: 3,
    template: {
      ...pod,
      containers: pod.containers.map((container) => ({ ...container, preStopSeconds: 8 })),
      gracePeriodSeconds: 10,
    },
    rollout: { maxSurge: 1, maxUnavailable: 0, minReadySeconds: 4 },
  },
  traffic: { seconds: 60, streams: [visitors(12, [{ route: '/downloads/{n}', weight: 110 }])] },
  faults: [{ atSeconds: 14, what: 'kubectl rollout restart', apply: (lab) => lab.cluster.rollingRestart(lab.signal) }],
  truth: (failure, run) => {
    const [killed] = eventsNear(run, ['container-killed'], endMsOf(failure), 300, 100, podOf(run, failure.target))
    if (killed?.detail?.reason !== 'grace period' || failure.targetStatus !== null) return undefined
    return {
      causes: ['shutdown-drops-in-flight', 'worker-killed-mid-request'],
      why: `${failure.socket.event} when the grace period of ${killed.subject} ended`,
    }
  },
  expect: { atLeast: { 'shutdown-drops-in-flight': 4 } },
})
