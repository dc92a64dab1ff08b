import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'snat-port-exhaustion',
    number: 12,
    family: 'B',
    title: 'The node had no free source port left for connections to one pod',
    hop: 'network',
    symptoms: ['connect-timeout'],
    decidedBy: 'witness',
    wants: ['node-counters', 'kubernetes'],
    since: '0.1.0',
    sources: [
      'https://tech.xing.com/a-reason-for-unexplained-connection-timeouts-on-kubernetes-docker-abd041cf7e02',
      source.kubeVirtualIps,
      source.kubeSysctls,
      'lab: snat-port-exhaustion',
    ],
  },
  docs: {
    what: 'Connections that a node rewrites to one pod address and port need a source port each, and there are at most about 64,000 (28,000 in the range that programs use by default). When all are taken, no new connection can be made from that node to that pod.',
    why: 'The kernel finds no port and drops the SYN: `504 -` after 10 s. Each repeat of the SYN is dropped and counted as well: 7.8 packets for each 504 in the lab.',
    act: 'Count the connections of that node to that pod. Reuse connections, spread over more pods, or take the rewriting away with ip targets.',
    inTheLog: {
      row: '`504 -`, target set, `-1 -1 -1`, elapsed 10.00 s.',
      many: 'Steady above one number of connections from a node; only instance targets with Cluster policy; few very busy pods behind few nodes.',
    },
    elsewhere: {
      appLog: 'Nothing. For outgoing connections: `Cannot assign requested address` (EADDRNOTAVAIL) to one dependency.',
      proxyLog:
        'A proxy that runs out of its own ports logs `connect() failed (99: Cannot assign requested address)` and answers 502 itself.',
      cloudwatch: '`TargetConnectionErrorCount` and `HTTPCode_ELB_504_Count`.',
    },
    prove: [
      {
        do: 'On the node: `conntrack -L -d POD_IP 2>/dev/null | wc -l`',
        expect: 'tens of thousands, many in TIME_WAIT.',
      },
      { do: '`conntrack -S`', expect: '`insert_failed` growing by 4 to 8 for each 504.' },
    ],
    fix: [
      {
        where: 'Ingress or Service',
        set: '`target-type: ip`, or `externalTrafficPolicy: Local`',
        because: 'No source rewriting on the way in.',
      },
      {
        where: 'App and clients',
        set: 'keep-alive and pools',
        because: 'A port is held for the time of TIME_WAIT after each short connection.',
      },
      { where: 'Deployment', set: 'more pods on more nodes', because: 'Each pair of node and pod has its own ports.' },
    ],
    lookalikes: [
      {
        cause: 'snat-port-race',
        tell: 'Rare and at any number of connections; a repeated SYN gets through after 1 or 3 s.',
      },
      { cause: 'conntrack-table-full', tell: 'Every pod of the node; the table is at its maximum.' },
      {
        cause: 'listen-backlog-overflow',
        tell: '`ListenOverflows` grows in the pod and the number of connections is small.',
      },
    ],
    settledBy: [
      '`conntrack -S` of the node every few seconds, each with `date` before it, as a witness',
      'the number of tracked connections from one node to one pod',
    ],
  },
})
