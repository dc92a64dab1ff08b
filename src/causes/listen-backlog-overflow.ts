import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'listen-backlog-overflow',
    number: 9,
    family: 'B',
    title: 'The app accepted too slowly; its accept queue overflowed and the kernel dropped connections',
    hop: 'application',
    symptoms: ['connect-timeout', 'response-timeout', 'closed-before-response', 'connect-failed'],
    decidedBy: 'rows',
    wants: ['kubernetes', 'app-log', 'cloudwatch'],
    since: '0.1.0',
    sources: [
      source.repost504,
      source.albLogs,
      source.kubeVirtualIps,
      source.kubeSysctls,
      'https://www.kernel.org/doc/html/latest/networking/ip-sysctl.html',
      'https://github.com/mattrobinsonsre/terrapod/issues/228',
      'https://www.michal-drozd.com/en/blog/tcpdump-syn-no-accept-backlog-trap/',
      source.measured(1),
      source.measured(2),
      source.measured(4),
      source.measured(5),
      source.measured(6),
      source.measured(25),
      'lab: busy-pod',
      'lab: listen-backlog-overflow',
    ],
  },
  docs: {
    what: "Every listening socket has an accept queue of `min(backlog, somaxconn) + 1` places. The kernel completes handshakes into it, the app takes them out with accept(). When the app is too busy to accept, the queue fills, and the pod's kernel drops the next SYNs without a word.",
    why: 'A dropped SYN is silence, not a refusal. The load balancer waits its fixed 10 s for a connection and writes 504 with times -1 -1 -1. Connections that got a place wait unseen by the app: they become slow successes, or 504 at the idle timeout.',
    act: 'Add capacity: more workers or replicas, or take blocking work out of the event loop. A queue is only a delay. Then spread better (`least_outstanding_requests`), then shed early with an honest 503. Enlarge the backlog last, and only up to what can still be answered in time.',
    inTheLog: {
      row: '`504 -`, target set, `-1 -1 -1`, elapsed 10.00 to 10.01 s. Beside it, on the same target and in the same minute: 200s that took 1, 2, 3, 4, 5 or 7 s longer than usual (repeated SYN; 1, 3, 7 s on kernels before 6.5), `504 -` at the idle timeout, a few `502 -` after several seconds.',
      many: 'Begins when the open requests on the target exceed workers plus backlog plus 1, ends slowly while the queue drains. Other targets may be idle at the same time: the choice of pod behind a NodePort is random. Targets with a warm connection pool may show nothing at modest rates, as only new connections are dropped.',
    },
    elsewhere: {
      appLog:
        "Nothing for the lost requests, normal durations for the served ones: the wait is in the kernel, before the app's clock starts.",
      proxyLog:
        'An nginx in between logs `upstream timed out (110: Connection timed out) while connecting to upstream`.',
      cloudwatch: '`TargetConnectionErrorCount`, `HTTPCode_ELB_504_Count` and the p99 of `TargetResponseTime` rise.',
    },
    prove: [
      {
        do: "In the pod's namespace, twice, a minute apart: `nsenter -t PID -n nstat -az TcpExtListenOverflows TcpExtListenDrops`",
        expect: 'both counters grow. On the node itself they do not: they are per namespace.',
      },
      { do: '`nsenter -t PID -n ss -lnt`', expect: 'Recv-Q of the LISTEN line at Send-Q or Send-Q + 1.' },
      { do: '`kubectl get events`', expect: 'probes that fail with `context deadline exceeded` while dialling.' },
    ],
    fix: [
      {
        where: 'Capacity',
        set: 'pods >= requests per second * service seconds / (0.65 * workers)',
        because: 'Above full use a queue only decides who fails and how late.',
      },
      {
        where: 'ALB target group',
        set: '`load_balancing.algorithm.type=least_outstanding_requests`',
        because: 'Round robin keeps sending to the busy target.',
      },
      {
        where: 'In front of the app',
        set: 'HAProxy `maxconn N` with `timeout queue 2s`, Envoy circuit breakers, or ALB Target Optimizer',
        because: 'A true queue: bounded concurrency, bounded wait, an honest 503. nginx open source has no such queue.',
      },
      {
        where: 'App server',
        set: 'backlog between (requests per second * stall seconds) and workers * (deadline - service seconds) / service seconds',
        because:
          '4 workers, 2 s each, 60 s deadline: a place beyond 116 can only become a 504. uvicorn and gunicorn default to 2048, Node and nginx to 511, Tomcat to 100.',
      },
      {
        where: 'Pod',
        set: "`net.core.somaxconn` in the pod's securityContext (kubelet `--allowed-unsafe-sysctls`) or a privileged init container",
        because:
          "It caps every backlog, is 4096 since kernel 5.4, and is per network namespace: the node's value does not reach the pod.",
      },
    ],
    lookalikes: [
      {
        cause: 'security-group-or-nacl-block',
        tell: 'Every connection to the target times out and nothing succeeds late; here successes 1, 2, 3 ... s slower lie between the timeouts, and it follows load.',
      },
      {
        cause: 'service-without-endpoints',
        tell: 'Has instant and late 502s beside the timeouts, on all nodes at once; a full queue never refuses.',
      },
      {
        cause: 'conntrack-table-full',
        tell: 'Follows new connections per second of the whole node and hits every pod there; here one pod and its open requests.',
      },
      {
        cause: 'no-local-endpoint',
        tell: 'A node without a ready pod: every request to it fails, from the first one on, at any load.',
      },
      {
        cause: 'target-idle-timeout',
        tell: 'Has a request time of 0.00x and no connect timeouts; here 504s at 10.00 s come first.',
      },
    ],
    settledBy: [
      "`ListenOverflows` growing in the pod's network namespace",
      'Recv-Q against Send-Q of the LISTEN socket',
      'open requests per target against workers + backlog + 1',
    ],
    folklore: [
      {
        claim: 'iptables (or the NodePort) drops the connection when the pod is busy, so the ALB returns 502',
        truth:
          "iptables knows no load. In the measurement its FORWARD chain passed all 104 SYNs; the pod's own TCP stack dropped 98. The result is a 504 after 10 s, not a 502.",
      },
      {
        claim: '`tcp_abort_on_overflow=1` makes overload fail fast',
        truth:
          'While the queue is full the SYN itself is dropped, with or without it: 14 of 14 still timed out. It resets only handshakes begun before the queue filled, and turns slow successes into errors.',
      },
      {
        claim: 'Raise the backlog',
        truth: 'A deeper queue turns quick failures into 504s and 460s, and the app does the work for nobody.',
      },
      {
        claim: 'Set the backlog of the NodePort',
        truth:
          "A NodePort has none: it is a rewrite rule. The queue is listen() and somaxconn in the pod's network namespace.",
      },
      {
        claim: 'Per-minute metrics show no overload',
        truth: "An overflow lives for seconds. Use the log's milliseconds.",
      },
    ],
  },
})
