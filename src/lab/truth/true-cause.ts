import type { Failure, RunRecord, TrueCause } from './failure.ts'
import { ownAnswer } from './own-answer.ts'
import {
  endMsOf,
  eventsNear,
  isFaultOn,
  nginxErrorOf,
  pathOf,
  podOf,
  rulesAt,
  startMsOf,
  wasSeen,
} from './run-facts.ts'

/**
 * The true cause of a failure, from what its socket did and what was going on in the lab at that time. The load
 * balancer's log is not read. undefined: the lab itself does not know, which counts as a broken run.
 */
export function trueCauseOf(failure: Failure, run: RunRecord): TrueCause | undefined {
  if (failure.elbStatus === 460) return clientLeft(failure)
  if (failure.targetStatus !== null) return answeredByTarget(failure, run)
  if (failure.target === null) return withoutTarget(failure, run)
  return failure.phase === 'connect' ? notConnected(failure, run) : notAnswered(failure, run)
}

function clientLeft(failure: Failure): TrueCause {
  return {
    causes: ['client-gave-up'],
    why: `the client closed its connection ${seconds(endMsOf(failure) - startMsOf(failure))} after it had asked, in phase ${failure.phase}`,
  }
}

function answeredByTarget(failure: Failure, run: RunRecord): TrueCause | undefined {
  const error = nginxErrorOf(run, failure)
  if (error !== undefined) {
    for (const [pattern, cause] of nginxCauses)
      if (pattern.test(error)) return { causes: [cause], why: `nginx answered ${failure.targetStatus}: ${error}` }
  }
  if (run.frontServer === 'haproxy' && failure.targetStatus === 503)
    return {
      causes: ['admission-limit-rejected'],
      why: 'HAProxy answered 503: its queue was full, or the wait in it too long',
    }
  if (wasSeen(failure, run))
    return { causes: ['application-error'], why: `the application itself answered ${failure.targetStatus}` }
  return undefined
}

