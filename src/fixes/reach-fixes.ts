import type { Fix } from '../core/diagnosis.ts'
import { advice } from './advice.ts'
import { type CauseNumbers, number } from './cause-numbers.ts'
import { renderFix } from './render-fix.ts'
import { backlogForStall, longestUsefulQueue, podsNeeded, roundBacklog } from './sizing.ts'

type FixesOf = (numbers: CauseNumbers) => readonly Fix[]

const fastChecks = (because: string): readonly Fix[] => [
  renderFix({ set: 'targetGroup.healthCheckIntervalSeconds', to: 5, because }),
  renderFix({
    set: 'targetGroup.healthCheckTimeoutSeconds',
    to: 3,
    because: 'The timeout must stay below the interval (inequality 9).',
  }),
]

const ipTargets = (because: string): Fix =>
  renderFix({ set: 'targetGroup.targetType', to: 'ip', safety: 'review', because })

/** Capacity, in pods, when the numbers are known. */
export function capacityFix(numbers: CauseNumbers): readonly Fix[] {
  const { peakPerSecond, serviceSeconds, concurrencyLimit, targets } = numbers
  if (peakPerSecond === undefined || serviceSeconds === undefined || concurrencyLimit === undefined) return []
  const rho = (peakPerSecond * serviceSeconds) / concurrencyLimit
  if (rho < 0.7) return []
  const total = peakPerSecond * (targets ?? 1)
  const pods = podsNeeded(total, serviceSeconds, concurrencyLimit)
  return [
    renderFix({
      set: 'deployment.replicas',
      to: pods,
      ...(targets === undefined ? {} : { from: targets }),
      safety: 'review',
      because: `${number(peakPerSecond)} requests/s x ${number(serviceSeconds)} s / ${number(concurrencyLimit)} at once = ${number(rho * 100)} % busy per target. From 70 % on waiting grows without bound; no queue adds capacity. Plan for 65 %.`,
    }),
  ]
}

/** The security group is one for all nodes of a load balancer; network ACL and routes are each subnet's own. */
const oneSubnet = advice(
  'network',
  'Compare the failing node’s subnet with the others: network ACL, then routes',
  `aws ec2 describe-network-interfaces --filters 'Name=description,Values=ELB app/*' --query 'NetworkInterfaces[].[PrivateIpAddress,SubnetId]'
aws ec2 describe-network-acls --filters "Name=association.subnet-id,Values=$SUBNET_OF_THE_NODE"
aws ec2 describe-route-tables --filters "Name=association.subnet-id,Values=$SUBNET_OF_THE_NODE"`,
  'The other nodes reach the same targets, and one security group serves all nodes of a load balancer: what differs is the subnet. Its network ACL must let the targets’ answers to the ephemeral ports 1024-65535 in, and a rule of the targets that names subnets by address must name this one too.',
  'Nothing is changed by looking.',
)

const leastOutstanding = (because: string): Fix =>
  renderFix({ set: 'targetGroup.algorithm', to: 'least_outstanding_requests', from: 'round_robin', because })

