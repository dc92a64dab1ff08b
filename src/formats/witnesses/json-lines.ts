import { traceIdsIn } from '../../core/trace-id.ts'
import {
  type Envelope,
  type LineFieldKind,
  type Mutable,
  setField,
  setTime,
  UPSTREAM_TIMES,
} from './define-line-format.ts'
import type { JsonKeys, JsonLineKey } from './json-line-keys.ts'
import { parseLogTime } from './log-time.ts'
import type { WitnessRow } from './witness-row.ts'

/**
 * Names under which structlog, python-json-logger, pino, pino-http, bunyan, zap, logrus, Spring, ECS and Envoy's JSON
 * log write the same thing, first one that is there wins.
 */
const NAMES: Readonly<Record<JsonLineKey, readonly string[]>> = {
  time: [
    'time',
    'timestamp',
    '@timestamp',
    'ts',
    'time_iso8601',
    'time_local',
    'msec',
    'asctime',
    'datetime',
    'date',
    'start_time',
  ],
  method: [
    'method',
    'http_method',
    'request_method',
    'req.method',
    'request.method',
    'http.method',
    'http.request.method',
    'httpRequest.requestMethod',
  ],
  path: [
    'path',
    'url',
    'uri',
    'request_uri',
    'req.url',
    'request.path',
    'request.url',
    'http.url',
    'http.target',
    'url.path',
    'url.original',
    'request_path',
    'httpRequest.requestUrl',
  ],
  status: [
    'status',
    'status_code',
    'statusCode',
    'res.statusCode',
    'response.status',
    'response_code',
    'http.status_code',
    'http.response.status_code',
    'http_status',
    'code',
    'httpRequest.status',
  ],
  duration: [
    'duration_ms',
    'durationMs',
    'responseTime',
    'response_time_ms',
    'elapsed_ms',
    'latency_ms',
    'took_ms',
    'duration',
    'elapsed',
    'latency',
    'process_time',
    'request_time',
    'duration_s',
  ],
  client: [
    'client',
    'client_ip',
    'clientIp',
    'remote_addr',
    'remoteAddress',
    'req.remoteAddress',
    'ip',
    'http.client_ip',
  ],
  level: ['level', 'levelname', 'severity', 'log.level', 'lvl'],
  message: ['message', 'msg', 'event', 'log', 'text'],
}
const SECONDS = /(^|_)(s|sec|seconds)$|^(duration|elapsed|latency|process_time|request_time)$/
const REQUEST_LINE = /^([A-Z]{3,7}) (\/\S*)/
/** `GET /orders/7 HTTP/1.1` as a whole. */
const REQUEST_NAMES = ['request', 'request_line', 'req', 'http_request', 'requestLine']
/** nginx's variables, and what people call them; no app knows what an upstream is. */
const UPSTREAM_NAMES: readonly (readonly [string, LineFieldKind])[] = [
  ['upstream_addr', 'upstreamAddress'],
  ['upstream_status', 'upstreamStatus'],
  ['upstream_response_time', 'upstreamSeconds'],
  ['upstream_connect_time', 'upstreamConnectSeconds'],
  ['upstream_header_time', 'upstreamHeaderSeconds'],
]
const SIZE_NAMES: readonly (readonly [string, LineFieldKind])[] = [
  ['bytes_sent', 'sentBytes'],
  ['body_bytes_sent', 'bodyBytes'],
]
/** Written by nginx and by nothing else, when upstreams are not logged. */
const NGINX_NAMES = [
  'body_bytes_sent',
  'bytes_sent',
  'http_user_agent',
  'time_iso8601',
  'time_local',
  'remote_user',
  'msec',
]

/** A record that is why5xx's own (or of a lab's truth) is never a witness: it would testify for itself. */
function isOwnRecord(record: Readonly<Record<string, unknown>>): boolean {
  return 'answeredBy' in record || ('elbStatus' in record && 'traceId' in record)
}

