import { defineLineFormat } from './define-line-format.ts'

export const gunicornLog = defineLineFormat({
  id: 'gunicorn-log',
  title: 'gunicorn error log',
  source: 'https://github.com/benoitc/gunicorn/blob/master/gunicorn/glogging.py',
  role: 'app',
  what: 'event',
  pattern: /^\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?: [+-]\d{4})?)\] \[(\d+)\] \[(\w+)\] (.+)$/,
  fields: [
    { name: 'asctime', kind: 'time', meaning: 'When, to the second.' },
    { name: 'process', kind: 'text', meaning: 'Process id of the worker, or of the arbiter.' },
    { name: 'levelname', kind: 'level', meaning: 'How bad.' },
    { name: 'message', kind: 'message', meaning: 'What happened.' },
  ],
  samples: [
    {
      title: 'a worker that was silent too long',
      line: '[2026-11-23 02:19:03 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:12)',
      expect: { level: 'CRITICAL', message: 'WORKER TIMEOUT (pid:12)', timeMs: Date.UTC(2026, 10, 23, 2, 19, 3) },
    },
    {
      title: 'a worker that was killed',
      line: '[2026-11-23 02:19:04 +0000] [7] [ERROR] Worker (pid:12) was sent SIGKILL! Perhaps out of memory?',
      expect: { message: 'Worker (pid:12) was sent SIGKILL! Perhaps out of memory?' },
    },
    {
      title: 'an access line',
      line: '10.0.1.11 - - [23/Nov/2026:02:19:00 +0000] "GET / HTTP/1.1" 200 5',
      expect: null,
    },
  ],
})

/** The same shape as nginx's combined log; only company tells them apart, or microseconds at the end (`%(D)s`). */
export const gunicornAccess = defineLineFormat({
  id: 'gunicorn-access',
  title: 'gunicorn access log',
  source: 'https://docs.gunicorn.org/en/stable/settings.html#access-log-format',
  role: 'app',
  what: 'request',
  pattern: /^(\S+) \S+ \S+ \[([^\]]+)\] "([^"]*)" (\d{3}) (\d+|-) "([^"]*)" "([^"]*)"(?: .*)?$/,
  fields: [
    { name: 'h', kind: 'client', meaning: 'The peer.' },
    { name: 't', kind: 'time', meaning: 'When the answer was complete, to the second.' },
    { name: 'r', kind: 'request', meaning: 'Method, path with query, version.' },
    { name: 's', kind: 'status', meaning: 'The status the app answered.' },
    { name: 'b', kind: 'text', meaning: 'Bytes of the body.' },
    { name: 'f', kind: 'text', meaning: 'Referer.' },
    { name: 'a', kind: 'text', meaning: 'User agent.' },
  ],
  samples: [
    {
      title: 'the default',
      line: '10.0.1.11 - - [23/Nov/2026:02:19:00 +0000] "GET /orders/1 HTTP/1.1" 500 21 "-" "curl/8.5.0"',
      expect: { client: '10.0.1.11', method: 'GET', path: '/orders/1', status: 500, timeStepMs: 1000 },
    },
    {
      title: 'an error line',
      line: '[2026-11-23 02:19:03 +0000] [7] [INFO] Booting worker with pid: 12',
      expect: null,
    },
  ],
})
