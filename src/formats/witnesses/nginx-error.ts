import { defineLineFormat } from './define-line-format.ts'

export const nginxError = defineLineFormat({
  id: 'nginx-error',
  title: 'nginx error log',
  source: 'https://nginx.org/en/docs/ngx_core_module.html#error_log',
  role: 'proxy',
  what: 'event',
  pattern:
    /^(\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d(?:\.\d+)?) \[(\w+)\] \d+#\d+: (?:\*\d+ )?(.*?)(?:, client: ([^,]+))?(?:, server: [^,]*)?(?:, request: "([^"]*)")?(?:, subrequest: "[^"]*")?(?:, upstream: "([^"]*)")?(?:, (?:bytes from\/to client|host|referrer): .*)?$/,
  fields: [
    { name: 'time', kind: 'time', meaning: 'When, to the second, in the local time of nginx.' },
    { name: 'level', kind: 'level', meaning: 'How bad.' },
    { name: 'message', kind: 'message', meaning: 'What happened, with the errno of the system.' },
    { name: 'client', kind: 'client', meaning: 'The peer: the load balancer node.' },
    { name: 'request', kind: 'request', meaning: 'Method, path with query, version.' },
    { name: 'upstream', kind: 'upstreamAddress', meaning: 'The server that was tried, with the path.' },
  ],
  samples: [
    {
      title: 'an upstream that did not answer in time',
      line: '2026/11/23 02:19:03 [error] 12276#12276: *21 upstream timed out (110: Connection timed out) while reading response header from upstream, client: 10.35.0.11, server: , request: "GET /orders/3903/history HTTP/1.1", upstream: "http://127.0.0.1:9000/orders/3903/history", host: "www.shop.example"',
      expect: {
        timeMs: Date.UTC(2026, 10, 23, 2, 19, 3),
        hasZone: false,
        level: 'error',
        message: 'upstream timed out (110: Connection timed out) while reading response header from upstream',
        client: '10.35.0.11',
        method: 'GET',
        path: '/orders/3903/history',
        upstreamAddress: ['http://127.0.0.1:9000/orders/3903/history'],
      },
    },
    {
      title: 'a request that was limited',
      line: '2026/11/23 02:19:03 [error] 7#7: *3 limiting requests, excess: 20.630 by zone "perip", client: 10.0.1.11, server: shop, request: "GET / HTTP/1.1", host: "shop"',
      expect: { message: 'limiting requests, excess: 20.630 by zone "perip"', path: '/' },
    },
    {
      title: 'no slots left: nobody’s request in particular',
      line: '2026/11/23 02:19:03 [warn] 7#7: 32 worker_connections are not enough, reusing connections',
      expect: { level: 'warn', message: '32 worker_connections are not enough, reusing connections' },
    },
    {
      title: 'a reload',
      line: '2026/11/23 02:19:03 [notice] 1#1: signal 1 (SIGHUP) received from 44, reconfiguring',
      expect: { message: 'signal 1 (SIGHUP) received from 44, reconfiguring' },
    },
    {
      title: 'an access line',
      line: '10.0.1.11 - - [23/Nov/2026:02:19:00 +0000] "GET / HTTP/1.1" 200 5',
      expect: null,
    },
  ],
})

export type NginxSentence =
  | 'timed-out-connecting'
  | 'connect-timed-out'
  | 'timed-out-sending'
  | 'timed-out-reading-header'
  | 'timed-out-reading-body'
  | 'refused'
  | 'no-route'
  | 'connect-failed'
  | 'out-of-ports'
  | 'closed-early'
  | 'reset'
  | 'no-live-upstreams'
  | 'too-big-header'
  | 'invalid-header'
  | 'tls-failed'
  | 'limited'
  | 'not-resolved'
  | 'no-connections'
  | 'body-too-large'
  | 'reload'
  | 'shutdown'
  | 'worker-died'

/**
 * What nginx's sentences mean, first match wins. Read in src/http/ngx_http_upstream.c, ngx_event_connect.c,
 * ngx_connection.c and os/unix/ngx_process_cycle.c; errno as Linux numbers them.
 */
