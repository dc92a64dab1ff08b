import { haproxyInsteadOfNginx, reloadOnce } from '../fixes/plain-fixes.ts'
import { eventsNear, startMsOf } from '../truth/run-facts.ts'
import { nginxPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const proxyReloadClosesConnections = defineScenario({
  id: 'proxy-reload-closes-connections',
  title: 'nginx is reloaded every few seconds',
  story: [
    'A controller writes nginx’s configuration anew whenever a pod moves, and reloads it.',
    'The old worker closes its idle connections without notice.',
    'The load balancer has just put requests on some of them: 502.',
    'The failures come in small groups, at the times of the reloads, whatever the keep-alive time.',
    'nginx’s error log has "signal process started"; its access log lacks the requests.',
  ],
  scaled: ['a reload every 0.7 s'],
  application: 'gateway',
  targetType: 'ip',
  nodes: 2,
  workload: { name: 'gateway', replicas: 2, template: nginxPod({}) },
  traffic: {
    seconds: 60,
    streams: [
      visitors(40),
      {
        kind: 'poller',
        name: 'wall boards',
        everySeconds: 0.02,
        count: 24,
        jitterSeconds: 0.015,
        routes: [{ route: '/api/products/{n}', weight: 1 }],
      },
    ],
  },
  faults: Array.from({ length: 70 }, (_, i) => ({
    atSeconds: 5 + i * 0.7,
    what: 'reload',
    apply: (lab) => {
      // The proxy is the pod's first container; SIGHUP reloads HAProxy's master as well.
      for (const pod of lab.cluster.pods) pod.signal(pod.template.containers[0]?.name ?? '', 'SIGHUP')
    },
  })),
  truth: (failure, run) => {
    const { event, conn_reused: isReused } = failure.socket
    if (failure.phase !== 'await-response' || !isReused) return undefined
    if (eventsNear(run, ['container-signalled'], startMsOf(failure), 700, 100).length === 0) return undefined
    return {
      causes: ['proxy-reload-closes-connections'],
      why: `nginx was reloaded and its old worker closed an idle connection that had just got a request (${event})`,
    }
  },
  expect: { atLeast: { 'proxy-reload-closes-connections': 2 } },
  fixes: { haproxy: haproxyInsteadOfNginx, 'reload-once': reloadOnce },
})
