import { shopPod } from './parts.ts'
import { rollingDeployWithoutPrestop as without } from './rolling-deploy-without-prestop.ts'
import { defineScenario } from './scenario.ts'

export const rollingDeployWithPrestop = defineScenario({
  id: 'rolling-deploy-with-prestop',
  title: 'Control: the same rolling update with a preStop sleep',
  story: [
    'The same deployment; each old pod sleeps ten seconds before it gets its stop signal.',
    'In that time it leaves the load balancer’s target group, and goes on answering what still comes.',
    'The grace period covers the sleep and the requests that are open.',
    'Nothing fails.',
    'A diagnosis that finds a cause here is wrong.',
  ],
  scaled: without.scaled,
  application: 'orders-with-prestop',
  targetType: without.targetType,
  nodes: without.nodes,
  timings: { controllerSeconds: 4 },
  loadBalancer: { deregistrationDelaySeconds: 20, healthCheck: { intervalSeconds: 10 } },
  workload: {
    ...without.workload,
    template: {
      ...without.workload.template,
      containers: shopPod({ app: { downloadSeconds: 1 } }).containers.map((container) => ({
        ...container,
        preStopSeconds: 10,
      })),
      gracePeriodSeconds: 30,
    },
  },
  traffic: without.traffic,
  faults: without.faults ?? [],
  expect: { atLeast: {}, isControl: true },
})
