import {
  defineLineFormat,
  type LineField,
  type LineFieldKind,
  type LineFormat,
  UPSTREAM_TIMES,
} from './define-line-format.ts'

const SOURCE = 'https://nginx.org/en/docs/http/ngx_http_log_module.html'

/** nginx's variables that say something here. Others are named and skipped. */
const VARIABLES: Readonly<Record<string, readonly [LineFieldKind, string]>> = {
  remote_addr: ['client', 'The peer: the load balancer node.'],
  time_local: ['time', 'When the answer was complete, to the second.'],
  time_iso8601: ['time', 'When the answer was complete, to the second.'],
  msec: ['time', 'When the answer was complete, to the millisecond.'],
  request: ['request', 'Method, path with query, version.'],
  request_method: ['method', 'Method.'],
  request_uri: ['path', 'Path with query, as the client sent it.'],
  uri: ['path', 'Path, after rewrites.'],
  status: ['status', 'The status nginx answered; 499: whoever asked had left.'],
  bytes_sent: ['sentBytes', 'Bytes sent, head included.'],
  body_bytes_sent: ['bodyBytes', 'Bytes sent, without the head.'],
  request_time: ['seconds', 'From the first byte read to the last one written.'],
  upstream_addr: ['upstreamAddress', 'Every server that was tried.'],
  upstream_status: ['upstreamStatus', 'What each try came to.'],
  upstream_response_time: ['upstreamSeconds', 'How long each try took.'],
  upstream_connect_time: ['upstreamConnectSeconds', 'Until each try was connected.'],
  upstream_header_time: ['upstreamHeaderSeconds', 'Until the header of each try had come; a dash: none came.'],
  http_x_amzn_trace_id: ['traceId', 'The load balancer’s trace id.'],
}

/** Whatever follows the sizes: `"referer" "agent"`, ingress-nginx's fields, or `rt=0.019 urt=0.019 us=200`. */
const HEAD = String.raw`^(?:[\w.:*-]+ (?=[^\s-]\S* - ))?(\S+) (?:- )?(?:\S+ )?\[([^\]]+)\] "([^"]*)" (\d{3}) (\d+|-)`

