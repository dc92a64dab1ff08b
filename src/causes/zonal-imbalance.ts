import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'zonal-imbalance',
    number: 58,
    family: 'H',
    title: 'One zone of the load balancer had too few healthy targets of its own',
    hop: 'load-balancer',
    symptoms: ['no-target', 'connect-timeout'],
    decidedBy: 'rows',
    wants: ['cloudwatch', 'health-check-log'],
    since: '0.1.0',
    sources: [
      source.albTargetGroupHealth,
      source.albTargetGroupAttributes,
      source.albMetrics,
      'lab: zonal-network-block',
    ],
  },
  docs: {
    what: "With cross-zone load balancing off, a load balancer node sends only to targets of its own zone. Where those are few or sick, that node's clients suffer while the others are fine. A broken subnet route or ACL of one zone looks the same.",
    why: 'The node has nobody else to send to: it fails open to sick targets, or reaches none. Clients are spread by DNS, so about one in N of all requests fails, N being the number of zones.',
    act: 'Compare the failure rate per load balancer node. Switch cross-zone on, or spread the pods over the zones.',
    inTheLog: {
      row: 'Any connect failure or `503 -` in the files of one node.',
      many: "One node's rows fail (the node's address is in the file name and in field 34 of newer rows), the other nodes' rows do not, for the same target group and minutes.",
    },
    elsewhere: {
      appLog: 'More requests per pod in the poor zone.',
      proxyLog: 'Nothing.',
      cloudwatch:
        '`HealthyHostCount` per `AvailabilityZone`; `UnhealthyRoutingRequestCount`; `HTTPCode_ELB_5XX_Count` in one zone.',
    },
    prove: [
      {
        do: 'Failures per node: `why5xx diagnose LOGS --where node=10.0.1.*`',
        expect: 'a rate many times that of the other nodes.',
      },
      {
        do: '`aws elbv2 describe-target-group-attributes --target-group-arn ARN`',
        expect: '`load_balancing.cross_zone.enabled` false.',
      },
      {
        do: '`kubectl get pods -o wide` beside `kubectl get nodes -L topology.kubernetes.io/zone`',
        expect: 'few or no pods in that zone.',
      },
    ],
    fix: [
      {
        where: 'ALB target group',
        set: '`load_balancing.cross_zone.enabled=true`',
        because: 'It is on by default at an ALB; a zone then borrows targets.',
      },
      {
        where: 'Deployment',
        set: '`topologySpreadConstraints` on `topology.kubernetes.io/zone`, `maxSkew: 1`',
        because: 'Every zone has its share.',
      },
      {
        where: 'Target group health',
        set: '`target_group_health.dns_failover.minimum_healthy_targets.count`',
        because: 'A zone below it leaves DNS.',
      },
      { where: 'Incident', set: 'a zonal shift away from that zone', because: 'It moves clients within minutes.' },
    ],
    lookalikes: [
      {
        cause: 'security-group-or-nacl-block',
        tell: 'The targets of one zone fail for all nodes, or one node fails for targets that the other nodes reach in the same seconds; here the failing node has targets of its own.',
      },
      { cause: 'no-registered-targets', tell: 'All nodes answer 503; here one.' },
      { cause: 'node-removed-before-deregistration', tell: 'One target address; here one load balancer node.' },
    ],
    settledBy: [
      'the failure rate per load balancer node',
      "the target group's cross-zone setting and targets per zone",
    ],
  },
})
