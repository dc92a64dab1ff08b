import { moreWorkerConnections } from '../fixes/plain-fixes.ts'
import { nginxPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const proxyShedsIdleConnections = defineScenario({
  id: 'proxy-sheds-idle-connections',
  title: 'nginx has too few worker_connections',
  story: [
    'nginx runs with 48 connections per worker; each proxied request needs two.',
    'When they run short nginx closes idle client connections, whatever keepalive_timeout says.',
    'The load balancer has just put requests on some of them: 502, made by the load balancer.',
    'Others are closed before their first byte was read.',
    'Only nginx’s error log knows: "worker_connections are not enough, reusing connections".',
  ],
  scaled: ['worker_connections 48 (default 512)'],
  application: 'flash-sale',
  targetType: 'ip',
  nodes: 2,
  loadBalancer: { healthCheck: { intervalSeconds: 60 } },
  workload: {
    name: 'flash',
    replicas: 2,
    template: nginxPod({ workerConnections: 48 }, { app: { historySeconds: 1.5 } }),
  },
  traffic: {
    seconds: 40,
    streams: [
      visitors(10),
      {
        kind: 'burst',
        name: 'sale',
        atSeconds: [6, 12, 18, 24, 30],
        count: 120,
        withinSeconds: 0.8,
        routes: [{ route: '/orders/{n}/history', weight: 1 }],
      },
    ],
  },
  truth: (failure) => {
    const { event } = failure.socket
    if (failure.targetStatus === 500)
      return {
        causes: ['proxy-sheds-idle-connections'],
        why: 'nginx had no connection slot left for its upstream and answered 500',
      }
    if (failure.phase !== 'await-response' || failure.targetStatus !== null) return undefined
    return {
      causes: ['proxy-sheds-idle-connections'],
      why: `nginx was short of worker_connections and closed a connection that had a request (${event})`,
    }
  },
  expect: { atLeast: { 'proxy-sheds-idle-connections': 20 } },
  fixes: { 'worker-connections': moreWorkerConnections },
})