/** Names that people give to the variables in `key=$variable` formats. */
const TAIL_KEYS: readonly (readonly [RegExp, LineFieldKind])[] = [
  [/\b(?:rt|request_time|reqtime)[=:]"?(-|[\d.]+)/, 'seconds'],
  [
    /\b(?:urt|upstream_response_time|uresp_time|upstream_time)[=:]"?(-|[\d.]+(?:(?:, | : )[\d.-]+)*)/,
    'upstreamSeconds',
  ],
  [/\b(?:uct|upstream_connect_time)[=:]"?(-|[\d.]+(?:(?:, | : )[\d.-]+)*)/, 'upstreamConnectSeconds'],
  [/\b(?:uht|upstream_header_time)[=:]"?(-|[\d.]+(?:(?:, | : )[\d.-]+)*)/, 'upstreamHeaderSeconds'],
  [/\b(?:bytes_sent|sent)[=:]"?(\d+)/, 'sentBytes'],
  [/\b(?:us|ust|upstream_status)[=:]"?(-|\d{3}(?:(?:, | : )[\d-]+)*)/, 'upstreamStatus'],
  [/\b(?:ua|upstream|upstream_addr)[=:]"?(-|[\w.:/[\]-]+:[\w.:/[\]-]+(?:(?:, | : )[\w.:/[\]-]+)*)/, 'upstreamAddress'],
  // The name of a group of servers, when none of them could be selected. `ua` alone is as often the user agent.
  [/\b(?:upstream|upstream_addr|uaddr)[=:]"?([A-Za-z_][\w.-]*)(?=["\s,]|$)/, 'upstreamAddress'],
]

/** `length time [upstream name] [other name] addresses lengths times statuses id`. */
const INGRESS_TAIL = String.raw` "[^"]*" "[^"]*" \d+ ([\d.]+) \[[^\]]*\] \[[^\]]*\] (-|\S+(?:(?:, | : )\S+)*) (?:-|[\d-]+(?:(?:, | : )[\d-]+)*) (-|[\d.]+(?:(?:, | : )[\d.-]+)*) (-|\d{3}(?:(?:, | : )[\d-]+)*)(?: \S+)?`

export const ingressNginxAccess = defineLineFormat({
  id: 'nginx-access',
  title: 'ingress-nginx access log (its default)',
  source: 'https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/log-format/',
  role: 'proxy',
  what: 'request',
  pattern: new RegExp(`${HEAD}${INGRESS_TAIL}`),
  fields: [
    ...['remote_addr', 'time_local', 'request', 'status', 'body_bytes_sent'].map(field),
    ...['request_time', 'upstream_addr', 'upstream_response_time', 'upstream_status'].map(field),
  ],
  samples: [
    {
      title: 'two tries',
      line: '10.0.1.11 - - [23/Nov/2026:02:19:00 +0000] "GET /orders/1 HTTP/1.1" 502 150 "-" "curl/8.5.0" 412 0.004 [shop-orders-80] [] 10.2.0.5:8000, 10.2.0.6:8000 0, 150 0.001, 0.003 502, 502 8f1e2d3c4b5a69788796a5b4c3d2e1f0',
      expect: {
        status: 502,
        durationMs: 4,
        upstreamAddress: ['10.2.0.5:8000', '10.2.0.6:8000'],
        upstreamMs: [1, 3],
        upstreamStatus: ['502', '502'],
      },
    },
  ],
})

/** A `key=value` tail says proxy for sure; a bare combined line may be gunicorn's as well. */
export const nginxKeyedAccess = defineLineFormat({
  id: 'nginx-access',
  title: 'nginx access log with named upstream variables',
  source: SOURCE,
  role: 'proxy',
  what: 'request',
  pattern: new RegExp(`${HEAD}(?=.*\\b(?:urt|us|uct|upstream_\\w+)[=:])`),
  fields: ['remote_addr', 'time_iso8601', 'request', 'status', 'body_bytes_sent'].map(field),
  samples: [
    {
      title: 'our lab’s format',
      line: '10.35.0.11 - [2026-11-23T02:18:55+00:00] "GET / HTTP/1.1" 200 383 rt=0.019 uct=0.000 urt=0.019 us=200 trace=Root=1-6b03a28e-1be26d49f746c583d5d1e4ac',
      expect: { client: '10.35.0.11', status: 200, timeMs: Date.UTC(2026, 10, 23, 2, 18, 55), timeStepMs: 1000 },
    },
  ],
})

export const combinedAccess = defineLineFormat({
  id: 'nginx-access',
  title: 'nginx access log (combined)',
  source: `${SOURCE}#log_format`,
  role: 'either',
  what: 'request',
  pattern: new RegExp(HEAD),
  fields: ['remote_addr', 'time_local', 'request', 'status', 'body_bytes_sent'].map(field),
  samples: [
    {
      title: 'the default',
      line: '10.0.1.11 - - [23/Nov/2026:02:19:00 +0100] "GET /orders/1 HTTP/1.1" 504 167 "-" "curl/8.5.0"',
      expect: {
        status: 504,
        method: 'GET',
        path: '/orders/1',
        timeMs: Date.UTC(2026, 10, 23, 1, 19, 0),
        hasZone: true,
      },
    },
    {
      title: 'behind the name of a virtual host',
      line: 'shop.example:443 10.0.1.11 - - [23/Nov/2026:02:19:00 +0000] "GET /orders/1 HTTP/1.1" 502 157 "-" "curl/8.5.0"',
      expect: { client: '10.0.1.11', status: 502, path: '/orders/1', timeMs: Date.UTC(2026, 10, 23, 2, 19, 0) },
    },
    {
      title: 'with a user',
      line: '10.0.1.11 - bob [23/Nov/2026:02:19:00 +0000] "GET /orders/1 HTTP/1.1" 502 157 "-" "curl/8.5.0"',
      expect: { client: '10.0.1.11', status: 502 },
    },
    {
      title: 'a malformed request',
      line: String.raw`10.0.1.11 - - [23/Nov/2026:02:19:00 +0000] "\x16\x03\x01" 400 150 "-" "-"`,
      expect: { status: 400 },
    },
    { title: 'an error line', line: '2026/11/23 02:19:03 [error] 12#12: *21 upstream timed out', expect: null },
  ],
})

function field(name: string): LineField {
  const known = VARIABLES[name]
  return { name: `$${name}`, kind: known?.[0] ?? 'text', meaning: known?.[1] ?? '' }
}

/** Values of a `key=value` tail, which the patterns above do not take one by one. */
export function tailValues(line: string): { readonly kind: LineFieldKind; readonly text: string }[] {
  // `"$http_user_agent"` and `"$http_referer"`: what clients wrote there is no value of nginx.
  const own = line.replace(/ "[^"]*"/g, '')
  return TAIL_KEYS.flatMap(([pattern, kind]) => {
    const text = pattern.exec(kind === 'sentBytes' ? own : line)?.[1]
    return text === undefined || (text === '-' && !UPSTREAM_TIMES.has(kind)) ? [] : [{ kind, text }]
  })
}

/** A format from the text of a `log_format` directive, with or without the directive around it. */
export function nginxFormatFrom(text: string): LineFormat {
  const body = text.includes("'")
    ? [...text.matchAll(/'([^']*)'/g)].map(([, part]) => part).join('')
    : text.replace(/^\s*log_format\s+\S+\s+/, '').replace(/;\s*$/, '')
  const fields: LineField[] = []
  let pattern = '^'
  let at = 0
  for (const found of body.matchAll(/\$\{?(\w+)\}?/g)) {
    pattern += escapeForPattern(body.slice(at, found.index))
    at = found.index + found[0].length
    const name = found[1] as string
    pattern += `(${valuePattern(name, body[at])})`
    fields.push(field(name))
  }
  return {
    id: 'nginx-access',
    title: 'nginx access log (as given)',
    source: `${SOURCE}#log_format`,
    role: 'proxy',
    what: 'request',
    pattern: new RegExp(pattern + escapeForPattern(body.slice(at))),
    fields,
    samples: [],
  }
}

function valuePattern(name: string, next: string | undefined): string {
  if (/^upstream_(status|response_time|connect_time|header_time|bytes_\w+|response_length)$/.test(name))
    return String.raw`-|[\d.]+(?:(?:, | : )[\d.-]+)*|` // empty with escape=json
  if (name === 'upstream_addr') return String.raw`-|[^\s,"|]+(?:(?:, | : )[^\s,"|]+)*|`
  if (next === undefined) return '.*'
  if (next === '"' || next === ']' || next === ' ' || next === '|' || next === '\t' || next === ',')
    return `[^${next === ']' ? '\\]' : next}]*`
  return '.*?'
}

function escapeForPattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/ +/g, ' +')
}
