import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'auth-action-failed',
    number: 52,
    family: 'H',
    title: "The load balancer's authentication step failed",
    hop: 'load-balancer',
    symptoms: ['rule-answered'],
    decidedBy: 'row',
    wants: ['cloudwatch'],
    since: '0.1.0',
    sources: [source.albTroubleshooting, source.albLogs, source.albAuth, source.albMetrics, 'lab: auth-action-failed'],
  },
  docs: {
    what: 'A rule has `authenticate-oidc`, `authenticate-cognito` or JWT validation. The user was refused, or the load balancer could not talk to the identity provider: its token, user-info or JWKS endpoint was unreachable or took more than 5 s.',
    why: '401: not authenticated. 500: an endpoint unreachable or too slow, claims over 11 KB, JWKS over 150 KB or 10 keys. 561: the provider returned an error. 562: the JWKS endpoint answered with something unusable.',
    act: "Read `error_reason`. For timeouts check the load balancer's way out: its security group's egress, DNS, a NAT gateway for internal load balancers; it speaks IPv4 only to the provider.",
    inTheLog: {
      row: '401, 500, 561 or 562, target `-`, last action `authenticate`, `error_reason` `Auth*`, `JWT*` or `JWKS*`. Codes that AWS does not list occur in the wild.',
      many: 'All users of those rules at once: the provider or the network. Single users: cookies, claims, expired sessions.',
    },
    elsewhere: {
      appLog: 'Nothing.',
      proxyLog: 'Nothing.',
      cloudwatch:
        '`ELBAuthError` (500), `ELBAuthFailure` (401), `ELBAuthUserClaimsSizeExceeded`, `ELBAuthLatency`, `JWTValidationFailureCount`.',
    },
    prove: [
      {
        do: '`aws elbv2 describe-rules --listener-arn ARN --query "Rules[].Actions[?Type==\'authenticate-oidc\']"`',
        expect: 'the endpoints the load balancer calls.',
      },
      {
        do: "From the load balancer's subnets: `curl -4sv --max-time 5 TOKEN_ENDPOINT`",
        expect: 'no connection, or an answer after more than 5 s.',
      },
    ],
    fix: [
      {
        where: 'Security group of the ALB',
        set: 'egress TCP 443 to the provider',
        because: 'The load balancer itself calls it.',
      },
      {
        where: 'VPC',
        set: 'a NAT gateway for an internal load balancer; no `dualstack-without-public-ipv4`',
        because: 'The provider is called over public IPv4.',
      },
      {
        where: 'Identity provider',
        set: 'fewer claims (below 11 KB), the exact callback URL `https://HOST/oauth2/idpresponse`',
        because: 'Both are documented limits.',
      },
    ],
    lookalikes: [
      { cause: 'waf-error', tell: 'The `error_reason` begins with `WAF` instead of `Auth`.' },
      { cause: 'application-error', tell: '`500 500` with a target: the app behind the login failed.' },
      { cause: 'client-gave-up', tell: '460: the user closed the login; no reason code.' },
    ],
    settledBy: [
      'nothing more is needed for what failed: the reason is in the row',
      "a call to the provider's endpoint from the load balancer's subnets",
    ],
  },
})
