import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'fixed-response-rule',
    number: 54,
    family: 'H',
    title: 'A listener rule answered with a fixed response',
    hop: 'load-balancer',
    symptoms: ['rule-answered'],
    decidedBy: 'row',
    wants: ['cloudwatch'],
    since: '0.1.0',
    sources: [
      source.albLogs,
      source.albMetrics,
      source.albListenerRules,
      source.controllerBackends,
      'lab: fixed-response',
    ],
  },
  docs: {
    what: 'A rule of the listener has the action `fixed-response` with a 5XX status: a maintenance page, a default rule that says 503 to unknown hosts, or the rule that the AWS Load Balancer Controller installs for an Ingress path whose Service does not exist: 503 with the body `Backend service does not exist`.',
    why: 'The load balancer writes what the rule says, without choosing a target group. It is configuration, not a failure, though it counts as one on a dashboard.',
    act: 'Look at `matched_rule_priority` and decide whether that rule should exist. If it is wanted, take it out of the failure count or give it a status that says so.',
    inTheLog: {
      row: '5XX with target status `-`, target `-`, target group ARN `-`, times `-1 -1 -1`, last action `fixed-response`, `matched_rule_priority` set (0 is the default rule).',
      many: 'Every request to those hosts or paths, always the same rule priority and the same few `sent_bytes` values, from one moment to another.',
    },
    elsewhere: {
      appLog: 'Nothing.',
      proxyLog: 'Nothing.',
      cloudwatch:
        "`HTTP_Fixed_Response_Count` rises. Whether it is also in `HTTPCode_ELB_5XX_Count` was not found in AWS's pages.",
    },
    prove: [
      {
        do: 'Read the body: `curl -si URL`',
        expect:
          '`Backend service does not exist` or `Backend action does not exist` (the controller), or your own maintenance page.',
      },
      {
        do: '`aws elbv2 describe-rules --listener-arn ARN --query "Rules[?Priority==\'N\']"`',
        expect: 'an action of type `fixed-response` with that status.',
      },
      {
        do: '`kubectl get ingress -A -o yaml | grep -n fixed-response`',
        expect: 'the `actions.NAME` annotation that made it.',
      },
    ],
    fix: [
      {
        where: 'Listener or Ingress',
        set: 'remove the rule, or narrow its host and path conditions',
        because: 'Requests then reach a target group.',
      },
      {
        where: 'Ingress',
        set: 'the Service name and port of each path',
        because:
          'For a Service or an `actions.NAME` annotation that does not exist the controller installs a fixed 503.',
      },
      {
        where: 'Default rule',
        set: '404 instead of 503',
        because: 'Scanners that call the address by number then stop looking like an outage.',
      },
    ],
    lookalikes: [
      {
        cause: 'no-registered-targets',
        tell: 'Same 503, but the target group ARN is set and the action is `forward`.',
      },
      { cause: 'waf-blocked', tell: 'The last action is `waf`: a Block rule with a custom status.' },
    ],
    settledBy: ['nothing more is needed: the action in the row says it'],
  },
})
