import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'snat-port-race',
    number: 12,
    family: 'B',
    title: 'Two connections were given the same source port on the node, and one lost its first packet',
    hop: 'network',
    symptoms: ['connect-timeout'],
    decidedBy: 'witness',
    wants: ['node-counters', 'kubernetes'],
    since: '0.1.0',
    sources: [
      'https://tech.xing.com/a-reason-for-unexplained-connection-timeouts-on-kubernetes-docker-abd041cf7e02',
      source.kubeVirtualIps,
      source.kubeIssue(56903),
      'docs/measurements.md, row 26',
    ],
  },
  docs: {
    what: 'A NodePort with `externalTrafficPolicy: Cluster` rewrites the source address (MASQUERADE). The kernel picks a source port, and at the moment of entering it in the table another connection has just taken it. The packet is dropped.',
    why: 'The lost packet is a SYN. It is repeated after 1 s, finds another port and gets through: the client sees latency (118 of 118, measured). Only a connection that lost all its repeats as well would be a 504 at 10 s.',
    act: 'Look at `insert_failed`. If it grows with the slow connects, use fully random ports, or take the rewriting away with ip targets.',
    inTheLog: {
      row: 'Mostly a success that is 1 or 3 s slower than usual; rarely `504 -`, `-1 -1 -1`, 10.00 s.',
      many: 'Only instance targets with Cluster policy. Rises with new connections per second, spread over all targets.',
    },
    elsewhere: {
      appLog:
        'Nothing for incoming requests. The same race on the way out shows as connect timeouts of 1 or 3 s to one dependency.',
      proxyLog: 'Nothing.',
      cloudwatch: 'A second hump in `TargetResponseTime`; few `HTTPCode_ELB_504_Count`.',
    },
    prove: [
      {
        do: 'On the node, before and after a slow minute: `conntrack -S`',
        expect: '`insert_failed` has grown by about the number of slow connects.',
      },
      { do: '`iptables-save | grep MASQUERADE`', expect: 'no `--random-fully`.' },
    ],
    fix: [
      {
        where: 'Node',
        set: 'an iptables that knows `--random-fully` (1.6.2 or newer)',
        because: 'kube-proxy then uses it, and collisions become rare.',
      },
      {
        where: 'Ingress or Service',
        set: '`target-type: ip`, or `externalTrafficPolicy: Local`',
        because: 'No source rewriting, no collision.',
      },
      {
        where: 'App',
        set: 'keep-alive longer than the idle timeout',
        because: 'Fewer new connections, fewer collisions.',
      },
    ],
    lookalikes: [
      {
        cause: 'listen-backlog-overflow',
        tell: 'The same 1 and 3 s steps, but one pod under load and `ListenOverflows` growing; here all targets and `insert_failed`.',
      },
      {
        cause: 'snat-port-exhaustion',
        tell: 'Fails steadily above one number of connections to one pod, 4 to 8 `insert_failed` for each 504; here many for one.',
      },
      { cause: 'conntrack-table-full', tell: '`drop` grows alone, and the table is at its maximum.' },
    ],
    settledBy: ['`conntrack -S` of the node every few seconds, each with `date` before it, as a witness'],
  },
})
