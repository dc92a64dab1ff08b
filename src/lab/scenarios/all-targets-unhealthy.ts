import { shallowCheck } from '../fixes/plain-fixes.ts'
import { shopPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const allTargetsUnhealthy = defineScenario({
  id: 'all-targets-unhealthy',
  title: 'A health check that asks the database takes every target out, and the load balancer fails open',
  story: [
    'The health check’s path asks the database; so do two routes in five.',
    'The database stops for half a minute, and every target is unhealthy at once.',
    'There is no 503 for "no healthy target": the load balancer sends to all of them (fail open).',
    'What the clients get is what the sick targets give: the application’s own 500.',
    'Routes without the database work all the time.',
  ],
  scaled: ['health check every 5 s (default 30)'],
  application: 'accounts',
  targetType: 'ip',
  nodes: 2,
  loadBalancer: { healthCheck: { path: '/healthz/deep', intervalSeconds: 5, timeoutSeconds: 2 } },
  workload: { name: 'accounts', replicas: 3, template: shopPod() },
  traffic: { seconds: 50, streams: [visitors(8, [{ route: '/api/ledger/{n}', weight: 50 }])] },
  faults: [
    { atSeconds: 10, what: 'the database stops', apply: (lab) => lab.cluster.setSwitch('database-down', true) },
    { atSeconds: 36, what: 'the database is back', apply: (lab) => lab.cluster.setSwitch('database-down', false) },
  ],
  truth: (failure) =>
    failure.targetStatus === null
      ? undefined
      : failure.isFailOpen
        ? {
            causes: ['application-error', 'all-targets-unhealthy', 'dependency-stall'],
            why: 'the application answered 500 without its database; sent although no target was healthy (fail open)',
          }
        : {
            causes: ['application-error', 'dependency-stall'],
            why: 'the application answered 500: its database was away',
          },
  expect: { atLeast: { 'application-error': 30 } },
  fixes: { 'shallow-check': shallowCheck },
})
