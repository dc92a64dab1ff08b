import type { Chain } from './chain.ts'
import { lookUp, type Violation } from './evaluate.ts'
import { keepAliveCeiling } from './keepalive-ceiling.ts'

/** Load of a service as a log showed it; absent without a diagnosis. */
export interface KnownLoad {
  readonly requestsPerSecond: number
  readonly targets: number
}

/** What a broken rule costs, in numbers; null when no number can be had. */
export function costOf(violation: Violation, chain: Chain, load?: KnownLoad): string | null {
  const value = (id: Parameters<typeof lookUp>[1]): number => lookUp(chain, id)?.value ?? 0
  switch (violation.rule.id) {
    case 'app-keepalive-not-above-idle-timeout':
    case 'proxy-keepalive-not-above-idle-timeout':
    case 'upstream-keepalive-not-below-app-keepalive': {
      const status = violation.rule.id.startsWith('upstream') ? '502 (POST, PATCH)' : '502'
      const share = keepAliveCeiling(violation.right)
      const perDay = load
        ? `; at ${say(load.requestsPerSecond)} requests/s up to ${say(share * load.requestsPerSecond * 86_400)} a day`
        : ''
      return `${status}: at most ${percent(share)} of requests for Poisson traffic and a 2 ms race window${perDay}, more for pollers whose period is near ${say(violation.right)} s`
    }
    case 'prestop-shorter-than-propagation': {
      const missing = violation.left - violation.right
      const lost = load
        ? ` (about ${say((load.requestsPerSecond / Math.max(1, load.targets)) * missing)} requests per pod at your rate)`
        : ''
      return `502: every request sent to a stopping pod for up to ${say(missing)} s per pod and rollout${lost}`
    }
    case 'slow-detection-of-a-dead-target': {
      const share = load
        ? `; at your rate about ${say((load.requestsPerSecond / Math.max(1, load.targets)) * violation.left)} requests`
        : ''
      return `each request to a dead target for ${say(violation.left)} s${share}`
    }
    case 'backlog-smaller-than-burst': {
      const places = violation.right + 1
      return `504 at 10.00 s from the ${places + 1}th connection on that waits to be accepted (${places} fit)`
    }
    case 'liveness-kills-busy-pod':
      return `a pod that is busy for ${say(violation.right)} s is killed with everything it works on`
    case 'readiness-timeout-shorter-than-busy-answer': {
      const window = value('pod.readinessPeriodSeconds') * value('pod.readinessFailures')
      return `a pod that answers its probe in more than ${say(violation.right)} s for ${say(window)} s gets no requests any more`
    }
    case 'read-timeout-not-below-idle-timeout':
      return violation.left === violation.right
        ? `504: both timers end at ${say(violation.left)} s; which of the two answers is a race`
        : `504 by the load balancer at ${say(violation.right)} s, and 499 at the proxy`
    case 'connect-timeout-not-below-ten-seconds':
      return `504: a dead pod costs ${say(violation.left)} s per try instead of 2`
    case 'graceful-timeout-exceeds-grace-period':
    case 'grace-period-shorter-than-shutdown':
    case 'prestop-fills-grace-period':
      return `502: SIGKILL comes ${say(violation.left)} s of work into a grace period of ${say(violation.right)} s`
    default:
      return null
  }
}

export function say(value: number): string {
  if (!Number.isFinite(value)) return 'unlimited'
  if (value >= 100) return String(Math.round(value))
  if (value !== 0 && Math.abs(value) < 0.01) return value.toPrecision(1)
  return String(Math.round(value * 100) / 100)
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`
}
