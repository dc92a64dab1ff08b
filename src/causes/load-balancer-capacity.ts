import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'load-balancer-capacity',
    number: 56,
    family: 'H',
    title: 'Traffic rose faster than the load balancer scaled',
    hop: 'load-balancer',
    symptoms: ['no-target', 'rejected-request', 'unclassified'],
    decidedBy: 'witness',
    wants: ['cloudwatch'],
    since: '0.1.0',
    sources: [
      source.albMetrics,
      source.albCapacity,
      'https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/ts-elb-error-message.html',
      'lab: load-balancer-capacity',
    ],
  },
  docs: {
    what: 'A load balancer grows with its traffic, not ahead of it. In a sudden surge (a campaign, a load test from one region, a failover) it may refuse connections for minutes.',
    why: 'A refused client connection is no request, so usually there is no row: clients see resets and time-outs. A 503 of an ALB in a surge is consistent with reports, not documented and not seen in a public row. A Classic load balancer writes 503 when its surge queue of 1,024 is full.',
    act: 'Look at `RejectedConnectionCount`. If it rises, reserve capacity before the next surge and let clients keep their connections.',
    inTheLog: {
      row: 'None for refused connections. Perhaps `503 -` with neither target group nor rule: no rule was looked at. Such rows are named with CloudWatch only, and stay open on the log alone.',
      many: 'Requests per minute at least double within a few minutes, then a dent that no target explains. Logging is best effort: gaps prove nothing.',
    },
    elsewhere: {
      appLog: 'Nothing; fewer requests than clients made.',
      proxyLog: 'Nothing.',
      cloudwatch:
        '`RejectedConnectionCount` above 0; `ActiveConnectionCount` and `ConsumedLCUs` in a steep rise. Classic: `SpilloverCount`, `SurgeQueueLength`.',
    },
    prove: [
      {
        do: '`aws cloudwatch get-metric-statistics --namespace AWS/ApplicationELB --metric-name RejectedConnectionCount` with the load balancer and the hour',
        expect: 'a sum above 0 in those minutes.',
      },
      { do: '`dig +short LB_NAME` every minute during a surge', expect: 'more addresses as it scales.' },
    ],
    fix: [
      {
        where: 'ALB',
        set: '`aws elbv2 modify-capacity-reservation --load-balancer-arn ARN --minimum-load-balancer-capacity CapacityUnits=N`',
        because: 'It keeps a floor of capacity before an event. It costs for as long as it stands.',
      },
      {
        where: 'Clients and load tests',
        set: 'keep-alive, and a DNS lifetime of 60 s or less',
        because: 'New nodes are only used by those who ask again.',
      },
    ],
    lookalikes: [
      {
        cause: 'no-registered-targets',
        tell: 'Total for one target group, with `describe-target-health` empty; here a share of all traffic.',
      },
      { cause: 'fixed-response-rule', tell: 'Last action `fixed-response`; at any rate of traffic.' },
    ],
    settledBy: ['`RejectedConnectionCount` in those minutes (`--with cloudwatch.json`)'],
  },
})