export const nginxSentences: readonly (readonly [RegExp, NginxSentence, string])[] = [
  [
    /upstream timed out .*while connecting to upstream/,
    'timed-out-connecting',
    'no connection within proxy_connect_timeout',
  ],
  [/upstream timed out .*while SSL handshaking to upstream/, 'tls-failed', 'the TLS handshake took too long'],
  [
    /upstream timed out .*while sending request to upstream/,
    'timed-out-sending',
    'the upstream stopped reading for proxy_send_timeout',
  ],
  [
    /upstream timed out .*while reading response header from upstream/,
    'timed-out-reading-header',
    'no answer within proxy_read_timeout',
  ],
  [
    /upstream timed out .*while (?:reading upstream|proxying upgraded connection)/,
    'timed-out-reading-body',
    'the answer stopped for proxy_read_timeout',
  ],
  [/connect\(\)(?: to \S+)? failed \(110:/, 'connect-timed-out', 'the kernel gave up connecting'],
  [/connect\(\)(?: to \S+)? failed \(111:/, 'refused', 'nothing listens on the upstream’s port'],
  [/connect\(\)(?: to \S+)? failed \((?:101|112|113):/, 'no-route', 'the upstream’s address is not on the network'],
  [/connect\(\).*failed \(99:|bind\(\).*failed \(98:/, 'out-of-ports', 'no source port was left for this upstream'],
  [/connect\(\) to unix:.*failed \(11:/, 'connect-failed', 'the accept queue of the upstream’s socket was full'],
  [/connect\(\).*failed/, 'connect-failed', 'connecting failed'],
  [
    /upstream prematurely closed connection/,
    'closed-early',
    'the upstream closed the connection (FIN) before its answer',
  ],
  // The same calls fail towards clients: "while sending to client".
  [
    /(?:recv|readv|send|writev|sendfile|SSL_read|SSL_write)\(\) failed \((?:104|32):.* upstream/,
    'reset',
    'the upstream reset the connection',
  ],
  [
    /no live upstreams/,
    'no-live-upstreams',
    'every server of the upstream is marked failed or at max_conns: nothing was tried',
  ],
  [/upstream sent too big header/, 'too-big-header', 'the answer’s headers are larger than proxy_buffer_size'],
  [
    /upstream sent (?:invalid|no valid|duplicate|unexpected|more data than|unsupported|")|upstream sent .*header line/,
    'invalid-header',
    'the answer was no valid HTTP',
  ],
  [
    /(?:SSL_do_handshake\(\) failed|peer closed connection in SSL handshake).*to upstream|upstream SSL certificate/,
    'tls-failed',
    'the TLS handshake with the upstream failed',
  ],
  [/limiting (?:requests|connections)/, 'limited', 'a limit of nginx was reached'],
  [
    /host not found in upstream|could not be resolved|no resolver defined/,
    'not-resolved',
    'the upstream’s name did not resolve',
  ],
  [/worker_connections are not enough/, 'no-connections', 'all connection slots of a worker were in use'],
  [/(?:socket|accept4?)\(\) failed \(2[34]:/, 'no-connections', 'no file descriptor was left'],
  [/client intended to send too large body/, 'body-too-large', 'the request body is larger than client_max_body_size'],
  [/\breconfiguring\b|signal process started/, 'reload', 'nginx reloaded its configuration'],
  [/gracefully shutting down|\bshutting down\b|\bexiting\b/, 'shutdown', 'a worker of nginx ended'],
  [/worker process \d+ exited on signal/, 'worker-died', 'a worker of nginx died'],
]

/** What nginx answers after a sentence: ngx_http_upstream_next and _finalize_request. Others leave it open. */
const STATUS_OF: Partial<Record<NginxSentence, 502 | 504>> = {
  'timed-out-connecting': 504,
  'timed-out-sending': 504,
  'timed-out-reading-header': 504,
  'connect-timed-out': 502,
  refused: 502,
  'no-route': 502,
  'connect-failed': 502,
  'closed-early': 502,
  reset: 502,
  'no-live-upstreams': 502,
  'too-big-header': 502,
  'invalid-header': 502,
}

export interface SentenceOfNginx {
  readonly id: NginxSentence
  readonly meaning: string
  readonly status: 502 | 504 | undefined
}

export function nginxSentenceOf(message: string): SentenceOfNginx | undefined {
  const found = nginxSentences.find(([pattern]) => pattern.test(message))
  return found === undefined ? undefined : { id: found[1], meaning: found[2], status: STATUS_OF[found[1]] }
}
