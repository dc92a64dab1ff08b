import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'all-targets-unhealthy',
    number: 23,
    family: 'C',
    title: 'Every target failed its health check, so the load balancer sent to all of them',
    hop: 'application',
    symptoms: ['target-answered', 'no-target', 'connect-refused', 'connect-timeout', 'response-timeout'],
    decidedBy: 'witness',
    wants: ['health-check-log', 'cloudwatch', 'kubernetes'],
    since: '0.1.0',
    sources: [
      source.albTargetGroups,
      source.albHealthChecks,
      source.albTargetGroupHealth,
      source.albMetrics,
      'lab: fail-open-keeps-dead-target',
      'lab: all-targets-unhealthy',
    ],
  },
  docs: {
    what: 'All targets of a group failed their checks. An ALB then fails open: it sends to all of them, healthy or not. There is no 503 for "no healthy targets" on an ALB; a Classic load balancer does write one.',
    why: 'Clients see whatever the sick targets give: refusals, timeouts, their own 5XX. A check that fails for a reason of its own can also make a good group look sick, with no harm done, or throw good targets out one by one before.',
    act: 'Ask whether the targets are sick or the check is. A health path that touches the database makes one dependency take out every pod: let it test only what the pod itself can repair by being left out.',
    inTheLog: {
      row: 'Any symptom of a sick target; a Classic load balancer writes `503` without a backend.',
      many: 'On all targets of the group at once, with the signatures of several causes, while other groups are fine.',
    },
    elsewhere: {
      appLog: 'Failed or slow health requests (user agent `ELB-HealthChecker/2.0`).',
      proxyLog: 'The same.',
      cloudwatch:
        '`UnHealthyHostCount` = all, `HealthyHostCount` 0, `UnhealthyRoutingRequestCount` above 0: that one says fail-open.',
    },
    prove: [
      {
        do: "`aws elbv2 describe-target-health --target-group-arn ARN --query 'TargetHealthDescriptions[].TargetHealth'`",
        expect: 'every target `unhealthy`, with a reason code: `Target.Timeout`, `Target.ResponseCodeMismatch` ...',
      },
      { do: 'From a node: `curl -si http://POD_IP:PORT/HEALTH_PATH`', expect: 'the answer the check gets.' },
      {
        do: 'The health check log of the load balancer',
        expect: 'FAIL for all targets from one moment on, with its reason.',
      },
    ],
    fix: [
      {
        where: 'Health check',
        set: 'a path that answers from the process alone: no database, no third party',
        because: 'Being left out does not repair a dependency.',
      },
      {
        where: 'Health check',
        set: 'timeout 5 s, unhealthy threshold 2 to 3, on the port and protocol of the traffic',
        because: 'A slow check under load must not empty the group.',
      },
      {
        where: 'Target group',
        set: '`target_group_health.unhealthy_state_routing.minimum_healthy_targets.count`',
        because: 'It sets how few healthy targets are too few; below it the load balancer fails open.',
      },
    ],
    lookalikes: [
      {
        cause: 'no-registered-targets',
        tell: '503 without a target: nothing is registered. Here rows have targets (on an ALB).',
      },
      {
        cause: 'service-without-endpoints',
        tell: 'Checks fail too, but because kube-proxy rejects them: look at the EndpointSlices first.',
      },
      { cause: 'dependency-stall', tell: 'The app answers its checks; only the paths that use the dependency fail.' },
    ],
    settledBy: [
      'the health check log, or `UnhealthyRoutingRequestCount`, `HealthyHostCount` and `UnHealthyHostCount`, beside the log: no field of a row says what a target was held for',
      'whether other targets answered while one was dead: only what a working check had taken out is this cause. What sick targets answer themselves, their own 5XX among it, is theirs',
    ],
    folklore: [
      { claim: 'No healthy targets gives 503', truth: 'Only on a Classic load balancer. An ALB sends to all of them.' },
      {
        claim: 'Health checks pass, so the target is fine',
        truth:
          'Each check opens a connection of its own and closes it: it sees no keep-alive race and waits in no pool.',
      },
    ],
  },
})
