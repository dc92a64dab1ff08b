import { defineLineFormat } from './define-line-format.ts'

/** Written when the answer's head is sent. No time of its own unless the operator configured one. */
export const uvicornAccess = defineLineFormat({
  id: 'uvicorn-access',
  title: 'uvicorn access log',
  source: 'https://github.com/Kludex/uvicorn/blob/main/uvicorn/logging.py (AccessFormatter)',
  role: 'app',
  what: 'request',
  pattern:
    /^(?:(\d{4}-\d\d-\d\d[T ][\d:.,]+(?:Z|[+-]\d\d:?\d\d)?) (?:- )?)?(?:\[?(INFO|DEBUG|WARNING|ERROR)\]?:?\s+(?:\[?uvicorn\.access\]?:?\s+)?(?:- )?)(\S+:\d+|-) - "([^"]*)" (\d{3})(?:[ \w'-]*?)(?: ([\d.]+)\s?ms\b)?(?: .*)?$/,
  fields: [
    { name: 'asctime', kind: 'time', meaning: 'When the line was written, when the operator configured it.' },
    { name: 'levelprefix', kind: 'level', meaning: 'INFO.' },
    { name: 'client_addr', kind: 'client', meaning: 'The peer: the load balancer node, or the proxy in between.' },
    { name: 'request_line', kind: 'request', meaning: 'Method, path with query, version.' },
    { name: 'status_code', kind: 'status', meaning: 'The status the app answered.' },
    { name: 'duration', kind: 'milliseconds', meaning: 'How long it took, when a middleware appends it.' },
  ],
  samples: [
    {
      title: 'the default',
      line: 'INFO:     10.37.0.11:41236 - "GET /api/reports/17?token=a HTTP/1.1" 200 OK',
      expect: { client: '10.37.0.11:41236', method: 'GET', path: '/api/reports/17?token=a', status: 200 },
    },
    {
      title: 'with duration and trace id appended',
      line: 'INFO:     10.28.0.11:41236 - "POST /api/cart/d1 HTTP/1.1" 201 19ms trace=Root=1-6b03a28e-1be26d49f746c583d5d1e4ac',
      expect: { status: 201, durationMs: 19, path: '/api/cart/d1' },
    },
    {
      title: 'with a time',
      line: '2026-11-23 02:18:52,642 INFO: 10.28.0.11:41236 - "GET / HTTP/1.1" 503 Service Unavailable',
      expect: { timeMs: Date.UTC(2026, 10, 23, 2, 18, 52, 642), hasZone: false, status: 503 },
    },
    { title: 'no access line', line: 'INFO:     Application startup complete.', expect: null },
  ],
})

export const uvicornLog = defineLineFormat({
  id: 'uvicorn-log',
  title: 'uvicorn error log',
  source: 'https://github.com/Kludex/uvicorn/blob/main/uvicorn/server.py',
  role: 'app',
  what: 'event',
  pattern:
    /^(?:(\d{4}-\d\d-\d\d[T ][\d:.,]+(?:Z|[+-]\d\d:?\d\d)?) (?:- )?)?(TRACE|DEBUG|INFO|WARNING|ERROR|CRITICAL):\s+(.+)$/,
  fields: [
    { name: 'asctime', kind: 'time', meaning: 'When, when the operator configured it.' },
    { name: 'levelprefix', kind: 'level', meaning: 'How bad.' },
    { name: 'message', kind: 'message', meaning: 'What happened.' },
  ],
  samples: [
    {
      title: 'a shutdown',
      line: 'INFO:     Shutting down',
      expect: { level: 'INFO', message: 'Shutting down' },
    },
    {
      title: 'requests cut at the end of the grace period',
      line: 'ERROR:    Cancel 3 running task(s), timeout graceful shutdown exceeded',
      expect: { level: 'ERROR', message: 'Cancel 3 running task(s), timeout graceful shutdown exceeded' },
    },
    { title: 'free text', line: 'loading model', expect: null },
  ],
})
