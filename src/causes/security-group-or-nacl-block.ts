import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'security-group-or-nacl-block',
    number: 8,
    family: 'B',
    title: 'A security group, network ACL or network policy filtered the way to the target',
    hop: 'network',
    symptoms: ['connect-timeout', 'connect-failed'],
    decidedBy: 'rows',
    wants: ['health-check-log', 'cloudwatch', 'kubernetes'],
    since: '0.1.0',
    sources: [
      source.albTroubleshooting,
      source.repost504,
      source.ingressAnnotations,
      source.controllerIssue(3095),
      'https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html',
      'lab: blackholed-target',
    ],
  },
  docs: {
    what: "The load balancer's SYN does not arrive, or the answer does not get back: a security group on the node or pod, a network ACL without the ephemeral ports, a Kubernetes NetworkPolicy, a firewall on the host.",
    why: 'A filtered packet is silence. The load balancer waits its fixed 10 s for a connection, then writes 504 with times -1 -1 -1. No setting changes those 10 s.',
    act: "Find the change that came before the first failure. Open the path from the load balancer's security group to the NodePort range or the pod's port, and ports 1024-65535 back through the network ACL.",
    inTheLog: {
      row: '`504 -`, target set, `-1 -1 -1`, elapsed 10.00 to 10.01 s (10.001 s in six rows of one public log).',
      many: 'A step: from one moment on every request to a target, a node or a zone fails, at any load, with no slow successes between. "Half of all requests" with two targets means one is blocked. Health checks usually fail as well, so the load balancer stops sending, unless all fail and it fails open.',
    },
    elsewhere: {
      appLog: 'Nothing.',
      proxyLog: 'Nothing.',
      cloudwatch:
        '`TargetConnectionErrorCount`, `HTTPCode_ELB_504_Count` and `UnHealthyHostCount` rise. A network ACL has no counters.',
    },
    prove: [
      {
        do: 'On the node: `tcpdump -ni any tcp port 30080`',
        expect: 'no SYN (security group), or a SYN-ACK that leaves and is not answered (network ACL on the way back).',
      },
      { do: "VPC flow logs of the target's interface", expect: "REJECT from the load balancer's addresses." },
      {
        do: '`aws ec2 describe-security-groups --group-ids SG`',
        expect: "no rule from the load balancer's group to the target's port.",
      },
      {
        do: '`kubectl get networkpolicy -A`',
        expect: "a policy that selects the pod and does not allow the load balancer's subnets.",
      },
    ],
    fix: [
      {
        where: 'Security group of node or pod',
        set: "allow TCP from the load balancer's group to 30000-32767 (instance targets) or the pod's port (ip targets)",
        because: 'That is the path of requests and of health checks.',
      },
      {
        where: 'Network ACL',
        set: 'allow 1024-65535 in both directions between the subnets',
        because: 'ACLs keep no state, so answers need their own rule.',
      },
      {
        where: 'Ingress',
        set: "`alb.ingress.kubernetes.io/manage-backend-security-group-rules: 'true'`",
        because: 'The controller then keeps the rules in step when you bring your own security group.',
      },
    ],
    lookalikes: [
      {
        cause: 'listen-backlog-overflow',
        tell: 'Follows load, with successes 1, 2, 3 s late between the timeouts; here nothing gets through.',
      },
      {
        cause: 'no-local-endpoint',
        tell: 'Only nodes without a ready pod, only with `externalTrafficPolicy: Local`; the node receives the SYN and its DROP rule counts it.',
      },
      { cause: 'conntrack-table-full', tell: 'Existing connections go on working and only a share of new ones fails.' },
      { cause: 'host-unreachable', tell: 'The address is gone from the cluster; here it exists and answers others.' },
      { cause: 'service-without-endpoints', tell: 'Has instant and late 502s beside the timeouts.' },
      {
        cause: 'zonal-imbalance',
        tell: 'The failing node has targets of its own. Where the other nodes reach the same targets in the same seconds, the way of that node is filtered: that much the log decides by itself.',
      },
    ],
    settledBy: [
      'tcpdump on the target: does the SYN arrive, does the answer leave',
      'VPC flow logs',
      'successes on the same target in the same minutes: any makes a filter unlikely',
    ],
    folklore: [
      { claim: '504 is a slow app', truth: 'A 504 at 10.00 s never reached the app.' },
      { claim: 'Raise the idle timeout', truth: 'The 10 s for connecting are fixed; the idle timeout plays no part.' },
    ],
  },
})
