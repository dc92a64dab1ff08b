import { number } from '../cause-numbers.ts'
import { numberText } from '../escape.ts'
import { perPod } from '../load.ts'
import type { FixPlan } from '../plan.ts'
import type { ChangeId } from '../setting-change.ts'
import type { ProxyPlace } from './nginx-conf.ts'
import { reason } from './reason.ts'

/** A complete haproxy.cfg (2.4 or newer): bounded concurrency, a bounded queue, an honest 503. */
export function writeHaproxyCfg(plan: FixPlan, place: ProxyPlace): string {
  const lines: string[] = []
  const value = (set: ChangeId): string => {
    const planned = plan.values.get(set)
    if (!planned || typeof planned.to !== 'number') throw new Error(`The plan has no ${set}`)
    return numberText(planned.to)
  }
  const put = (line: string, set?: ChangeId, why?: string): void => {
    const planned = set ? plan.values.get(set) : undefined
    const comment = why ?? (planned ? reason(planned) : undefined)
    if (comment) lines.push(`    # ${comment}`)
    lines.push(`    ${line}`)
  }
  const { queue, load } = plan
  const keepAlive = value('proxy.keepAliveSeconds')
  lines.push(
    '# Written by why5xx fix for HAProxy 2.4 or newer. Numbers of inequalities: docs/timeouts.md of why5xx.',
    '# A true queue: requests above maxconn wait here, at most "timeout queue", then get 503. It adds no capacity.',
    '',
    'global',
    '    log stdout format raw local0',
  )
  put(`maxconn ${value('proxy.workerConnections')}`, 'proxy.workerConnections')
  put(
    `hard-stop-after ${Math.max(1, grace(plan) - 5)}s`,
    undefined,
    'open requests end before the grace period does (inequality 15)',
  )
  lines.push('', 'defaults', '    mode http', '    log global', '    option httplog', '    option dontlognull')
  put(`timeout http-keep-alive ${keepAlive}s`, 'proxy.keepAliveSeconds')
  put(
    'option idle-close-on-response',
    undefined,
    'a reload or a stop closes an idle connection after its next answer, not before a request that is on its way; prevents proxy-reload-closes-connections',
  )
  put('timeout http-request 10s', undefined, 'a request head must arrive within this')
  put(`timeout client ${keepAlive}s`, undefined, 'not below the keep-alive')
  put(`timeout connect ${value('proxy.connectTimeoutSeconds')}s`, 'proxy.connectTimeoutSeconds')
  put(`timeout queue ${value('proxy.queueTimeoutSeconds')}s`, 'proxy.queueTimeoutSeconds')
  put(`timeout server ${value('proxy.readTimeoutSeconds')}s`, 'proxy.readTimeoutSeconds')
  put('timeout tunnel 1h', undefined, 'WebSockets')
  put('retries 1', undefined, 'one server: a further try would hit the same busy app')
  put('retry-on conn-failure', undefined, 'only when nothing was sent: a request is never run twice')
  lines.push('', 'frontend load-balancer')
  put(
    `bind :${place.listenPort}`,
    undefined,
    "the accept queue is capped by net.core.somaxconn in the pod's network namespace",
  )
  put(
    'http-request capture req.hdr(X-Amzn-Trace-Id) len 128',
    undefined,
    "joins this log with the load balancer's (why5xx --with); %Tw in it is the wait in the queue",
  )
  put('monitor-uri /why5xx-proxy-health', undefined, 'the proxy alone: for its own probe')
  put('option forwardfor if-none', undefined, "keeps the load balancer's X-Forwarded-For")
  lines.push('    default_backend app', '', 'backend app')
  put(
    'http-reuse safe',
    undefined,
    `pooled connections to the app; it must keep them above the ${value('proxy.upstreamKeepAliveSeconds')} s below (inequality 2)`,
  )
  const why = queue.isMeasured
    ? `maxconn: the log shows that one pod works on ${queue.parallel} at once`
    : `maxconn: no limit is known, ${queue.parallel} is the number of threads of a sync FastAPI app; measure and set`
  const places = load
    ? `maxqueue: ${queue.parallel} x ${queue.waitSeconds} s / ${number(load.serviceSeconds)} s = ${queue.places} requests are served within ${queue.waitSeconds} s (peak: ${number(perPod(load).perSecond)}/s)`
    : `maxqueue: what is served within ${queue.waitSeconds} s at 0.1 s each (no load is known)`
  lines.push(`    # ${why}`)
  put(
    `server app ${place.appHost}:${place.appPort} maxconn ${queue.parallel} maxqueue ${queue.places} pool-purge-delay ${Math.max(1, Number(value('proxy.upstreamKeepAliveSeconds')) / 2)}s`,
    undefined,
    places,
  )
  lines.push('')
  return lines.join('\n')
}

function grace(plan: FixPlan): number {
  const planned = plan.values.get('pod.gracePeriodSeconds')
  return typeof planned?.to === 'number' ? planned.to : 80
}
