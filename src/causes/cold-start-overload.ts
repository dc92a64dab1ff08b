import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'cold-start-overload',
    number: 24,
    family: 'C',
    title: 'A new target got its full share of requests before it was warm',
    hop: 'application',
    symptoms: ['response-timeout', 'target-answered'],
    decidedBy: 'rows',
    wants: ['kubernetes', 'app-log'],
    since: '0.1.0',
    sources: [
      source.albTargetGroups,
      source.albTargetGroupAttributes,
      source.readinessGate,
      'lab: cold-start-overload',
    ],
  },
  docs: {
    what: 'A pod that has just become ready is slow: caches are empty, code is not compiled yet, connection pools are not filled. Round robin gives it the same share as the others from the first second.',
    why: "Requests pile up on it and pass a timer: 504 at the idle timeout, or the app's or proxy's own 5XX.",
    act: 'Warm up before the readiness probe passes, or let the load balancer raise the share slowly (`slow_start.duration_seconds`).',
    inTheLog: {
      row: '`504 -` at the idle timeout or a target-made 5XX, on an address that was first seen minutes before.',
      many: "Target time plotted against the target's age falls off within the first minutes; old targets are fine in the same minutes. With instance targets new pods hide behind old nodes, so this cannot be seen.",
    },
    elsewhere: {
      appLog: 'Slow first requests, pool growth, compilation; `Started` a minute before.',
      proxyLog: "Timeouts to the new pod's address only.",
      cloudwatch: '`TargetResponseTime` p99 in pulses after each scale-out.',
    },
    prove: [
      { do: '`kubectl get pods -o wide --sort-by=.status.startTime`', expect: 'the failing address is the youngest.' },
      {
        do: '`kubectl rollout restart deployment/NAME` under load, watching target times',
        expect: 'a hump in the first minutes of each new pod.',
      },
    ],
    fix: [
      {
        where: 'App',
        set: 'warm up (a request per hot path, filled pools) before `/ready` answers 200',
        because: 'The pod then joins at working speed.',
      },
      {
        where: 'ALB target group',
        set: '`slow_start.duration_seconds=60` (30 to 900)',
        because:
          'The share grows linearly. Not with least outstanding requests, and without effect when all targets are new.',
      },
      {
        where: 'ALB target group',
        set: '`load_balancing.algorithm.type=least_outstanding_requests` instead',
        because: 'A slow target has more open requests and gets fewer new ones.',
      },
      {
        where: 'Deployment',
        set: '`minReadySeconds: 15`, `maxSurge: 25%`, `startupProbe`',
        because: 'Fewer cold pods at a time.',
      },
    ],
    lookalikes: [
      { cause: 'deregistration-race', tell: "At the end of an address's life; here at its start." },
      { cause: 'worker-pool-exhausted', tell: 'Old and new targets alike, above one level of open requests.' },
      { cause: 'cpu-throttled-target', tell: 'Goes on for as long as there is load; here it fades within minutes.' },
    ],
    settledBy: ["target time against the target's age", "the pod's start time and its warm-up in the app's log"],
  },
})
