import { describe, expect, it } from 'vitest'
import { noEnvelope, parseLine } from './define-line-format.ts'
import { unwrapLine } from './envelope.ts'
import { gunicornAccess } from './gunicorn.ts'
import { parseJsonLine } from './json-lines.ts'
import { createLineParser, lineFormats } from './line-parser.ts'
import { nginxFormatFrom } from './nginx-access.ts'
import { nginxSentenceOf, nginxSentences } from './nginx-error.ts'

describe.each([...lineFormats, gunicornAccess])('$title', (format) => {
  it.each(format.samples)('$title', ({ line, expect: expected }) => {
    const row = parseLine(format, line)
    if (expected === null) expect(row).toBeUndefined()
    else expect(row).toMatchObject(expected)
  })
})

describe('what collectors put around a line', () => {
  it.each([
    ['kubectl logs --prefix', '[pod/reports-1/app] INFO:     Shutting down', 'reports-1/app', undefined],
    [
      'kubectl logs --prefix --timestamps',
      '[pod/reports-1/app] 2026-11-23T02:18:52.642123456Z INFO:     Shutting down',
      'reports-1/app',
      52_642.123,
    ],
    ['kubectl logs --timestamps', '2026-11-23T02:18:52.642Z INFO:     Shutting down', '', 52_642],
    ['a collector', '2026-11-23T02:18:52.642Z [reports-1] INFO:     Shutting down', 'reports-1', 52_642],
    ['the node’s own file', '2026-11-23T02:18:52.642Z stderr F INFO:     Shutting down', '', 52_642],
    ['stern', 'reports-6d5c9f7b8c-x2x9p app INFO:     Shutting down', 'reports-6d5c9f7b8c-x2x9p/app', undefined],
    ['docker compose', 'app-1  | INFO:     Shutting down', 'app-1', undefined],
    ['docker', '{"log":"INFO:     Shutting down\\n","stream":"stderr","time":"2026-11-23T02:18:52.642Z"}', '', 52_642],
    ['syslog', '<134>Nov 23 02:18:52 web-1 haproxy[7]: INFO:     Shutting down', 'web-1/haproxy', undefined],
  ])('%s', (_, raw, source, seconds) => {
    const row = createLineParser()(raw)
    expect(row).toMatchObject({ message: 'Shutting down', source })
    if (seconds !== undefined) expect((row?.timeMs ?? 0) % 60_000).toBeCloseTo(seconds, 0)
  })

  it('leaves a bare line alone', () => {
    expect(unwrapLine('INFO:     Shutting down')).toEqual({
      line: 'INFO:     Shutting down',
      time: undefined,
      source: '',
    })
  })
})

describe('nginx log_format', () => {
  it('reads any format from its text', () => {
    const format = nginxFormatFrom(
      `log_format timed '$remote_addr|$msec|$request_method $request_uri|$status|'
       '$request_time|$upstream_addr|$upstream_status|$upstream_response_time|$http_x_amzn_trace_id';`,
    )
    const row = parseLine(
      format,
      '10.0.1.11|1795400342.120|GET /a?b=1|502|5.004|10.2.0.5:80, 10.2.0.6:80|504, 502|5.000, 0.004|Root=1-6b03a28e-1be26d49f746c583d5d1e4ac',
    )
    expect(row).toMatchObject({
      timeMs: 1_795_400_342_120,
      method: 'GET',
      path: '/a?b=1',
      status: 502,
      durationMs: 5004,
      upstreamStatus: ['504', '502'],
      upstreamMs: [5000, 4],
      traceIds: ['1-6b03a28e-1be26d49f746c583d5d1e4ac'],
    })
  })

  it('reads named upstream variables behind a combined line', () => {
    const row = createLineParser()(
      '10.35.0.11 - [2026-11-23T02:18:55+00:00] "GET / HTTP/1.1" 504 383 rt=5.001 uct=0.000 urt=5.000, 0.001 us=504, 502 trace=-',
    )
    expect(row).toMatchObject({
      role: 'proxy',
      durationMs: 5001,
      upstreamMs: [5000, 1],
      upstreamStatus: ['504', '502'],
    })
  })
})

