import { preStopSleep } from '../fixes/plain-fixes.ts'
import { shopPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const rollingDeployWithoutPrestop = defineScenario({
  id: 'rolling-deploy-without-prestop',
  title: 'A rolling update without preStop',
  story: [
    'A new version is rolled out, one pod after the other.',
    'Each old pod gets its stop signal at once: it closes its idle connections and stops listening.',
    'The load balancer learns of it seconds later and goes on sending to it.',
    'New connections are refused, and after the pod is gone there is no route to it.',
    'Outside of deployments nothing fails.',
  ],
  scaled: ['from pod deletion to the load balancer’s data plane 4 s (usually 10 s to two minutes)'],
  application: 'orders',
  targetType: 'ip',
  nodes: 2,
  timings: { controllerSeconds: 4 },
  loadBalancer: { deregistrationDelaySeconds: 20, healthCheck: { intervalSeconds: 10 } },
  workload: {
    name: 'orders',
    replicas: 3,
    template: shopPod(
      { app: { downloadSeconds: 1 } },
      {
        readiness: {
          path: '/healthz',
          port: 8000,
          periodSeconds: 1,
          timeoutSeconds: 1,
          failureThreshold: 3,
          successThreshold: 1,
        },
      },
    ),
    rollout: { maxSurge: 1, maxUnavailable: 0, minReadySeconds: 5 },
  },
  traffic: { seconds: 55, streams: [visitors(14, [{ route: '/downloads/{n}', weight: 4 }])] },
  faults: [{ atSeconds: 10, what: 'kubectl rollout restart', apply: (lab) => lab.cluster.rollingRestart(lab.signal) }],
  expect: { atLeast: { 'deregistration-race': 12 } },
  fixes: { prestop: preStopSleep },
})
