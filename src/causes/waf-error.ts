import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'waf-error',
    number: 51,
    family: 'H',
    title: 'AWS WAF did not answer the load balancer, and the request was not let through',
    hop: 'load-balancer',
    symptoms: ['rule-answered'],
    decidedBy: 'row',
    wants: ['cloudwatch'],
    since: '0.1.0',
    sources: [source.albLogs, source.albTroubleshooting, source.albAttributes, 'lab: waf-error'],
  },
  docs: {
    what: 'The load balancer asked WAF about the request and got no usable answer: connection error, timeout, service error.',
    why: 'With `waf.fail_open.enabled` at its default of false the load balancer answers 500 and forwards nothing. With true it forwards to the target.',
    act: 'Check AWS Health for WAF in the region, and whether rules changed just before. Then decide whether your service should fail open.',
    inTheLog: {
      row: '500, target `-`, action `waf-failed`, `error_reason` one of `WAFConnectionError`, `WAFConnectionTimeout`, `WAFResponseReadTimeout`, `WAFServiceError`, `WAFUnhandledException`.',
      many: 'All paths at once, in minutes; other load balancers with a web ACL in the region as well.',
    },
    elsewhere: {
      appLog: 'Nothing; with fail-open the requests arrive uninspected, with actions `waf-failed,forward`.',
      proxyLog: 'Nothing.',
      cloudwatch: '`HTTPCode_ELB_500_Count`.',
    },
    prove: [
      {
        do: '`aws elbv2 describe-load-balancer-attributes --load-balancer-arn ARN --query "Attributes[?Key==\'waf.fail_open.enabled\']"`',
        expect: '`false`.',
      },
      {
        do: 'AWS Health dashboard for WAF in the region',
        expect: 'an event at that time, or none: then a support case with the trace ids.',
      },
    ],
    fix: [
      {
        where: 'ALB',
        set: '`waf.fail_open.enabled=true`',
        because:
          'Requests then pass uninspected while WAF is down. A trade of safety against availability: decide it beforehand.',
      },
    ],
    lookalikes: [
      { cause: 'waf-blocked', tell: '403 or a custom status with action `waf`: WAF answered and said no.' },
      {
        cause: 'auth-action-failed',
        tell: '500 too, with `error_reason` `Auth*`: the identity provider did not answer.',
      },
      { cause: 'application-error', tell: "`500 500`: the app's own; here the target status is `-`." },
    ],
    settledBy: ['nothing more is needed: action and reason are in the row'],
  },
})
