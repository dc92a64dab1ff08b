import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'connection-refused',
    number: 6,
    family: 'B',
    title: "Nothing listened on the target's port",
    hop: 'application',
    symptoms: ['connect-refused', 'connect-failed'],
    decidedBy: 'rows',
    wants: ['kubernetes', 'cloudwatch', 'health-check-log'],
    since: '0.1.0',
    sources: [
      source.albTroubleshooting,
      source.repost502,
      source.albMetrics,
      source.albHealthChecks,
      source.measured(8),
      source.measured(23),
      'lab: ready-before-listening',
      'lab: crash-loop',
    ],
  },
  docs: {
    what: 'The load balancer sent a SYN to the target and got a reset: no process listens on that port. The process has crashed, is restarting, is not up yet, listens on another port, or is bound to 127.0.0.1 only.',
    why: 'A connection that is refused fails within a round trip. The request was never handed over, so all three times are -1, the address in the row is the one that refused, and the client gets 502.',
    act: "Find the restart or the wrong port first: `kubectl get pods`, then the container's last state. Then keep traffic away from a pod that is not listening: a readiness probe on the real port, and a preStop pause for the stopping side.",
    inTheLog: {
      row: '`502 -`, target set, times `-1 -1 -1`, elapsed below 0.1 s.',
      many: "One target, one unbroken period between its answers, all of that target's requests in it. It begins when the process goes and ends when it is back, or when health checks take the target out (interval times unhealthy threshold: 30 s with the controller's 15 s and 2). Every refusal is instant, however many there are per second.",
    },
    elsewhere: {
      appLog:
        'Nothing for these requests. The last lines before the gap say why the process ended; the first after it say when it listened again.',
      proxyLog:
        "None from the load balancer's side. An nginx in front of the app would log `connect() failed (111: Connection refused)` and answer 502 itself: that is nginx-upstream-refused.",
      cloudwatch:
        '`TargetConnectionErrorCount` and `HTTPCode_ELB_502_Count` rise together; `UnHealthyHostCount` follows after the detection time.',
    },
    prove: [
      {
        do: '`kubectl get pods -o wide` and `kubectl describe pod POD`',
        expect: 'a restart, `CrashLoopBackOff`, or `Started` at the end of the failures.',
      },
      { do: 'In the pod: `ss -lnt`', expect: "no LISTEN line for the target's port, or one on `127.0.0.1` only." },
      { do: 'From a node: `curl -sv --max-time 3 http://POD_IP:PORT/`', expect: '`Connection refused` at once.' },
      { do: '`tcpdump -ni any tcp port PORT`', expect: 'SYN in, RST out.' },
    ],
    fix: [
      {
        where: 'Pod',
        set: '`readinessProbe` on the serving port, `startupProbe` for slow starts',
        because: 'An address is then registered only once something listens there.',
      },
      {
        where: 'Pod',
        set: '`lifecycle.preStop: sleep 30`',
        because:
          'The listener must outlive the time it takes until no load balancer node sends to it (deregistration-race).',
      },
      {
        where: 'App',
        set: "bind `0.0.0.0`, the port of the Service's `targetPort`",
        because: '`127.0.0.1` is refused from outside the pod.',
      },
      {
        where: 'ALB health check',
        set: '`healthcheck-interval-seconds: 5`, `unhealthy-threshold-count: 2`',
        because: 'A dead target is then out after about 10 s, not 30 to 65 s.',
      },
    ],
    lookalikes: [
      {
        cause: 'service-without-endpoints',
        tell: 'On all nodes at once, and above about one attempt per second and peer some come late (1 to 7 s) or time out at 10 s; here one target, and every one is instant.',
      },
      {
        cause: 'deregistration-race',
        tell: 'Only in the last seconds before an address is never seen again, while a new address appears; here the same address comes back.',
      },
      {
        cause: 'target-tls-handshake-failure',
        tell: 'Only for target groups with protocol HTTPS, and the same row. It does not end by itself after one stretch, and `TargetTLSNegotiationErrorCount` counts it instead of `TargetConnectionErrorCount`.',
      },
      {
        cause: 'worker-killed-mid-request',
        tell: 'That leaves target times above zero; refusals that follow it on the same target belong to the same story.',
      },
    ],
    settledBy: [
      'pod restarts and events at the start and end of the period',
      '`ss -lnt` in the pod',
      '`TargetConnectionErrorCount` rising with the 502s, and `TargetTLSNegotiationErrorCount` not',
    ],
    folklore: [
      {
        claim: 'The pod was busy, so iptables refused the connection',
        truth:
          'A busy pod does not refuse. Its accept queue fills, the kernel drops the SYN and the load balancer waits 10 s and writes 504.',
      },
    ],
  },
})
