import { defineFormat } from './define-format.ts'

/** The only per-target record that tells whether a target failed its health checks when the 5XX came. */
export const albHealthCheck = defineFormat({
  id: 'alb-health-check',
  title: 'Application Load Balancer health check log',
  source:
    'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-health-check-logs.html#health-check-log-entry-format',
  rowIs: 'one health check of one target',
  leastFields: 8,
  required: ['time', 'status'],
  exportNeeds: ['target_addr', 'target_group_id'],
  fields: [
    {
      name: 'type',
      kind: 'text',
      signature: /^[a-z0-9]+$/,
      meaning: 'Kind of check: http, https, h2, grpc or lambda.',
    },
    { name: 'time', kind: 'time', signature: /^\d{4}-/, meaning: 'When the check was made, UTC.' },
    {
      name: 'latency',
      kind: 'seconds',
      absent: ['-1', '-'],
      signature: /^(-?\d+(\.\d+)?|-)$/,
      meaning: 'Seconds that the check took.',
    },
    { name: 'target_addr', kind: 'text', meaning: 'The target: ip:port, or the ARN of a Lambda function.' },
    { name: 'target_group_id', kind: 'text', meaning: 'Name of the target group.' },
    { name: 'status', kind: 'text', signature: /^(PASS|FAIL)$/, meaning: 'PASS or FAIL.' },
    { name: 'status_code', kind: 'text', meaning: 'Status that the target answered; `-`: none.' },
    {
      name: 'reason_code',
      kind: 'text',
      meaning: 'Why it failed: TimedOut, ConnectionReset, ResponseCodeMismatch, TargetError, InternalError ...',
    },
    { name: 'elb', kind: 'text', since: '2026', meaning: 'The load balancer, as app/NAME/ID.' },
    { name: 'ip_address', kind: 'address', since: '2026', meaning: 'Address of the load balancer node.' },
  ],
  samples: [
    {
      title: 'a passed check',
      line: 'http 2025-10-31T12:44:59.875678Z 0.019584011 172.31.20.97:80 HCLogsTestIPs PASS 200 -',
      fields: 8,
      expect: { status: 'PASS', status_code: '200', reason_code: undefined, latency: '0.019584011' },
    },
    {
      title: 'a failed check of an IPv6 target with the newer fields and one more',
      line: 'h2 2026-10-31T12:44:58.901409Z 5.000121 2001:db8::20:8443 shop FAIL - TimedOut app/shop/7e13d860e39e867e 10.28.0.11 new',
      fields: 11,
      expect: { status: 'FAIL', status_code: undefined, reason_code: 'TimedOut', target_addr: '2001:db8::20:8443' },
    },
    {
      title: 'a row cut before its result',
      line: 'http 2025-10-31T12:44:59.875678Z 0.0195',
      fields: 3,
      expect: { latency: '0.0195' },
      isCut: true,
    },
  ],
})
