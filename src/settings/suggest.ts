import type { Chain } from './chain.ts'
import { lookUp, type Violation } from './evaluate.ts'
import type { SettingId } from './setting.ts'

/** One value that would keep the rule. */
export interface Suggestion {
  readonly set: SettingId
  readonly to: number
}

/** A value that an operator would choose: above what is needed by a margin worth the name, in round numbers. */
export function suggest(violation: Violation, chain: Chain): Suggestion {
  const { rule, needed, right } = violation
  const value = (id: SettingId): number => lookUp(chain, id)?.value ?? 0
  const set = rule.change[0] as SettingId
  switch (rule.id) {
    case 'app-keepalive-not-above-idle-timeout':
    case 'proxy-keepalive-not-above-idle-timeout':
      return { set, to: Math.ceil(value('alb.idleTimeoutSeconds')) + 15 }
    case 'upstream-keepalive-not-below-app-keepalive':
      return { set, to: Math.ceil(value('proxy.upstreamKeepAliveSeconds')) + 15 }
    case 'idle-timeout-not-below-connection-tracking':
      return { set, to: Math.max(1, right - 50) }
    case 'stall-not-below-keepalive':
      return { set, to: Math.max(75, Math.ceil(needed) + 15) }
    case 'read-timeout-not-below-idle-timeout':
    case 'next-upstream-timeout-not-below-idle-timeout':
    case 'worker-kill-not-below-idle-timeout':
      return { set, to: Math.max(1, Math.floor(right) - 10) }
    case 'worker-kill-not-below-read-timeout':
      return { set, to: Math.max(1, Math.floor(right) - 5) }
    case 'connect-timeout-not-below-ten-seconds':
      return { set, to: 2 }
    case 'health-check-timeout-not-below-interval':
      return { set, to: Math.max(2, Math.floor(right) - 2) }
    case 'queue-and-read-timeout-not-below-idle-timeout':
      return { set, to: Math.max(1, Math.floor(right - value('proxy.queueTimeoutSeconds') - 5)) }
    case 'prestop-shorter-than-propagation':
      return { set, to: Math.max(30, Math.ceil(needed)) }
    case 'grace-period-shorter-than-shutdown':
    case 'prestop-fills-grace-period':
    case 'graceful-timeout-exceeds-grace-period': {
      // Room for the preStop that inequality 12 wants as well, so that one edit mends both.
      const preStop = Math.max(value('pod.preStopSeconds'), chain.facts.has('load-balancer') ? 30 : 0)
      return { set, to: Math.ceil(preStop + value('app.gracefulShutdownSeconds')) + 5 }
    }
    case 'shutdown-shorter-than-draining':
      return { set, to: Math.max(1, Math.ceil(needed - value('pod.preStopSeconds'))) }
    case 'liveness-kills-busy-pod':
      return { set, to: Math.ceil(needed / Math.max(1, value('pod.livenessPeriodSeconds'))) }
    case 'liveness-quicker-than-readiness':
      return { set, to: Math.floor(needed / Math.max(1, value('pod.livenessPeriodSeconds'))) + 1 }
    case 'slow-detection-of-a-dead-target':
      return { set, to: 5 }
    case 'proxy-ends-before-app':
    case 'proxy-prestop-shorter-than-app-prestop':
      return { set, to: Math.ceil(needed) + 2 }
    case 'backlog-smaller-than-burst':
      return { set, to: nextPowerOfTwo(Math.max(128, needed)) }
    default:
      return {
        set,
        to: isOnTheRight(violation, set) ? above(needed, rule.relation) : Math.max(0, Math.floor(right) - 1),
      }
  }
}

function isOnTheRight(violation: Violation, set: SettingId): boolean {
  return violation.rule.right === set
}

function above(needed: number, relation: '<' | '<='): number {
  return relation === '<' ? Math.floor(needed) + 1 : Math.ceil(needed)
}

function nextPowerOfTwo(value: number): number {
  return 2 ** Math.ceil(Math.log2(value))
}
