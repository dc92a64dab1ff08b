import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'service-without-endpoints',
    number: 14,
    family: 'B',
    title: 'The Service had no ready endpoint, so kube-proxy rejected new connections on every node',
    hop: 'network',
    symptoms: ['connect-refused', 'connect-failed-late', 'connect-timeout', 'connect-failed'],
    decidedBy: 'rows',
    wants: ['kubernetes', 'cloudwatch', 'health-check-log'],
    since: '0.1.0',
    sources: [
      source.kubeProxySource,
      source.kubeVirtualIps,
      source.albTroubleshooting,
      'https://www.kernel.org/doc/html/latest/networking/ip-sysctl.html',
      source.measured(8),
      source.measured(23),
      'lab: missing-502',
      'lab: service-without-endpoints',
    ],
  },
  docs: {
    what: 'No pod of the Service was ready: all of them missed their readiness probe, the selector or the port name is wrong, or there are none. kube-proxy then puts a REJECT rule in place of the NodePort, on every node. Typical chain: the pod is busy, its probe times out, it leaves the Service, and if it was the last one everything is rejected.',
    why: 'REJECT answers a SYN with an ICMP error, which the load balancer reads as refused: 502. But the kernel limits these ICMP answers to about one per second and peer, after a burst of 6. The other SYNs get silence: they are answered when they are repeated (502 after 1 to 7 s) or never (504 at 10.00 s).',
    act: "Find out why no pod was ready: `kubectl get endpointslices` and the probe's events. If the probe timed out under load, that is the thing to repair: a cheap readiness path, a longer `timeoutSeconds`, more capacity. Keep at least two replicas and `maxUnavailable: 0`.",
    inTheLog: {
      row: '`502 -`, target set with a NodePort (30000-32767), `-1 -1 -1`, elapsed about 0 s; others of the same minutes 1 to 7 s; most, on a busy NodePort, `504 -` at 10.00 s.',
      many: 'All nodes at once, one service only, from one moment to another. Instant refusals are capped at about 6 plus one per second for each pair of load balancer node and target; the more traffic, the larger the share of 504. At 1 new connection per second all are instant; at 20 per second 6 % were instant, 5 % late, 89 % timed out.',
    },
    elsewhere: {
      appLog:
        'Nothing: no connection reaches a pod. If the pods were only busy, they log slow requests and late probes.',
      proxyLog: 'Nothing.',
      cloudwatch:
        '`TargetConnectionErrorCount` rises, `UnHealthyHostCount` reaches the number of nodes, then the load balancer fails open and keeps sending.',
    },
    prove: [
      {
        do: '`kubectl get endpointslices -l kubernetes.io/service-name=SERVICE -o yaml`',
        expect: 'no endpoint with `ready: true` during the failures.',
      },
      {
        do: '`kubectl get events --field-selector reason=Unhealthy`',
        expect: '`Readiness probe failed` just before it began.',
      },
      { do: 'On a node: `iptables-save | grep "has no endpoints"`', expect: 'a REJECT rule that names the Service.' },
      { do: 'On a node: `nstat -az IcmpOutDestUnreachs`', expect: 'growing by about one a second per peer at most.' },
    ],
    fix: [
      {
        where: 'Pod readiness',
        set: '`readinessProbe: {periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 3}` on a path that does no work and is not behind the thread pool',
        because: 'One slow probe must not empty the Service.',
      },
      {
        where: 'Deployment',
        set: '`maxUnavailable: 0`, at least 2 replicas, a PodDisruptionBudget with `minAvailable: 1`',
        because: 'No rollout or drain then leaves the Service empty.',
      },
      {
        where: 'Service',
        set: '`selector` and named `targetPort` as in the pods',
        because: 'A wrong name gives an empty list without an error.',
      },
      {
        where: 'Capacity',
        set: 'more workers or replicas when the probe failed because of load',
        because: 'The probe is only the messenger.',
      },
      {
        where: 'Ingress',
        set: '`alb.ingress.kubernetes.io/target-type: ip`',
        because: 'An empty Service then shows as 503 without target, which says what it is.',
      },
    ],
    lookalikes: [
      {
        cause: 'connection-refused',
        tell: 'One target, and every refusal is instant at any rate; here all nodes, and late 502s and 504s at 10 s are mixed in.',
      },
      {
        cause: 'listen-backlog-overflow',
        tell: 'Never refuses: only 504 at 10 s and slow successes. It often comes first, as the same busy pod then misses its probe.',
      },
      { cause: 'no-local-endpoint', tell: 'DROP, so no refusals at all, and only on nodes without a pod.' },
      {
        cause: 'no-registered-targets',
        tell: '503 with target `-`: the target group is empty. That is how the same mistake looks with ip targets.',
      },
      {
        cause: 'keepalive-shorter-than-idle-timeout',
        tell: 'Has a request time of 0.00x and an echo at one gap; here -1 -1 -1 and no gap.',
      },
    ],
    settledBy: [
      "the Service's EndpointSlices over time",
      'readiness failures in the events',
      'the share of instant 502, late 502 and 504 at 10 s on all nodes',
    ],
    folklore: [
      {
        claim: 'iptables drops requests because the pod is busy',
        truth:
          'iptables holds no load state. It rejects when the list of ready endpoints is empty, whatever emptied it. A busy pod gets there through its readiness probe.',
      },
      {
        claim: 'REJECT is always an instant 502',
        truth: "Only up to the kernel's ICMP limit. On a busy NodePort most requests see 504 at 10 s.",
      },
    ],
  },
})