/** undefined: no object, or one that is no log row. */
export function parseJsonLine(line: string, envelope: Envelope, keys: JsonKeys = {}): WitnessRow | undefined {
  if (line.charCodeAt(0) !== 0x7b) return undefined
  let record: Readonly<Record<string, unknown>>
  try {
    record = JSON.parse(line) as Readonly<Record<string, unknown>>
  } catch {
    return undefined // cut, or no JSON: the caller counts it
  }
  if (isOwnRecord(record)) return undefined
  const value = (key: JsonLineKey): unknown => {
    const given = keys[key]
    if (given !== undefined) return at(record, given)
    for (const name of NAMES[key]) {
      const found = at(record, name)
      if (found !== undefined && found !== null && typeof found !== 'object') return found
    }
    return undefined
  }
  const row: Mutable<WitnessRow> = {
    format: 'json-lines',
    role: 'app',
    what: 'event',
    timeMs: Number.NaN,
    timeStepMs: 1,
    hasZone: true,
    source: envelope.source,
    traceIds: traceIdsIn(line),
  }
  setTime(row, envelope.time)
  const time = value('time')
  if (time !== undefined) setTime(row, parseLogTime(String(time)))
  const message = value('message')
  const level = value('level')
  if (typeof message === 'string') row.message = message.slice(0, 500)
  if (level !== undefined) row.level = levelName(level)
  const method = value('method')
  const path = value('path')
  const request = requestOf(record, message)
  if (typeof method === 'string') row.method = method.toUpperCase()
  else if (request) row.method = request[1] as string
  if (typeof path === 'string') row.path = path.replace(/^https?:\/\/[^/]*/, '') || '/'
  else if (request) row.path = request[2] as string
  const status = Number(value('status'))
  if (status >= 100 && status <= 999) row.status = status
  const duration = durationOf(value('duration'), record, keys)
  if (duration !== undefined) row.durationMs = duration
  const client = value('client')
  if (typeof client === 'string') row.client = client
  if (row.source === '') row.source = podOf(record)
  if (row.status !== undefined && row.path !== undefined) row.what = 'request'
  const flags = at(record, 'response_flags')
  if (typeof flags === 'string') {
    // Envoy's own JSON access log has this field and no other software does.
    const details = at(record, 'response_code_details')
    row.flags = typeof details === 'string' ? `${flags} ${details}` : flags
    const started = keys.time === undefined ? parseLogTime(String(at(record, 'start_time'))) : undefined
    if (started !== undefined && row.durationMs !== undefined) row.timeMs = started.ms + row.durationMs
    return { ...row, role: 'proxy', format: 'envoy-access' }
  }
  if (isNginx(record)) {
    for (const [name, kind] of [...UPSTREAM_NAMES, ...SIZE_NAMES]) {
      const text = at(record, name)
      if (text !== undefined && text !== '' && (text !== '-' || UPSTREAM_TIMES.has(kind)))
        setField(row, kind, String(text))
    }
    return row.what === 'request' ? { ...row, role: 'proxy', format: 'nginx-access' } : undefined
  }
  // A record without a time is somebody's data, not a log.
  const isLog = row.what === 'request' || ((message !== undefined || level !== undefined) && !Number.isNaN(row.timeMs))
  return isLog ? row : undefined
}

/** A message that begins like a request, or a field that is one. */
function requestOf(record: Readonly<Record<string, unknown>>, message: unknown): RegExpExecArray | null {
  for (const name of REQUEST_NAMES) {
    const text = record[name]
    const found = typeof text === 'string' ? REQUEST_LINE.exec(text) : null
    if (found) return found
  }
  return typeof message === 'string' ? REQUEST_LINE.exec(message) : null
}

function isNginx(record: Readonly<Record<string, unknown>>): boolean {
  return (
    UPSTREAM_NAMES.some(([name]) => name in record) ||
    ('remote_addr' in record && NGINX_NAMES.filter((name) => name in record).length >= 2)
  )
}

function at(record: Readonly<Record<string, unknown>>, path: string): unknown {
  if (path in record) return record[path]
  if (!path.includes('.')) return undefined
  let here: unknown = record
  for (const part of path.split('.')) {
    if (typeof here !== 'object' || here === null) return undefined
    here = (here as Record<string, unknown>)[part]
  }
  return here
}

function durationOf(value: unknown, record: Readonly<Record<string, unknown>>, keys: JsonKeys): number | undefined {
  if (value === undefined) return undefined
  const text = String(value)
  const number = Number.parseFloat(text)
  if (!(number >= 0)) return undefined
  if (/[\d.] ?ms$/.test(text)) return number
  if (/[\d.] ?s$/.test(text)) return number * 1000
  const name = keys.duration ?? NAMES.duration.find((each) => at(record, each) !== undefined) ?? ''
  if (/ms$|Millis|^responseTime$/i.test(name)) return number
  // A bare `duration` is seconds when it has a fraction (structlog, Django), else milliseconds (Envoy, bunyan).
  return SECONDS.test(name) && (!Number.isInteger(number) || /(^|_)(s|sec|seconds)$/.test(name))
    ? number * 1000
    : number
}

/** pino's and bunyan's numbers. */
function levelName(level: unknown): string {
  if (typeof level !== 'number') return String(level).slice(0, 20)
  if (level >= 60) return 'fatal'
  if (level >= 50) return 'error'
  return level >= 40 ? 'warn' : level >= 30 ? 'info' : 'debug'
}

function podOf(record: Readonly<Record<string, unknown>>): string {
  const pod =
    at(record, 'kubernetes.pod_name') ??
    at(record, 'kubernetes.pod.name') ??
    at(record, 'pod') ??
    at(record, 'hostname')
  return typeof pod === 'string' ? pod.slice(0, 120) : ''
}