const nginxCauses: readonly (readonly [RegExp, string])[] = [
  [/upstream timed out/, 'nginx-upstream-timeout'],
  [/no live upstreams/, 'nginx-no-live-upstreams'],
  [/connect\(\) failed \(111/, 'nginx-upstream-refused'],
  [/prematurely closed|104: Connection reset/, 'nginx-upstream-prematurely-closed'],
  [/too big header/, 'nginx-upstream-header-too-big'],
]

function withoutTarget(failure: Failure, run: RunRecord): TrueCause {
  const path = pathOf(failure)
  if (run.fixedResponsePaths.some((fixed) => path.startsWith(fixed)))
    return { causes: ['fixed-response-rule'], why: `a listener rule answers ${path} with ${failure.elbStatus}` }
  const own = ownAnswer(failure)
  if (own) return { causes: own.causes, why: own.why }
  return { causes: ['no-registered-targets'], why: 'no target was registered in the target group' }
}

function notConnected(failure: Failure, run: RunRecord): TrueCause | undefined {
  const { event = '', after_ms: afterMs = 0 } = failure.socket
  const target = failure.target ?? ''
  const startMs = startMsOf(failure)
  const endMs = endMsOf(failure)
  const atStart = rulesAt(run, target, startMs)
  const atEnd = rulesAt(run, target, endMs)
  const pod = podOf(run, target)
  if (event === 'connect-timer') {
    if (isFaultOn(run, 'blackhole', target.split(':')[0], startMs + 100))
      return {
        causes: ['security-group-or-nacl-block'],
        why: 'packets to this target vanish (blackhole fault): SYN and its repeats unanswered for 10 s',
      }
    if (isFaultOn(run, 'node-removed', target.split(':')[0], startMs + 100))
      return {
        causes: ['node-removed-before-deregistration'],
        why: 'the node is gone but still registered: SYN and its repeats unanswered for 10 s',
      }
    if (pod !== undefined && eventsNear(run, ['pod-terminating'], endMs, 60_000, 0, pod).length > 0)
      return {
        causes: ['deregistration-race', 'host-unreachable'],
        why: `pod ${pod} was gone but the load balancer still sent to it; the node's ICMP answers are limited, this SYN got none`,
      }
    if (atStart === 'REJECT')
      return {
        causes: ['service-without-endpoints'],
        why: 'REJECT rule in force at the first SYN, but the kernel sent no ICMP error for any of its SYNs (icmp_ratelimit: one per second and peer, burst 6): connect timeout at 10 s',
      }
    if (atStart === 'DROP')
      return {
        causes: ['no-local-endpoint'],
        why: 'externalTrafficPolicy Local and no local endpoint: DROP rule in force',
      }
    return {
      causes: ['listen-backlog-overflow'],
      why:
        atEnd === 'REJECT'
          ? 'first SYN went to the pod and was dropped by its full accept queue; its repeats follow connection tracking to the pod, past the REJECT rule'
          : 'SYN and its repeats were dropped by the full accept queue of the pod',
    }
  }
  if (event === 'tls-handshake' || event === 'tls-timer')
    return {
      causes: ['target-tls-handshake-failure'],
      why:
        event === 'tls-timer'
          ? 'the TCP connection stood, and the target did not answer the TLS handshake for 10 s'
          : `the TCP connection stood, the TLS handshake with the target failed: ${failure.socket.code}`,
    }
  if (event === 'ECONNREFUSED') {
    if (atEnd === 'REJECT' || atStart === 'REJECT')
      return {
        causes: ['service-without-endpoints'],
        why:
          afterMs < 500
            ? 'SYN answered by ICMP port unreachable: REJECT rule in force on the node'
            : `REJECT rule in force, but the kernel limits ICMP errors (icmp_ratelimit): first SYNs unanswered, a repeat refused after ${seconds(afterMs)}`,
      }
    if (pod !== undefined && eventsNear(run, ['pod-terminating'], endMs, 60_000, 0, pod).length > 0)
      return {
        causes: ['deregistration-race'],
        why: `pod ${pod} had stopped listening but the load balancer still sent to it`,
      }
    return { causes: ['connection-refused'], why: 'nothing listened on the port: SYN answered by RST' }
  }
  if (event === 'EHOSTUNREACH') {
    if (pod !== undefined && eventsNear(run, ['pod-terminating'], endMs, 60_000, 0, pod).length > 0)
      return {
        causes: ['deregistration-race', 'host-unreachable'],
        why: `pod ${pod} was gone but the load balancer still sent to it: no route to host`,
      }
    return { causes: ['host-unreachable'], why: 'no route to the target: neighbour resolution failed' }
  }
  return undefined
}

function notAnswered(failure: Failure, run: RunRecord): TrueCause | undefined {
  const { event = '', after_ms: afterMs = 0, conn_reused: isReused, conn_idle_ms: idleMs = 0 } = failure.socket
  const endMs = endMsOf(failure)
  const pod = podOf(run, failure.target)
  const isSeen = wasSeen(failure, run)
  if (event === 'deregistration-delay')
    return {
      causes: ['deregistration-delay-exceeded'],
      why: 'still open when the deregistration delay of its target ended',
    }
  if (event === 'idle-timer') {
    const host = failure.target?.split(':')[0]
    if (isFaultOn(run, 'blackhole', host, endMs))
      return {
        causes: ['security-group-or-nacl-block'],
        why: 'packets of an established connection vanish (blackhole fault)',
      }
    if (isFaultOn(run, 'node-removed', host, endMs))
      return {
        causes: ['node-removed-before-deregistration'],
        why: 'the node vanished under an established connection',
      }
    return {
      causes: ['target-idle-timeout'],
      why: `no answer for the idle timeout (${seconds(afterMs)}); the application ${isSeen ? 'had' : 'never had'} the request`,
    }
  }
  if (event !== 'FIN' && event !== 'RST') return undefined
  const killed = eventsNear(run, ['container-exited', 'container-killed'], endMs, 300, 100, pod)
  if (killed.length > 0)
    return {
      causes: ['worker-killed-mid-request'],
      why: `${event} ${seconds(afterMs)} after the request: ${killed[0]?.subject} was killed`,
    }
  if (pod !== undefined && eventsNear(run, ['pod-terminating'], endMs, 60_000, 0, pod).length > 0) {
    if (isReused && !isSeen)
      return {
        causes: ['deregistration-race'],
        why: `${event} on an idle connection that ${pod} closed at its stop signal`,
      }
    return { causes: ['shutdown-drops-in-flight'], why: `${pod} ended while it had the request` }
  }
  const keepAliveMs = run.targetKeepAliveMs
  if (isReused && !isSeen && keepAliveMs !== undefined && idleMs >= keepAliveMs - 60 && idleMs <= keepAliveMs + 700)
    return {
      causes: ['keepalive-shorter-than-idle-timeout'],
      why: `reused connection idle ${idleMs.toFixed(1)} ms, keep-alive timer ${keepAliveMs} ms, ${event}, application never saw the request`,
    }
  return undefined
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`
}
