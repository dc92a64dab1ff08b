import { defineLineFormat } from './define-line-format.ts'

/** Whatever an app prints per request, when a line shows method, path and status in that order. */
export const appRequest = defineLineFormat({
  id: 'app-request',
  title: 'request lines of an app (morgan, Rails, Spring, hand-made)',
  source: 'https://github.com/expressjs/morgan#predefined-formats',
  role: 'app',
  what: 'request',
  pattern:
    /^(?:\[?(\d{4}-\d\d-\d\d[T ][\d:.,]+(?:Z| ?[+-]\d\d:?\d\d)?)\]?\s+)?(?:.{0,120}?[\s\]:"])??"?(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (\/\S*?)(?: HTTP\/[\d.]+)?"?[\s:,>-]+(?:status[=: ])?(\d{3})\b(?:[^\d\n]{0,12}?([\d.]+) ?ms\b)?/,
  fields: [
    { name: 'time', kind: 'time', meaning: 'When, when the line begins with it.' },
    { name: 'method', kind: 'method', meaning: 'Method.' },
    { name: 'path', kind: 'path', meaning: 'Path with query.' },
    { name: 'status', kind: 'status', meaning: 'The status the app answered.' },
    { name: 'milliseconds', kind: 'milliseconds', meaning: 'How long it took.' },
  ],
  samples: [
    {
      title: 'morgan dev',
      line: 'GET /orders/17 200 12.345 ms - 431',
      expect: { method: 'GET', path: '/orders/17', status: 200, durationMs: 12.345 },
    },
    {
      title: 'with a time in front',
      line: '2026-11-23T02:19:00.120Z INFO http POST /cart 503 in 31ms',
      expect: { method: 'POST', path: '/cart', status: 503, timeMs: Date.UTC(2026, 10, 23, 2, 19, 0, 120) },
    },
    { title: 'no status', line: '2026-11-23T02:19:00Z INFO fetching GET /cart', expect: null },
  ],
})

/** A line with a time in front: nobody's request, but it shows that the log covers that time. */
export const appText = defineLineFormat({
  id: 'app-text',
  title: 'text lines with a time',
  source: 'https://docs.python.org/3/library/logging.html#logrecord-attributes',
  role: 'app',
  what: 'event',
  pattern: /^\[?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z| ?[+-]\d\d:?\d\d)?)\]?\s+(.*)$/,
  fields: [
    { name: 'time', kind: 'time', meaning: 'When.' },
    { name: 'message', kind: 'message', meaning: 'Anything.' },
  ],
  samples: [
    {
      title: 'Python’s logging',
      line: '2026-11-23 02:19:00,123 WARNING shop.db pool is empty',
      expect: {
        timeMs: Date.UTC(2026, 10, 23, 2, 19, 0, 123),
        hasZone: false,
        message: 'WARNING shop.db pool is empty',
      },
    },
    { title: 'no time', line: 'pool is empty', expect: null },
  ],
})

/** What a runtime prints of an error that nobody caught. The time is what the log collector put before it. */
export const errorLine = defineLineFormat({
  id: 'app-text',
  title: 'the line that names an error',
  source: 'https://docs.python.org/3/library/traceback.html',
  role: 'app',
  what: 'event',
  pattern: /^((?:[\w.:]*(?:Error|Exception)(?: \[\w+\])?|panic|fatal error|http): .+)$/,
  fields: [{ name: 'message', kind: 'message', meaning: 'The error and what it says.' }],
  samples: [
    {
      title: 'the end of a Python traceback',
      line: 'RuntimeError: Response content shorter than Content-Length',
      expect: { message: 'RuntimeError: Response content shorter than Content-Length' },
    },
    {
      title: 'Node, with a code',
      line: 'Error [ERR_HTTP_CONTENT_LENGTH_MISMATCH]: Response body too long',
      expect: { message: 'Error [ERR_HTTP_CONTENT_LENGTH_MISMATCH]: Response body too long' },
    },
    { title: 'a frame', line: '    at Server.<anonymous> (file:///app/shop.mjs:20:5)', expect: null },
  ],
})
