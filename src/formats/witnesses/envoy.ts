import { defineLineFormat } from './define-line-format.ts'

export const envoyAccess = defineLineFormat({
  id: 'envoy-access',
  title: 'Envoy access log (its default, and Istio’s)',
  source:
    'https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage#default-format-string',
  role: 'proxy',
  what: 'request',
  // Istio adds details, connection termination and transport failure after the flags; Envoy's default has none of them.
  pattern:
    /^\[(\d{4}-\d\d-\d\dT[\d:.]+Z)\] "([^"]*)" (\d{3}|0) ([\w,-]+(?: (?:via_upstream|[a-z_]+(?:\{[^}]*\})?|-) (?:"[^"]*"|\S+) "?[^"]*"?)?) \d+ \d+ (\d+) (?:\d+|-)(?: "([^"]*)" "[^"]*" "[^"]*" "[^"]*" "([^"]*)")?/,
  fields: [
    { name: 'START_TIME', kind: 'startTime', meaning: 'When the request arrived; the line is written at its end.' },
    { name: 'REQ', kind: 'request', meaning: 'Method, path with query, version.' },
    { name: 'RESPONSE_CODE', kind: 'status', meaning: 'The status the client got.' },
    { name: 'RESPONSE_FLAGS', kind: 'flags', meaning: 'Why, in two or three letters, and response code details.' },
    { name: 'DURATION', kind: 'milliseconds', meaning: 'All of it.' },
    { name: 'X-FORWARDED-FOR', kind: 'client', meaning: 'Addresses of whoever asked.' },
    { name: 'UPSTREAM_HOST', kind: 'upstreamAddress', meaning: 'The server that was tried.' },
  ],
  samples: [
    {
      title: 'the upstream closed a connection that was in use',
      line: '[2026-11-23T02:19:00.120Z] "POST /cart HTTP/1.1" 503 UC 0 95 1 - "10.0.1.11" "curl/8.5.0" "c3f6" "shop.example" "10.2.0.5:8000"',
      expect: {
        status: 503,
        flags: 'UC',
        durationMs: 1,
        method: 'POST',
        path: '/cart',
        upstreamAddress: ['10.2.0.5:8000'],
      },
    },
    {
      title: 'Istio’s format',
      line: '[2026-11-23T02:19:00.120Z] "GET /orders/7 HTTP/1.1" 504 UT response_timeout - "-" 0 24 5001 - "10.0.1.11" "curl" "c3f6" "shop.example" "10.2.0.5:8000" outbound|80||orders',
      expect: {
        timeMs: Date.UTC(2026, 10, 23, 2, 19, 5, 121),
        status: 504,
        flags: 'UT response_timeout - "-"',
        durationMs: 5001,
      },
    },
    { title: 'nginx', line: '10.0.1.11 - - [23/Nov/2026:02:19:00 +0000] "GET / HTTP/1.1" 200 5', expect: null },
  ],
})
