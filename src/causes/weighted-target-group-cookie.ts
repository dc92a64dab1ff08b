import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'weighted-target-group-cookie',
    number: 57,
    family: 'H',
    title: 'The stickiness cookie of weighted target groups could not be used',
    hop: 'client',
    symptoms: ['rule-answered'],
    decidedBy: 'row',
    wants: [],
    since: '0.1.0',
    sources: [source.albLogs, source.albListenerRules],
  },
  docs: {
    what: 'A rule forwards to several weighted target groups with stickiness, and the client sent an `AWSALBTG` cookie that cannot be read, usually because something URL-encoded it.',
    why: 'The load balancer cannot tell which group the client belongs to, and says so in `error_reason`.',
    act: 'Find the client or proxy that re-encodes cookies, and let it send the value back as it came.',
    inTheLog: {
      row: 'A 4XX or 5XX with target status `-` and `error_reason` `AWSALBTGCookieInvalid` or `WeightedTargetGroupsUnhandledException`. No public row was found that shows its status.',
      many: 'One client library or one proxy, every request with that cookie.',
    },
    elsewhere: {
      appLog: 'Nothing.',
      proxyLog: 'A proxy in front that rewrites cookies.',
      cloudwatch: 'No metric of its own.',
    },
    prove: [
      {
        do: "`curl -sv -b 'AWSALBTG=VALUE' URL` with the value as the client sends it, and decoded",
        expect: 'a failure for the encoded one only.',
      },
    ],
    fix: [
      {
        where: 'Client or proxy',
        set: 'cookie values unchanged: no URL-encoding on the way back',
        because: 'The value is opaque.',
      },
      {
        where: 'Listener rule',
        set: '`TargetGroupStickinessConfig` off, if nobody needs it',
        because: 'No cookie, no error.',
      },
    ],
    lookalikes: [
      {
        cause: 'auth-action-failed',
        tell: '`error_reason` begins with `Auth`; another cookie (`AWSELBAuthSessionCookie`).',
      },
      { cause: 'desync-blocked', tell: 'No `error_reason`; `classification` is set.' },
    ],
    settledBy: ['nothing more is needed: the reason is in the row'],
  },
})
