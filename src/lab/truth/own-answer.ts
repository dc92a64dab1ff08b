import type { Failure, TrueCause } from './failure.ts'

/**
 * Answers that the load balancer gave without a target, by what its own facts say happened: the rule that the request
 * broke, the service that failed, its own limit.
 */
export function ownAnswer(failure: Failure): (TrueCause & { readonly isRules: boolean }) | undefined {
  const { event = '' } = failure.socket
  for (const [pattern, cause, why, isRules = false] of events)
    if (pattern.test(event)) return { causes: [cause], why: `${why} (${event})`, isRules }
  return undefined
}

/** The last value: a rule of the listener answered, so the symptom is `rule-answered`. */
const events: readonly (readonly [RegExp, string, string, boolean?])[] = [
  [/^forwarded-for-limit$/, 'xff-too-long', 'more than 30 addresses in X-Forwarded-For'],
  [/^protocol-version$/, 'protocol-version-mismatch', 'an HTTP/1.1 request for a target group of another version'],
  [/^desync$/, 'desync-blocked', 'the request does not comply, and the desync mitigation mode forbids it'],
  [/^head-limit$/, 'request-too-large-for-alb', 'the request line or the headers are above the limits'],
  [/^(malformed|method|coding|version)$/, 'client-incomplete-request', 'the bytes are no request that is served'],
  [/^(client-closed|idle-timer|bad-request-body)$/, 'client-incomplete-request', 'the request never came whole'],
  [/^waf-block$/, 'waf-blocked', 'the web ACL said no', true],
  [/^WAF/, 'waf-error', 'the web ACL did not answer', true],
  [/^Auth|^auth-/, 'auth-action-failed', 'the login with the identity provider failed', true],
  [/^node-capacity$/, 'load-balancer-capacity', 'the node was at its limit of connections'],
]
