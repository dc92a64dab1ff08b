import { endMsOf, eventsNear, stalePodIn, startMsOf, wasSeen } from '../truth/run-facts.ts'
import { readiness, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

const lagSeconds = 7

export const staleEndpointRouting = defineScenario({
  id: 'stale-endpoint-routing',
  title: 'One node’s kube-proxy needs seconds to follow a rollout',
  story: [
    'A batch job takes all the CPU of one node; its kube-proxy needs seconds for a new set of rules.',
    'A rollout replaces the pods, which stop at once when they are told to.',
    'The other node sends nothing to the old pods any more; this one still does, to a third of its connections.',
    'They are refused for a second, then the address is gone: 502 at once, after 3 s, and 504 at 10 s.',
    'Every target is healthy, every pod is ready, and only one target’s requests fail.',
  ],
  scaled: [`kube-proxy on node 1 is ${lagSeconds} s late, from the start of the rollout`],
  application: 'k8s-shop-basket-2c3d4e5f6a',
  targetType: 'instance',
  nodes: 2,
  loadBalancer: { healthCheck: { intervalSeconds: 15, timeoutSeconds: 5, unhealthyCount: 4 } },
  workload: {
    name: 'basket',
    replicas: 3,
    template: {
      containers: [{ name: 'app', port: 8000, server: { kind: 'gunicorn', workerClass: 'sync', workers: 3 } }],
      port: 8000,
      readiness: { ...readiness, periodSeconds: 1 },
    },
    rollout: { maxSurge: 1, maxUnavailable: 0, minReadySeconds: 8 },
  },
  traffic: { seconds: 50, streams: [visitors(9)] },
  faults: [
    { atSeconds: 8, what: 'a batch job takes node 1’s CPU', apply: (lab) => lab.cluster.slowKubeProxy(0, lagSeconds) },
    { atSeconds: 10, what: 'kubectl rollout restart', apply: (lab) => lab.cluster.rollingRestart(lab.signal) },
  ],
  truth: (failure, run) => {
    const target = failure.target ?? ''
    if (failure.phase === 'connect') {
      // The first SYN goes where the rules say; its repeats follow connection tracking.
      const stale = stalePodIn(run, target, startMsOf(failure)) ?? stalePodIn(run, target, endMsOf(failure))
      return stale === undefined
        ? undefined
        : {
            causes: ['stale-endpoint-routing'],
            why: `${failure.socket.event}: the rules of this node still sent to ${stale}, which had been told to stop`,
          }
    }
    const [stopped] = eventsNear(run, ['container-signalled'], endMsOf(failure), 1_000, 0)
    return stopped === undefined || wasSeen(failure, run)
      ? undefined
      : {
          causes: ['shutdown-drops-in-flight'],
          why: `${failure.socket.event}: in the accept queue of ${stopped.subject} when that closed its port`,
        }
  },
  expect: { atLeast: { 'stale-endpoint-routing': 12 } },
})