describe('nginx sentences', () => {
  it.each([
    ['upstream timed out (110: Connection timed out) while connecting to upstream', 'timed-out-connecting'],
    [
      'upstream timed out (110: Connection timed out) while reading response header from upstream',
      'timed-out-reading-header',
    ],
    ['connect() failed (111: Connection refused) while connecting to upstream', 'refused'],
    ['connect() failed (113: No route to host) while connecting to upstream', 'no-route'],
    [
      'connect() to 10.2.0.5:80 failed (99: Cannot assign requested address) while connecting to upstream',
      'out-of-ports',
    ],
    ['recv() failed (104: Connection reset by peer) while reading response header from upstream', 'reset'],
    ['upstream prematurely closed connection while reading response header from upstream', 'closed-early'],
    ['no live upstreams while connecting to upstream', 'no-live-upstreams'],
    ['upstream sent too big header while reading response header from upstream', 'too-big-header'],
    ['upstream sent no valid HTTP/1.0 header while reading response header from upstream', 'invalid-header'],
    ['upstream sent duplicate header line: "Transfer-Encoding: chunked"', 'invalid-header'],
    ['SSL_do_handshake() failed (SSL: error:0A00010B) while SSL handshaking to upstream', 'tls-failed'],
    ['limiting connections by zone "perip"', 'limited'],
    ['orders.shop.svc could not be resolved (3: Host not found)', 'not-resolved'],
    ['1024 worker_connections are not enough', 'no-connections'],
    ['client intended to send too large body: 2097152 bytes', 'body-too-large'],
    ['connect() failed (110: Connection timed out) while connecting to upstream', 'connect-timed-out'],
    ['connect() to 10.2.0.5:80 failed (101: Network is unreachable) while connecting to upstream', 'no-route'],
    ['connect() to unix:/run/app.sock failed (111: Connection refused) while connecting to upstream', 'refused'],
    [
      'connect() to unix:/run/app.sock failed (11: Resource temporarily unavailable) while connecting to upstream',
      'connect-failed',
    ],
    ['upstream timed out (110: Operation timed out) while SSL handshaking to upstream', 'tls-failed'],
    ['upstream timed out (110: Connection timed out) while proxying upgraded connection', 'timed-out-reading-body'],
    ['writev() failed (32: Broken pipe) while sending request to upstream', 'reset'],
    ['SSL_read() failed (104: Connection reset by peer) while reading response header from upstream', 'reset'],
    [
      'upstream sent "Content-Length" and "Transfer-Encoding" headers at the same time while reading response header from upstream',
      'invalid-header',
    ],
    ['socket() failed (24: Too many open files) while connecting to upstream', 'no-connections'],
    ['peer closed connection in SSL handshake while SSL handshaking to upstream', 'tls-failed'],
    ['limiting requests, excess: 20.630 by zone "perip"', 'limited'],
    ['signal 1 (SIGHUP) received from 44, reconfiguring', 'reload'],
    ['worker process 31 exited on signal 9', 'worker-died'],
  ])('%s', (message, id) => {
    expect(nginxSentenceOf(message)?.id).toBe(id)
  })

  it.each([
    'writev() failed (104: Connection reset by peer) while sending to client',
    'recv() failed (104: Connection reset by peer) while reading client request line',
    'SSL_do_handshake() failed (SSL: error:0A00010B) while SSL handshaking',
    'client prematurely closed connection, so upstream connection is closed too while sending request to upstream',
    'delaying request, excess: 0.630, by zone "perip"',
    'a client request body is buffered to a temporary file /var/lib/nginx/body/0000000001',
  ])('is silent about the upstream when the client is meant: %s', (message) => {
    expect(nginxSentenceOf(message)).toBeUndefined()
  })

  it('has a meaning for every one of them', () => {
    for (const [, , meaning] of nginxSentences) expect(meaning).not.toBe('')
  })
})

