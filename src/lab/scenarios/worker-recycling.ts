import { noRecycling } from '../fixes/plain-fixes.ts'
import { appEventNear } from '../truth/run-facts.ts'
import { readiness, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const workerRecycling = defineScenario({
  id: 'worker-recycling',
  title: 'gunicorn’s max_requests ends workers that hold idle connections',
  story: [
    'Against a memory leak, every worker ends after a fixed number of requests.',
    'It closes its idle keep-alive connections without notice, 75 seconds or not.',
    'Requests that the load balancer has just put on them end in 502.',
    'It happens all day long, a few at a time, the more the busier; deployments have nothing to do with it.',
    'gunicorn’s log says "Autorestarting worker"; the lost requests are in no log of the application.',
  ],
  scaled: ['400 requests per worker (usually 1,000 and more)', 'round trip 4 ms between load balancer and targets'],
  application: 'press',
  targetType: 'ip',
  nodes: 2,
  roundTripMs: 4,
  workload: {
    name: 'press',
    replicas: 2,
    template: {
      containers: [
        {
          name: 'app',
          port: 8000,
          server: {
            kind: 'gunicorn',
            workerClass: 'gthread',
            workers: 2,
            threads: 4,
            keepAliveSeconds: 75,
            maxRequests: 400,
          },
        },
      ],
      port: 8000,
      readiness,
    },
  },
  traffic: {
    seconds: 55,
    streams: [
      visitors(30),
      {
        kind: 'poller',
        name: 'wall boards',
        everySeconds: 0.03,
        count: 16,
        jitterSeconds: 0.02,
        routes: [{ route: '/api/products/{n}', weight: 1 }],
      },
    ],
  },
  truth: (failure, run) => {
    const { event, conn_reused: isReused } = failure.socket
    if (failure.phase !== 'await-response' || (event !== 'FIN' && event !== 'RST')) return undefined
    const recycled = appEventNear(run, /Autorestarting|Worker exiting|Maximum request limit/, failure, 1500)
    return recycled
      ? {
          causes: ['worker-recycling'],
          why: `${event} on ${isReused ? 'a reused' : 'a new'} connection of a worker that had done its number of requests: ${recycled.text}`,
        }
      : undefined
  },
  expect: { atLeast: { 'worker-recycling': 3 } },
  fixes: { 'no-recycling': noRecycling },
})
