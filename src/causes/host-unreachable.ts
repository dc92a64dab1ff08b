import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'host-unreachable',
    number: 7,
    family: 'B',
    title: "The target's address was no longer on the network",
    hop: 'network',
    symptoms: ['connect-failed-late', 'connect-timeout', 'connect-refused', 'connect-failed'],
    decidedBy: 'rows',
    wants: ['kubernetes', 'cloudwatch'],
    since: '0.1.0',
    sources: [source.albTroubleshooting, source.repost502, source.measured(8), 'lab: rolling-deploy-without-prestop'],
  },
  docs: {
    what: 'The target group, or a rule on a node, still names an address whose pod, network interface or instance is gone.',
    why: 'A router or the node answers "unreachable" once it has looked for the neighbour in vain: 502. On Linux that takes three tries, about 3 s. If the packet is simply lost, the load balancer waits 10 s and writes 504. Whether a VPC\'s routing gives the 3 s or the 10 s was not seen: both are consistent.',
    act: 'Find out why the address outlived its owner: a pod that was force-deleted, a node that was terminated before it was deregistered, a controller that lags. Fix that order.',
    inTheLog: {
      row: '`502 -`, target set, `-1 -1 -1`, elapsed about 3 s (3.06 s measured); or `504 -` at 10.00 s.',
      many: 'One address, within seconds of its last success, until it is deregistered; it never comes back.',
    },
    elsewhere: {
      appLog: 'Nothing, the pod is gone.',
      proxyLog: 'nginx in between: `connect() failed (113: No route to host) while connecting to upstream`.',
      cloudwatch: '`TargetConnectionErrorCount`; `UnHealthyHostCount` until it is deregistered.',
    },
    prove: [
      {
        do: '`kubectl get pods -A -o wide | grep IP` and `kubectl get nodes -o wide`',
        expect: 'no pod or node with that address.',
      },
      { do: 'On the node: `ip neigh show IP`', expect: '`FAILED` or `INCOMPLETE`.' },
      { do: '`aws elbv2 describe-target-health --target-group-arn ARN`', expect: 'the address still listed.' },
    ],
    fix: [
      {
        where: 'Node removal',
        set: 'deregister, wait, then terminate (node-removed-before-deregistration)',
        because: 'The load balancer must know first.',
      },
      {
        where: 'Pod',
        set: '`preStop` pause; no `kubectl delete --force`',
        because: 'The address stays until the load balancer has let go of it.',
      },
      {
        where: 'ALB health check',
        set: 'interval 5 s, unhealthy threshold 2',
        because: 'A lost address is then out after about 10 s.',
      },
    ],
    lookalikes: [
      { cause: 'connection-refused', tell: 'Instant (below 0.1 s): the host is there, the port is not.' },
      {
        cause: 'service-without-endpoints',
        tell: 'On all nodes at once, with instant 502s among the late ones, at 1, 3 and 7 s; here one address at about 3 s.',
      },
      { cause: 'security-group-or-nacl-block', tell: 'The address exists and its owner runs.' },
      {
        cause: 'deregistration-race',
        tell: 'Begins with instant refusals while the pod is stopping; a late tail of it looks the same.',
      },
    ],
    settledBy: [
      'whether a pod or node had that address at the time',
      "the time between the owner's end and the deregistration",
    ],
  },
})
