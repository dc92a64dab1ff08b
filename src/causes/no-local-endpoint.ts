import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'no-local-endpoint',
    number: 13,
    family: 'B',
    title: 'The node had no ready pod of a Service with externalTrafficPolicy Local, and dropped the connection',
    hop: 'network',
    symptoms: ['connect-timeout', 'connect-failed'],
    decidedBy: 'witness',
    wants: ['kubernetes', 'health-check-log'],
    since: '0.1.0',
    sources: [
      source.kubeVirtualIps,
      source.kubeProxySource,
      source.kubeTerminatingEndpoints,
      source.measured(8),
      'lab: no-local-endpoint',
    ],
  },
  docs: {
    what: 'With `externalTrafficPolicy: Local` a node only forwards to its own pods. On a node without a ready one kube-proxy installs a DROP rule.',
    why: 'DROP is silence: the load balancer waits 10 s and writes 504. The node stays in rotation until its health check fails.',
    act: 'Use ip targets, or Cluster policy. If Local must stay, let the load balancer check `healthCheckNodePort`, and spread the pods over the nodes.',
    inTheLog: {
      row: '`504 -`, target set with a NodePort, `-1 -1 -1`, elapsed 10.00 s.',
      many: 'Exactly the nodes without a pod, every request to them, at any load; begins after a scale-in or a reschedule, ends when their health checks have failed.',
    },
    elsewhere: {
      appLog: 'Nothing.',
      proxyLog: 'Nothing.',
      cloudwatch:
        '`TargetConnectionErrorCount` and `HTTPCode_ELB_504_Count` in pulses; `UnHealthyHostCount` = nodes without a pod.',
    },
    prove: [
      {
        do: "On the node: `iptables -nvL | grep 'has no local endpoints'`",
        expect: 'a DROP rule with growing counters.',
      },
      { do: '`kubectl get pods -o wide -l app=NAME`', expect: 'no ready pod on that node.' },
      { do: "`kubectl get svc NAME -o jsonpath='{.spec.externalTrafficPolicy}'`", expect: '`Local`.' },
    ],
    fix: [
      {
        where: 'Ingress',
        set: '`alb.ingress.kubernetes.io/target-type: ip`',
        because: 'Pods are targets themselves, and the client address is kept anyway.',
      },
      {
        where: 'Service',
        set: '`externalTrafficPolicy: Cluster`',
        because: "Any node then forwards to any pod, at the price of a hop and of the client's address.",
      },
      {
        where: 'Health check',
        set: 'port = `healthCheckNodePort`, path `/healthz`',
        because: 'It answers 503 at once on a node without a pod; the traffic port only times out.',
      },
      {
        where: 'Deployment',
        set: '`topologySpreadConstraints`, or a DaemonSet',
        because: 'Every node in rotation then has a pod.',
      },
    ],
    lookalikes: [
      {
        cause: 'service-without-endpoints',
        tell: 'REJECT on all nodes: 502s at 0 s and late ones among the 504s; here only 504, only some nodes.',
      },
      {
        cause: 'security-group-or-nacl-block',
        tell: 'The SYN does not reach the node at all; here it does, and the DROP rule counts it.',
      },
      { cause: 'listen-backlog-overflow', tell: 'Follows load and has slow successes; here none succeed.' },
    ],
    settledBy: [
      'the Service, nodes, pods and events (`kubectl get -o json`) beside the log: Local policy, and which nodes had a ready pod at that time',
      "the DROP rule's counter",
    ],
    folklore: [
      {
        claim: 'Local policy drops show as 502',
        truth: 'DROP is a 504 at 10 s. REJECT, with no endpoints anywhere, starts as 502.',
      },
    ],
  },
})
