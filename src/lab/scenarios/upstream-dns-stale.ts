import { resolveAgain } from '../fixes/plain-fixes.ts'
import { endMsOf, nginxErrorOf, wasSeen } from '../truth/run-facts.ts'
import { readiness, shopPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

const app = shopPod({}, { readiness: { ...readiness, port: 9000, periodSeconds: 1 } })

export const upstreamDnsStale = defineScenario({
  id: 'upstream-dns-stale',
  title: 'nginx resolves the name of a headless Service once, and the pods move on',
  story: [
    'nginx is a Deployment of its own; behind it is a headless Service, whose name is the addresses of its pods.',
    'nginx asks for that name when it starts, and never again.',
    'A rollout replaces the application’s pods; the new ones have new addresses, and every pod is ready.',
    'nginx goes on to addresses that no pod has: 502 and 504 for everything, made by nginx.',
    'Half a minute later somebody reloads nginx, and all is well.',
  ],
  scaled: ['the old pods answer for 8 s more (preStop; usually 30)', 'nginx is reloaded after half a minute'],
  application: 'gateway',
  targetType: 'ip',
  nodes: 2,
  loadBalancer: { healthCheck: { intervalSeconds: 10 } },
  workload: {
    name: 'gateway',
    replicas: 2,
    template: {
      containers: [
        {
          name: 'nginx',
          port: 8080,
          server: {
            kind: 'nginx',
            upstream: ['server catalog.shop.svc.cluster.local:9000 max_fails=0;'],
            location: ['proxy_connect_timeout 5s;'],
            answersProbe: true,
          },
        },
      ],
      port: 8080,
      readiness: { ...readiness, port: 8080 },
    },
  },
  behind: {
    name: 'catalog',
    replicas: 2,
    isHeadless: true,
    template: {
      ...app,
      port: 9000,
      containers: app.containers.map((container) => ({ ...container, port: 9000, preStopSeconds: 8 })),
    },
    rollout: { maxSurge: 2, maxUnavailable: 0, minReadySeconds: 1 },
  },
  traffic: { seconds: 50, streams: [visitors(5)] },
  faults: [
    {
      atSeconds: 8,
      what: 'kubectl rollout restart, of the application behind nginx',
      apply: async (lab) => lab.behind?.rollingRestart(lab.signal),
    },
    {
      atSeconds: 42,
      what: 'somebody reloads nginx',
      apply: (lab) => {
        for (const pod of lab.cluster.pods) pod.signal('nginx', 'SIGHUP')
      },
    },
  ],
  truth: (failure, run) => {
    const error = nginxErrorOf(run, failure)
    const stopped = run.timeline.find(
      (event) => event.event === 'container-signalled' && event.detail?.container === 'app',
    )
    const isLater = stopped !== undefined && endMsOf(failure) > stopped.timeMs
    if (failure.targetStatus === null || !isLater || wasSeen(failure, run)) return undefined
    return error !== undefined && /connect\(\) failed|while connecting to upstream/.test(error)
      ? {
          causes: ['upstream-dns-stale-or-failed'],
          why: `nginx still had the addresses that it resolved at its start: ${error}`,
        }
      : undefined
  },
  expect: { atLeast: { 'upstream-dns-stale-or-failed': 25 } },
  fixes: { 'resolve-again': resolveAgain },
})
