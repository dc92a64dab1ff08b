import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'waf-blocked',
    number: 51,
    family: 'H',
    title: 'AWS WAF blocked the request',
    hop: 'load-balancer',
    symptoms: ['rule-answered'],
    decidedBy: 'row',
    wants: ['cloudwatch'],
    since: '0.1.0',
    sources: [
      source.albLogs,
      source.albTroubleshooting,
      'https://docs.aws.amazon.com/waf/latest/developerguide/customizing-the-response-for-blocked-requests.html',
      'lab: waf-error',
    ],
  },
  docs: {
    what: 'A rule of the web ACL attached to the load balancer has the action Block. The default answer is 403; a custom response can have any status, a 5XX too.',
    why: 'WAF decides before a target is chosen. A Block with a custom 503 looks like an outage on a dashboard, yet it is policy.',
    act: "Find the rule in WAF's own log by time and client. If it blocks the right requests, count them apart; if not, loosen it or set it to Count first.",
    inTheLog: {
      row: '403 (or the custom status), target `-`, `-1 -1 -1`, last action `waf`.',
      many: 'Some paths, bodies or clients; from a change of the rules on.',
    },
    elsewhere: {
      appLog: 'Nothing.',
      proxyLog: 'Nothing.',
      cloudwatch: '`BlockedRequests` in `AWS/WAFV2`, per rule.',
    },
    prove: [
      {
        do: '`aws wafv2 get-web-acl-for-resource --resource-arn LOAD_BALANCER_ARN`',
        expect: 'the web ACL and its rules.',
      },
      { do: "WAF's log: `terminatingRuleId` for the client and second of the row", expect: 'the rule that blocked.' },
    ],
    fix: [
      {
        where: 'WAF',
        set: 'the rule to Count, then a narrower statement or a scope-down',
        because: 'Managed rules block large bodies and unusual cookies.',
      },
      {
        where: 'WAF',
        set: 'a 403 in the custom response instead of a 5XX',
        because: 'Policy is then not counted as failure.',
      },
    ],
    lookalikes: [
      {
        cause: 'waf-error',
        tell: '500 with action `waf-failed` or a `WAF*` reason: WAF did not answer, nothing was blocked.',
      },
      { cause: 'fixed-response-rule', tell: 'Last action `fixed-response`: a listener rule, not WAF.' },
      { cause: 'auth-action-failed', tell: 'Last action `authenticate` or a reason `Auth*`.' },
    ],
    settledBy: ['nothing more is needed for who blocked: the action says it', "WAF's log for which rule"],
  },
})
