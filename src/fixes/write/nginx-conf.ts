import { nginxKnows } from '../../settings/nginx-versions.ts'
import { number } from '../cause-numbers.ts'
import { numberText } from '../escape.ts'
import { perPod } from '../load.ts'
import type { FixPlan } from '../plan.ts'
import type { ChangeId } from '../setting-change.ts'
import { reason } from './reason.ts'

/** Where the proxy listens and what it sends to. Only values of our own or checked ones. */
export interface ProxyPlace {
  readonly listenPort: number
  readonly appHost: string
  readonly appPort: number
}

/** A complete nginx.conf; it writes nothing that the plan's version does not know. */
export function writeNginxConf(plan: FixPlan, place: ProxyPlace): string {
  const lines: string[] = []
  const value = (set: ChangeId): string => {
    const planned = plan.values.get(set)
    if (!planned || typeof planned.to !== 'number') throw new Error(`The plan has no ${set}`)
    return numberText(planned.to)
  }
  /** A directive with its reason above it. */
  const put = (indent: number, directive: string, set?: ChangeId, why?: string): void => {
    const planned = set ? plan.values.get(set) : undefined
    const comment = why ?? (planned ? reason(planned) : undefined)
    if (comment) lines.push(`${' '.repeat(indent)}# ${comment}`)
    lines.push(`${' '.repeat(indent)}${directive}`)
  }
  const knows = (feature: Parameters<typeof nginxKnows>[0]): boolean => nginxKnows(feature, plan.nginxVersion)
  const connections = Number(value('proxy.workerConnections'))
  const minimum = Number(value('proxy.keepAliveSeconds')) - 10

  lines.push(
    `# Written by why5xx fix for nginx ${plan.nginxVersion}. Numbers of inequalities: docs/timeouts.md of why5xx.`,
    '# nginx holds connections, buffers and logs; it does not queue for a busy app: the waiting happens in the app.',
    '',
  )
  put(
    0,
    `worker_processes ${plan.as === 'sidecar' ? 1 : 2};`,
    undefined,
    'auto would take every core of the node, not the limit of the container',
  )
  put(
    0,
    `worker_rlimit_nofile ${connections * 2};`,
    undefined,
    'two files per slot: prevents proxy-sheds-idle-connections',
  )
  if (knows('workerShutdownTimeout'))
    put(
      0,
      `worker_shutdown_timeout ${Math.max(1, grace(plan) - 5)}s;`,
      undefined,
      'open requests end before the grace period does (inequality 15)',
    )
  lines.push('pid /tmp/nginx.pid;', 'error_log stderr warn;', '', 'events {')
  put(4, `worker_connections ${connections};`, 'proxy.workerConnections')
  lines.push('}', '', 'http {')
  lines.push(
    "    # One JSON object per request; trace joins it with the load balancer's log (why5xx --with).",
    '    log_format why5xx escape=json \'{"time":"$time_iso8601","trace":"$http_x_amzn_trace_id","status":$status,\'',
    '        \'"method":"$request_method","path":"$uri","request_time":$request_time,"upstream_addr":"$upstream_addr",\'',
    '        \'"upstream_status":"$upstream_status","upstream_connect_time":"$upstream_connect_time",\'',
    '        \'"upstream_header_time":"$upstream_header_time","upstream_response_time":"$upstream_response_time",\'',
    '        \'"connection":$connection,"connection_requests":$connection_requests,"bytes":$bytes_sent}\';',
    '    access_log /dev/stdout why5xx;',
    '',
  )
  put(4, `keepalive_timeout ${value('proxy.keepAliveSeconds')}s;`, 'proxy.keepAliveSeconds')
  if (knows('keepaliveMinTimeout'))
    put(
      4,
      `keepalive_min_timeout ${minimum}s;`,
      undefined,
      'idle connections survive a reload and shedding this long; prevents proxy-reload-closes-connections',
    )
  lines.push(
    '    # Temporary files where an unprivileged, read-only container may write.',
    '    client_body_temp_path /tmp/client_body;',
    '    proxy_temp_path /tmp/proxy;',
    '    fastcgi_temp_path /tmp/fastcgi;',
    '    uwsgi_temp_path /tmp/uwsgi;',
    '    scgi_temp_path /tmp/scgi;',
    '',
  )
  put(4, 'large_client_header_buffers 4 16k;', undefined, 'what the load balancer lets through: 16 K per header')
  put(4, 'client_max_body_size 10m;', undefined, 'the same limit as the app; prevents early-response-to-upload')
  lines.push('')
  lines.push(
    '    # A WebSocket asks for an upgrade; everything else gets an empty Connection header, which keeps pooled connections.',
    '    map $http_upgrade $why5xx_connection {',
    '        default upgrade;',
    "        '' '';",
    '    }',
    '',
  )
  limitComment(lines, plan)
  lines.push('    upstream app {')
  put(
    8,
    `server ${place.appHost}:${place.appPort} max_fails=0;`,
    undefined,
    'one hiccup must not ban the only server for 10 s; no max_conns: nginx rejects instead of waiting (prevents nginx-no-live-upstreams)',
  )
  put(8, 'keepalive 32;', undefined, 'idle connections to the app, per worker; not a limit')
  if (knows('upstreamKeepaliveTimeout'))
    put(8, `keepalive_timeout ${value('proxy.upstreamKeepAliveSeconds')}s;`, 'proxy.upstreamKeepAliveSeconds')
  lines.push('    }', '', '    server {')
  put(
    8,
    `listen ${place.listenPort} backlog=4096;`,
    undefined,
    "the accept queue of this proxy, capped by net.core.somaxconn in the pod's network namespace (4096 since Linux 5.4); a NodePort has none",
  )
  lines.push(
    '',
    '        # The proxy alone: for its own probe. The load balancer should ask the app, through "location /".',
    '        location = /why5xx-proxy-health {',
    '            access_log off;',
    '            default_type text/plain;',
    '            return 200 "ok\\n";',
    '        }',
    '',
    '        location / {',
    '            proxy_pass http://app;',
    '            proxy_http_version 1.1;',
    '            proxy_set_header Upgrade $http_upgrade;',
    '            proxy_set_header Connection $why5xx_connection;',
    '            proxy_set_header Host $host;',
    '            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
    '            proxy_set_header X-Forwarded-Proto $http_x_forwarded_proto;',
    '',
  )
  put(12, `proxy_connect_timeout ${value('proxy.connectTimeoutSeconds')}s;`, 'proxy.connectTimeoutSeconds')
  put(12, `proxy_send_timeout ${value('proxy.readTimeoutSeconds')}s;`, undefined, 'the same limit for the way there')
  put(12, `proxy_read_timeout ${value('proxy.readTimeoutSeconds')}s;`, 'proxy.readTimeoutSeconds')
  put(
    12,
    'proxy_next_upstream error timeout;',
    undefined,
    'GET on a stale pooled connection is repeated and does not count as a try; POST never is',
  )
  put(12, 'proxy_next_upstream_tries 1;', undefined, 'one server: a further try would hit the same busy app')
  put(
    12,
    `proxy_next_upstream_timeout ${value('proxy.nextUpstreamTimeoutSeconds')}s;`,
    'proxy.nextUpstreamTimeoutSeconds',
  )
  lines.push('')
  put(12, 'proxy_request_buffering on;', undefined, 'a slow upload occupies nginx, not the app')
  put(12, 'proxy_buffering on;', undefined, 'a slow reader occupies nginx, not the app')
  put(12, 'proxy_buffer_size 16k;', undefined, 'the response head must fit; prevents nginx-upstream-header-too-big')
  put(12, 'proxy_buffers 8 32k;', undefined, 'a whole answer up to 256 K leaves the app at once')
  put(12, 'proxy_busy_buffers_size 64k;', undefined, 'what may be on its way to the client meanwhile')
  lines.push('        }', '    }', '}', '')
  return lines.join('\n')
}

function grace(plan: FixPlan): number {
  const planned = plan.values.get('pod.gracePeriodSeconds')
  return typeof planned?.to === 'number' ? planned.to : 80
}

/** The nearest thing to a queue that nginx has, ready to be switched on; off because it is wrong as soon as the service time drifts. */
function limitComment(lines: string[], plan: FixPlan): void {
  const { load, queue } = plan
  if (!load || !queue.isMeasured) return
  const rate = Math.max(1, Math.floor((0.9 * queue.parallel) / load.serviceSeconds))
  lines.push(
    `    # Smoothing bursts: 0.9 x ${queue.parallel} at once / ${number(load.serviceSeconds)} s = ${rate} requests/s per pod (your peak: ${number(perPod(load).perSecond)}).`,
    '    # Blind to the service time, so it is off. A true queue: why5xx fix --front haproxy.',
    `    # limit_req_zone all zone=app:64k rate=${rate}r/s;      and in "location /":`,
    `    # limit_req zone=app burst=${Math.max(1, rate * queue.waitSeconds)};  limit_req_status 503;`,
    '',
  )
}
