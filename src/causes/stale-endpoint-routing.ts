import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'stale-endpoint-routing',
    number: 15,
    family: 'B',
    title: 'Rules or target group still pointed to a pod that was gone',
    hop: 'network',
    symptoms: ['connect-refused', 'connect-timeout', 'connect-failed-late', 'response-timeout', 'connect-failed'],
    decidedBy: 'witness',
    wants: ['kubernetes'],
    since: '0.1.0',
    sources: [
      source.kubeVirtualIps,
      source.kubeTerminatingEndpoints,
      source.kubeIssue(76376),
      source.kubeIssue(93143),
      source.controllerIssue(4360),
      'https://www.michal-drozd.com/en/blog/conntrack-stale-nat-mapping/',
      source.measured(9),
      'lab: stale-endpoint-routing',
    ],
  },
  docs: {
    what: 'What the data path believes lags behind reality: kube-proxy has not synchronised yet or was restarted, a flow is pinned by conntrack to a dead pod, or the controller is throttled or past the quota of targets.',
    why: 'A new connection to the old address is refused (502 at 0 s), unreachable (about 3 s) or lost (504 at 10 s). An established flow that is pinned to a vanished pod gets plain silence: 504 at the idle timeout.',
    act: 'Give old pods time to go on answering (preStop pause). Then look at how long kube-proxy and the controller need: both publish it.',
    inTheLog: {
      row: '`-1 -1 -1` with elapsed 0, about 3 or 10 s; or `504 -` with a request time and elapsed at the idle timeout.',
      many: 'In the seconds around changes of endpoints, on instance targets, on several nodes for different lengths of time. A long tail where client connections live long.',
    },
    elsewhere: {
      appLog: 'Nothing: the pod is gone.',
      proxyLog: 'Nothing, or connect errors to addresses that no longer exist.',
      cloudwatch:
        '`TargetConnectionErrorCount` in pulses; for pinned flows it stays flat, as those connections were made before.',
    },
    prove: [
      {
        do: 'On the node: `curl -s localhost:10249/metrics | grep sync_proxy_rules`',
        expect: '`sync_proxy_rules_duration_seconds` of seconds, or an old `sync_proxy_rules_last_timestamp_seconds`.',
      },
      {
        do: 'On the node: `conntrack -L | grep OLD_POD_IP`',
        expect: 'ESTABLISHED entries to an address that no pod has.',
      },
      {
        do: "`kubectl logs -n kube-system deploy/aws-load-balancer-controller | grep -E 'Throttling|TooManyTargets'`",
        expect: 'lines at the time of the change.',
      },
    ],
    fix: [
      { where: 'Pod', set: '`preStop` pause of 30 s', because: 'The old pod answers until the rules have changed.' },
      {
        where: 'kube-proxy',
        set: '1.28 or newer, `iptables.minSyncPeriod: 1s`',
        because: 'It then writes only what changed.',
      },
      {
        where: 'Controller',
        set: '`--aws-api-throttle` fitted to the account; an alarm on the targets-per-load-balancer quota (1000 by default)',
        because: 'A controller that may not write leaves the group as it was.',
      },
      {
        where: 'Ingress',
        set: '`target-type: ip`',
        because: 'kube-proxy and conntrack on the nodes are then out of the path.',
      },
    ],
    lookalikes: [
      {
        cause: 'deregistration-race',
        tell: 'Ends when the address leaves the target group; with a preStop pause in place it does not occur.',
      },
      {
        cause: 'host-unreachable',
        tell: 'One address in the row that is gone; here the row names a live node and the pod behind it is gone.',
      },
      {
        cause: 'service-without-endpoints',
        tell: 'No ready pod at all, on all nodes; here others are ready and only some connections fail.',
      },
      { cause: 'target-idle-timeout', tell: 'The app has the request in its log; here nobody received it.' },
    ],
    settledBy: [
      'the Service, pods and events (`kubectl get -o json`) beside the log: pods that were told to stop before, and failures through one node only; the log alone says possible at most',
      "kube-proxy's sync metrics around the change",
      'conntrack entries to addresses that no pod has',
      "the controller's log",
    ],
  },
})