/** Family B: the target could not be reached. */
export const reachFixes: Readonly<Record<string, FixesOf>> = {
  'connection-refused': (numbers) => [
    advice(
      'application',
      'Be ready only when the port listens',
      'startupProbe:\n  httpGet: { path: /live, port: 8080 }   # the port of the app\n  periodSeconds: 2\n  failureThreshold: 60\nreadinessProbe:\n  httpGet: { path: /ready, port: 8080 }\n  periodSeconds: 5\n  timeoutSeconds: 3\n  failureThreshold: 2',
      `Nothing listened on the port${numbers.failures === undefined ? '' : ` for ${number(numbers.failures)} requests`}: a crash, a restart, or the wrong port or address (bind 0.0.0.0).`,
      'Take the probes out again.',
    ),
    ...fastChecks('A dead target is taken out after 5 s x 2 + 3 s instead of 15 s x 2 + 5 s (inequality 18).'),
    renderFix({
      set: 'pod.preStopSeconds',
      to: 30,
      because: 'If it happens at rollouts: keep serving until nobody sends any more (inequality 12).',
    }),
  ],
  'host-unreachable': () => [
    renderFix({
      set: 'pod.preStopSeconds',
      to: 30,
      because: 'The address was gone while the load balancer still sent to it (inequality 12).',
    }),
    ...fastChecks('An address that is gone is taken out after 13 s instead of 35 s (inequality 18).'),
  ],
  'security-group-or-nacl-block': (numbers) => [
    ...(numbers.isOneNode ? [oneSubnet] : []),
    advice(
      'network',
      "Let the load balancer's security group reach the target's port",
      numbers.targetType === 'ip'
        ? 'aws ec2 authorize-security-group-ingress --group-id "$POD_OR_NODE_SG" --protocol tcp --port "$POD_PORT" --source-group "$LOAD_BALANCER_SG"'
        : 'aws ec2 authorize-security-group-ingress --group-id "$NODE_SG" --protocol tcp --port 30000-32767 --source-group "$LOAD_BALANCER_SG"',
      'No SYN was answered: 504 after the fixed 10 s. Network ACLs need the ephemeral ports 1024-65535 back as well; a NetworkPolicy must allow the nodes.',
      'aws ec2 revoke-security-group-ingress with the same arguments.',
    ),
  ],
  'listen-backlog-overflow': (numbers) => {
    const { peakPerSecond, serviceSeconds, concurrencyLimit } = numbers
    const needed = peakPerSecond === undefined ? 128 : backlogForStall(peakPerSecond, 3)
    const backlog = roundBacklog(needed)
    const useful =
      peakPerSecond !== undefined && serviceSeconds !== undefined && concurrencyLimit !== undefined
        ? longestUsefulQueue({ perSecond: peakPerSecond, serviceSeconds, parallel: concurrencyLimit }, 10)
        : undefined
    return [
      ...capacityFix(numbers),
      leastOutstanding('A new request then goes to a target that is not busy; round robin does not look.'),
      renderFix({
        set: 'app.backlog',
        to: backlog,
        ...(numbers.servers ? { servers: numbers.servers } : {}),
        because: `The queue is listen() in the app, capped by net.core.somaxconn in the pod's network namespace (4096 since Linux 5.4); a NodePort has none. ${
          peakPerSecond === undefined
            ? 'No rate is known: 128 holds a short burst.'
            : `${number(peakPerSecond)} requests/s x 3 s of stall need ${needed} places.`
        }${useful !== undefined && useful < backlog ? ` But places beyond ${useful} are answered after 10 s: then only capacity helps.` : ''}`,
      }),
      renderFix({
        set: 'pod.readinessTimeoutSeconds',
        to: 3,
        because:
          'A busy pod that misses a 1 s probe leaves the Service and throws its load on the others (inequality 17).',
      }),
    ]
  },
  'conntrack-table-full': () => [
    advice(
      'network',
      'Raise the connection tracking table through kube-proxy',
      'conntrack:            # KubeProxyConfiguration\n  maxPerCore: 65536   # default 32768\n  min: 262144         # default 131072',
      'nf_conntrack had no free entry: new connections of that node were dropped. It is a setting of the node; a pod cannot set it.',
      'Set maxPerCore and min back to 32768 and 131072.',
    ),
  ],
  'instance-connection-allowance-exceeded': () => [
    advice(
      'network',
      'A larger instance type, or fewer tracked connections',
      'ethtool -S ens5 | grep allowance_exceeded   # must stop growing',
      "The hypervisor's tracking table for that instance type is full; nothing inside the machine raises it.",
    ),
  ],
  'snat-port-race': () => [
    ipTargets('Pods as targets are not reached through MASQUERADE, so no source port is picked twice.'),
    advice(
      'network',
      'Random source ports',
      'iptables-save | grep MASQUERADE   # must show --random-fully (kube-proxy sets it where iptables knows it)',
      'Two new connections took the same source port; the second SYN was dropped and repeated after 1 s.',
    ),
  ],
  'snat-port-exhaustion': () => [
    ipTargets('Pods as targets are not reached through MASQUERADE.'),
    advice(
      'network',
      'Fewer connections from one node to one address',
      '# keep-alive towards the target, or more targets and nodes',
      'About 28,000 source ports serve one destination address and port.',
    ),
  ],
  'no-local-endpoint': () => [
    ipTargets('The load balancer then sends only to nodes that have a pod: it sends to the pods.'),
    renderFix({
      set: 'service.externalTrafficPolicy',
      to: 'Cluster',
      from: 'Local',
      because:
        'With Local a node without a ready pod drops (504 at 10 s). The client address is in X-Forwarded-For either way.',
    }),
  ],
  'service-without-endpoints': (numbers) => [
    renderFix({
      set: 'pod.readinessTimeoutSeconds',
      to: 3,
      from: 1,
      because: 'A busy pod misses a 1 s probe; without any ready pod kube-proxy rejects everything (inequality 17).',
    }),
    renderFix({
      set: 'deployment.replicas',
      to: Math.max(2, (numbers.targetType === 'ip' ? numbers.targets : undefined) ?? 2),
      because: 'With one pod one missed probe is an outage.',
    }),
    renderFix({ set: 'deployment.maxUnavailable', to: 0, because: 'A rollout must never leave the Service empty.' }),
    ...capacityFix(numbers),
  ],
  'stale-endpoint-routing': () => [
    renderFix({
      set: 'pod.preStopSeconds',
      to: 30,
      because: 'The old pod keeps answering until every node and the load balancer know (inequality 12).',
    }),
    renderFix({ set: 'pod.gracePeriodSeconds', to: 80, because: '30 s preStop + 45 s drain + 5 s (inequality 13).' }),
  ],
  'node-removed-before-deregistration': () => [
    ipTargets('A node that goes then only takes its own pods with it, not the traffic it forwarded.'),
    advice(
      'network',
      'Take the node out of the load balancer before it goes',
      'kubectl label node "$NODE" node.kubernetes.io/exclude-from-external-load-balancers=true\nsleep 300   # the deregistration delay\nkubectl drain "$NODE" --ignore-daemonsets',
      'The node was terminated while it was still a registered target.',
      'kubectl label node "$NODE" node.kubernetes.io/exclude-from-external-load-balancers-',
    ),
  ],
  'target-tls-handshake-failure': () => [
    advice(
      'application',
      'Speak to the target what it speaks',
      'alb.ingress.kubernetes.io/backend-protocol: HTTP   # or HTTPS\nopenssl s_client -connect "$TARGET_IP:$TARGET_PORT" </dev/null',
      'TLS to the target failed: plain HTTP on that port, no common protocol or cipher, or a handshake above 10 s. An expired certificate alone is not it: the load balancer does not check it.',
    ),
  ],
  'idle-flow-expired': (numbers) => [
    renderFix({
      set: 'alb.idleTimeoutSeconds',
      // Below what the log shows, with room for a coarse timer.
      to: Math.max(1, Math.min(300, Math.floor((numbers.timerSeconds ?? 375) * 0.8))),
      ...(numbers.idleTimeoutSeconds === undefined ? {} : { from: numbers.idleTimeoutSeconds }),
      safety: 'review',
      because: `${
        numbers.timerSeconds === undefined
          ? 'Security groups forget a silent connection after 350 s'
          : `The path forgets a connection that was silent for ${number(numbers.timerSeconds)} s`
      } (inequality 4). An answer that takes longer becomes a 504.`,
    }),
  ],
}
