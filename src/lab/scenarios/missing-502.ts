import type { PodTemplate } from '../cluster/pod.ts'
import { haproxyQueue, nginxSidecar, reportsInThreads } from '../fixes/plain-fixes.ts'
import { shopRoutes, type Traffic } from '../traffic/traffic.ts'
import { defineScenario } from './scenario.ts'

/** One report at a time holds the event loop for as long as it takes. */
export const reportsTemplate: PodTemplate = {
  containers: [
    {
      name: 'app',
      port: 8000,
      server: { kind: 'uvicorn', keepAliveSeconds: 75, backlog: 16, app: { reportSeconds: 4 } },
    },
  ],
  port: 8000,
  readiness: {
    path: '/healthz',
    port: 8000,
    periodSeconds: 2,
    timeoutSeconds: 1,
    failureThreshold: 2,
    successThreshold: 1,
  },
}

export const reportsTraffic: Traffic = {
  seconds: 75,
  streams: [
    { kind: 'poisson', name: 'visitors', perSecond: 9, routes: shopRoutes, timeoutSeconds: 45 },
    {
      kind: 'poisson',
      name: 'visitors before lunch',
      perSecond: 12,
      routes: shopRoutes,
      timeoutSeconds: 45,
      fromSeconds: 20,
      untilSeconds: 55,
    },
    {
      kind: 'burst',
      name: 'monthly reports',
      atSeconds: [20, 42],
      count: 10,
      withinSeconds: 0.5,
      routes: [{ route: '/reports/month-{n}', weight: 1 }],
      timeoutSeconds: 60,
    },
  ],
}

export const missing502 = defineScenario({
  id: 'missing-502',
  title: 'The founding incident: 502 and 504 that no application log knows',
  story: [
    'A FastAPI application runs as a Deployment; an ALB sends to it through a NodePort.',
    'A report holds the event loop (blocking code in `async def`), so the readiness probe misses its second.',
    'After two misses the Service has no endpoint left, and kube-proxy writes a REJECT rule on every node.',
    'Clients see 502 at once, 502 after some seconds, and 504 after ten: the kernel limits its ICMP answers.',
    'The application’s log and Sentry have nothing: no SYN ever reached the pod.',
  ],
  scaled: [
    'readiness period 2 s (usually 10 s)',
    'a report takes 4 s',
    'uvicorn --backlog 16 (default 2048) and 20 requests/s',
  ],
  application: 'k8s-shop-reports-0a9b8c7d6e',
  targetType: 'instance',
  nodes: 2,
  workload: { name: 'reports', replicas: 2, template: reportsTemplate },
  loadBalancer: { healthCheck: { intervalSeconds: 30, unhealthyCount: 3 } },
  traffic: reportsTraffic,
  expect: { atLeast: { 'service-without-endpoints': 20 } },
  fixes: { nginx: nginxSidecar, haproxy: haproxyQueue, threads: reportsInThreads },
})
