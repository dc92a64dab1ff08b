import { defineLineFormat } from './define-line-format.ts'

export const haproxyHttp = defineLineFormat({
  id: 'haproxy-http',
  title: 'HAProxy HTTP log',
  source: 'https://docs.haproxy.org/3.0/configuration.html#8.2.3',
  role: 'proxy',
  what: 'request',
  pattern:
    /^(\S+:\d+) \[(\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d(?:\.\d+)?)\] (\S+) (\S+\/\S+) (-?\d+\/-?\d+\/-?\d+\/-?\d+)\/\+?(\d+) (\d{3}|-1) \+?\d+ \S+ \S+ ([-A-Za-z]{4}) \S+ \d+\/\d+(?: \{[^}]*\})* "([^"]*)"?/,
  fields: [
    { name: '%ci:%cp', kind: 'client', meaning: 'The peer: the load balancer node.' },
    {
      name: '%tr',
      kind: 'startTime',
      meaning: 'When the request arrived, local time; the line is written at its end.',
    },
    { name: '%ft', kind: 'text', meaning: 'Frontend.' },
    { name: '%b/%s', kind: 'upstreamAddress', meaning: 'Backend and server; <NOSRV>: none was chosen.' },
    {
      name: '%TR/%Tw/%Tc/%Tr',
      kind: 'text',
      meaning: 'Waits for request, queue, connection, answer; -1: it did not come to that.',
    },
    { name: '%Ta', kind: 'milliseconds', meaning: 'All of it.' },
    { name: '%ST', kind: 'status', meaning: 'The status the client got.' },
    {
      name: '%tsc',
      kind: 'flags',
      meaning: 'Termination state: who ended it, in which phase, and two letters on cookies.',
    },
    { name: '%r', kind: 'request', meaning: 'Method, path with query, version.' },
  ],
  samples: [
    {
      title: 'no answer within timeout server',
      line: '10.0.1.11:40612 [23/Nov/2026:02:19:00.120] web app/app1 0/0/0/-1/5001 504 198 - - sH-- 12/12/11/4/0 0/0 {Root=1-6b03a28e-1be26d49f746c583d5d1e4ac} "GET /orders/7 HTTP/1.1"',
      expect: {
        timeMs: Date.UTC(2026, 10, 23, 2, 19, 5, 121),
        hasZone: false,
        client: '10.0.1.11:40612',
        status: 504,
        durationMs: 5001,
        flags: 'sH--',
        method: 'GET',
        path: '/orders/7',
      },
    },
    {
      title: 'waited too long in the queue',
      line: '10.0.1.11:40612 [23/Nov/2026:02:19:00.120] web app/<NOSRV> 0/2000/-1/-1/2000 503 217 - - sQ-- 40/40/39/4/0 12/0 "GET / HTTP/1.1"',
      expect: { status: 503, flags: 'sQ--', upstreamAddress: ['app/<NOSRV>'] },
    },
    {
      title: 'a TCP log',
      line: '10.0.1.11:40612 [23/Nov/2026:02:19:00.120] web app/app1 0/0/5007 212 -- 0/0/0/0/3 0/0',
      expect: null,
    },
  ],
})