describe('JSON lines', () => {
  it.each([
    [
      'structlog',
      '{"event":"request","level":"info","timestamp":"2026-11-23T02:19:00.120Z","method":"GET","path":"/a","status":200,"duration":0.0123}',
      12.3,
    ],
    [
      'python-json-logger',
      '{"asctime":"2026-11-23 02:19:00,120","levelname":"INFO","message":"GET /a HTTP/1.1","status_code":200,"elapsed_ms":12.3}',
      12.3,
    ],
    [
      'pino-http',
      '{"level":30,"time":1795400340120,"req":{"method":"GET","url":"/a"},"res":{"statusCode":200},"responseTime":12.3,"msg":"request completed"}',
      12.3,
    ],
  ])('%s', (_, line, durationMs) => {
    const row = parseJsonLine(line, noEnvelope)
    expect(row).toMatchObject({ what: 'request', method: 'GET', path: '/a', status: 200 })
    expect(row?.durationMs).toBeCloseTo(durationMs)
    expect(new Date(row?.timeMs ?? 0).toISOString()).toBe('2026-11-23T02:19:00.120Z')
  })

  it('knows nginx by its variables, with or without upstreams: a proxy, not the app', () => {
    const row = parseJsonLine(
      '{"time":"2026-11-23T02:19:00+00:00","remote_addr":"10.0.1.11","request":"GET /a?x=1 HTTP/1.1","status":"502","request_time":"0.004","upstream_addr":"10.2.0.5:80, 10.2.0.6:80","upstream_status":"502, 502","upstream_response_time":"0.001, 0.003","upstream_header_time":"-, -"}',
      noEnvelope,
    )
    expect(row).toMatchObject({
      format: 'nginx-access',
      role: 'proxy',
      method: 'GET',
      path: '/a?x=1',
      status: 502,
      durationMs: 4,
      upstreamStatus: ['502', '502'],
      upstreamMs: [1, 3],
      upstreamHeaderMs: [Number.NaN, Number.NaN],
    })
    expect(
      parseJsonLine(
        '{"time_iso8601":"2026-11-23T02:19:00+00:00","remote_addr":"10.0.1.11","request_method":"GET","request_uri":"/a","status":200,"body_bytes_sent":5,"http_user_agent":"curl"}',
        noEnvelope,
      ),
    ).toMatchObject({ role: 'proxy', path: '/a' })
  })

  it('reads a log_format that is JSON under names of its own', () => {
    const text = `log_format j escape=json '{"ts":"$msec","req":"$request","code":"$status","us":"$upstream_status"}';`
    const parse = createLineParser({ given: [nginxFormatFrom(text)] })
    expect(parse('{"ts":"1795400340.120","req":"GET /a HTTP/1.1","code":"502","us":"502"}')).toMatchObject({
      role: 'proxy',
      path: '/a',
      status: 502,
      upstreamStatus: ['502'],
      timeMs: 1795400340120,
    })
    expect(parse('{"ts":"1795400340.120","req":"GET /a HTTP/1.1","code":"503","us":""}')).toMatchObject({
      role: 'proxy',
      status: 503,
    })
  })

  it('stamps Envoy’s rows with their end', () => {
    expect(
      parseJsonLine(
        '{"start_time":"2026-11-23T02:19:00.120Z","method":"GET","path":"/a","response_code":504,"response_flags":"UT","duration":5001}',
        noEnvelope,
      ),
    ).toMatchObject({ format: 'envoy-access', timeMs: Date.UTC(2026, 10, 23, 2, 19, 5, 121) })
  })

  it('takes the keys it is given', () => {
    const row = parseJsonLine('{"w":"2026-11-23T02:19:00Z","h":{"verb":"PUT","to":"/b","result":503}}', noEnvelope, {
      time: 'w',
      method: 'h.verb',
      path: 'h.to',
      status: 'h.result',
    })
    expect(row).toMatchObject({ method: 'PUT', path: '/b', status: 503 })
  })

  it('never takes why5xx’s own rows for a witness', () => {
    const own =
      '{"traceId":"Root=1-6b03a28f-b9e5d9eb0c39a427c4b93b83","time":"2026-11-23T02:19:00.078122Z","elbStatus":504,"message":"x"}'
    expect(parseJsonLine(own, noEnvelope)).toBeUndefined()
  })
})
