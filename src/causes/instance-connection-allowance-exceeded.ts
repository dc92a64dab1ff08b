import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'instance-connection-allowance-exceeded',
    number: 11,
    family: 'B',
    title: 'The EC2 instance used up its allowance of tracked connections, packets or bandwidth',
    hop: 'network',
    symptoms: ['connect-timeout'],
    decidedBy: 'witness',
    wants: ['node-counters', 'cloudwatch'],
    since: '0.1.0',
    sources: [
      source.enaMetrics,
      source.connectionTracking,
      source.connectionTrackingTimeouts,
      'lab: instance-connection-allowance-exceeded',
    ],
  },
  docs: {
    what: 'Security groups track connections outside the instance, and each instance type has a maximum. Above it, or above its packet or bandwidth allowance, packets are queued and dropped before the operating system sees them.',
    why: 'A lost SYN is a connect timeout: `504 -` after 10 s. The lab has a rule count and drop as AWS documents it; no row of a real instance was seen.',
    act: 'Read the allowance counters on the node. Take a larger instance type, make flows untracked, or shorten the tracking timeout.',
    inTheLog: {
      row: '`504 -`, target set, `-1 -1 -1`, elapsed 10.00 s.',
      many: 'As a full conntrack table: targets on one node, with new connections per second or packets per second. Small instance types first.',
    },
    elsewhere: {
      appLog: 'Nothing.',
      proxyLog: 'Connect timeouts and retransmissions to anything outside the node.',
      cloudwatch:
        "The agent's `ethtool` metrics, if collected; `TargetConnectionErrorCount` and `HTTPCode_ELB_504_Count`.",
    },
    prove: [
      {
        do: 'On the node, twice: `ethtool -S ens5 | grep allowance_exceeded`',
        expect: '`conntrack_allowance_exceeded`, `pps_allowance_exceeded` or a `bw_` one growing.',
      },
      {
        do: '`sysctl net.netfilter.nf_conntrack_count`',
        expect: "far from `nf_conntrack_max`: the operating system's own table is not the one that is full.",
      },
    ],
    fix: [
      {
        where: 'Node group',
        set: 'a larger or network-optimised instance type',
        because: 'The maxima grow with the type.',
      },
      {
        where: 'Security group',
        set: "rules that leave the flows untracked (all traffic to and from the load balancer's subnets allowed both ways)",
        because: "Untracked flows take no entry. AWS's page lists which flows are tracked in any case.",
      },
      {
        where: 'Network interface',
        set: '`TcpEstablishedTimeout` 350',
        because: 'The default is 432000 s on most types: dead flows hold entries for 5 days.',
      },
    ],
    lookalikes: [
      {
        cause: 'conntrack-table-full',
        tell: '`nf_conntrack_count` at its maximum and `table full` in dmesg; here neither.',
      },
      {
        cause: 'security-group-or-nacl-block',
        tell: 'Everything to the target fails, from a change on; here a share, with traffic.',
      },
      { cause: 'listen-backlog-overflow', tell: '`ListenOverflows` grows in the pod; here it does not.' },
    ],
    settledBy: [
      '`ethtool -S` of the node every few seconds, each with `date` before it, as a witness',
      "the CloudWatch agent's `ethtool_conntrack_allowance_exceeded`",
    ],
  },
})
