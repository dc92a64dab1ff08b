import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'conntrack-table-full',
    number: 10,
    family: 'B',
    title: "The node's connection tracking table was full and new connections were dropped",
    hop: 'network',
    symptoms: ['connect-timeout', 'connect-failed'],
    decidedBy: 'witness',
    wants: ['kernel-log', 'node-counters', 'kubernetes'],
    since: '0.1.0',
    sources: [
      source.kubeVirtualIps,
      source.kubeSysctls,
      source.kubeProxyConntrack,
      'https://www.kernel.org/doc/html/latest/networking/nf_conntrack-sysctl.html',
      'lab: conntrack-table-full',
    ],
  },
  docs: {
    what: "Every connection through a NodePort takes an entry in the node's `nf_conntrack` table. With no entry free, the kernel drops the first packet of new connections.",
    why: 'A dropped SYN is silence: the load balancer waits 10 s and writes 504. Connections that already have an entry go on working, so targets with a warm pool suffer less.',
    act: "Read the node's count against its maximum. Raise the maximum through kube-proxy, which would overwrite a plain sysctl, and cut the number of short connections.",
    inTheLog: {
      row: '`504 -`, target set, `-1 -1 -1`, elapsed 10.00 s; now and then a success that is 1 or 3 s slow.',
      many: 'Follows new connections per second on the node, not the duration of requests. Every pod on that node is hit (ip targets), or the node as a target (instance targets). A NodePort of another node fails too when it draws a pod of this one.',
    },
    elsewhere: {
      appLog: "Nothing for these requests. The pod's own outgoing connections may fail too.",
      proxyLog: 'Connect timeouts to upstreams, if the proxy runs on that node.',
      cloudwatch: '`HTTPCode_ELB_504_Count`, `TargetConnectionErrorCount` and `NewConnectionCount` rise together.',
    },
    prove: [
      {
        do: 'On the node: `sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max`',
        expect: 'the count at the maximum.',
      },
      { do: "`dmesg -T | grep 'nf_conntrack: table full'`", expect: '`table full, dropping packet`.' },
      { do: '`conntrack -S` twice', expect: '`drop` or `early_drop` growing.' },
    ],
    fix: [
      {
        where: 'kube-proxy',
        set: '`conntrack: {maxPerCore: 65536, min: 262144}`',
        because:
          'The defaults are 32768 per core and at least 131072. It is a node-level setting; a pod cannot change it.',
      },
      {
        where: 'kube-proxy',
        set: '`conntrack.tcpEstablishedTimeout: 1h`',
        because: 'By default an idle entry stays 24 h.',
      },
      {
        where: 'Everybody',
        set: 'keep-alive longer than the idle timeout; connection pools to dependencies',
        because: 'Fewer connections need fewer entries.',
      },
      {
        where: 'Ingress',
        set: '`alb.ingress.kubernetes.io/target-type: ip`',
        because: 'The way to the pod then needs no NodePort rewriting.',
      },
    ],
    lookalikes: [
      {
        cause: 'instance-connection-allowance-exceeded',
        tell: 'The same picture while `nf_conntrack_count` is far from its maximum; `ethtool -S` counts it.',
      },
      {
        cause: 'listen-backlog-overflow',
        tell: 'One pod and its open requests; here every pod of the node, at any load of theirs.',
      },
      { cause: 'security-group-or-nacl-block', tell: 'Every connection fails; here only a share of the new ones.' },
      {
        cause: 'snat-port-race',
        tell: '`insert_failed` grows as well as `drop`, and a repeated SYN gets through after 1 or 3 s.',
      },
    ],
    settledBy: [
      "the node's kernel log: `dmesg -T` or `journalctl -k` as a witness",
      '`nf_conntrack_count` against `nf_conntrack_max` on the node, over the incident',
    ],
  },
})
