import { longerDeregistrationDelay } from '../fixes/plain-fixes.ts'
import { shopPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const deregistrationDelayExceeded = defineScenario({
  id: 'deregistration-delay-exceeded',
  title: 'Long downloads are cut when their target drains',
  story: [
    'The autoscaler takes the Deployment from three pods to one.',
    'The pods would finish what they have: they sleep and drain for half a minute.',
    'The load balancer gives a draining target four seconds, then cuts what is open: 502.',
    'Short requests never notice.',
    'The application logs a client that went away.',
  ],
  scaled: ['deregistration delay 4 s (default 300 s)', 'a download takes 9 s'],
  application: 'downloads',
  targetType: 'ip',
  nodes: 2,
  loadBalancer: { deregistrationDelaySeconds: 4 },
  workload: {
    name: 'downloads',
    replicas: 3,
    template: {
      ...shopPod({ app: { downloadSeconds: 9 } }),
      containers: shopPod({ app: { downloadSeconds: 9 } }).containers.map((container) => ({
        ...container,
        preStopSeconds: 15,
      })),
      gracePeriodSeconds: 40,
    },
  },
  traffic: { seconds: 50, streams: [visitors(8, [{ route: '/downloads/{n}', weight: 60 }])] },
  faults: [{ atSeconds: 18, what: 'scaled in', apply: (lab) => lab.cluster.scale(1) }],
  expect: { atLeast: { 'deregistration-delay-exceeded': 8 } },
  fixes: { 'deregistration-delay': longerDeregistrationDelay },
})
