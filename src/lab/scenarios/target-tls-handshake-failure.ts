import { backendProtocol } from '../fixes/plain-fixes.ts'
import { readiness, shopPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

const probe = { ...readiness, periodSeconds: 1 } as const

export const targetTlsHandshakeFailure = defineScenario({
  id: 'target-tls-handshake-failure',
  title: 'The target group says HTTPS, the new pods speak plain HTTP',
  story: [
    'A new version of the pods leaves TLS out; the target group’s protocol stays HTTPS.',
    'The new pods are ready for kubelet, which asks them over HTTP, so the old ones go.',
    'The load balancer’s TLS handshake is answered by an HTTP 400 in plain text: 502 in a millisecond.',
    'Its health checks fail the same way; no target is healthy, so it goes on sending to all of them.',
    'It looks like a refused connection, but nothing refuses: the CloudWatch metric of TLS errors tells.',
  ],
  scaled: ['readiness every second (usually 10 s)'],
  application: 'vault',
  targetType: 'ip',
  nodes: 2,
  loadBalancer: {
    targetProtocol: 'https',
    deregistrationDelaySeconds: 20,
    healthCheck: { intervalSeconds: 5, timeoutSeconds: 2 },
  },
  workload: {
    name: 'vault',
    replicas: 2,
    template: shopPod({ isTls: true }, { readiness: { ...probe, scheme: 'HTTPS' } }),
    rollout: { maxSurge: 1, maxUnavailable: 0, minReadySeconds: 1 },
  },
  traffic: { seconds: 45, streams: [visitors(5)] },
  faults: [
    {
      atSeconds: 10,
      what: 'kubectl apply: without TLS',
      apply: (lab) => lab.cluster.rollingRestart(lab.signal, shopPod({}, { readiness: probe })),
    },
  ],
  expect: { atLeast: { 'target-tls-handshake-failure': 30 } },
  fixes: { 'backend-protocol': backendProtocol },
})
