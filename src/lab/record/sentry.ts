import { createHash } from 'node:crypto'
import type { ClientRow } from '../traffic/client.ts'

/** An error that the application's own SDK reported (lab/apps/shop.py). */
export interface AppErrorRow {
  readonly time: number
  readonly type: string
  readonly value: string
  readonly trace: string
  readonly method: string
  readonly path: string
  readonly frames: readonly {
    readonly filename: string
    readonly function: string
    readonly lineNo: number
    readonly context: string
  }[]
}

const host = 'https://www.shop.example'

/**
 * The clients' failures as Sentry's API returns events (`GET /api/0/projects/ORG/PROJECT/events/?full=true`): newest
 * first, and without the load balancer's trace id, which no client knows.
 */
export function clientSentryEvents(rows: readonly ClientRow[]): readonly unknown[] {
  return rows
    .filter((row) => row.error !== null || (row.status ?? 0) >= 500)
    .map((row) => {
      const isAnswered = row.error === null
      const url = `${host}${row.path}`
      const type = isAnswered ? 'HttpError' : row.error === 'timeout' ? 'TimeoutError' : 'NetworkError'
      const value = isAnswered
        ? `HTTP Client Error with status code: ${row.status}`
        : row.error === 'timeout'
          ? `Request timed out after ${(row.elapsedMs / 1000).toFixed(0)} s`
          : `Request failed: ${row.error}`
      return sentryEvent({
        timeMs: Date.parse(row.time) + row.elapsedMs,
        project: { id: '4506', platform: 'javascript', sdk: 'sentry.javascript.browser', version: '10.11.0' },
        type,
        value,
        culprit: `${row.method} ${routeOf(row.path)}`,
        request: { method: row.method, url, headers: [['User-Agent', row.userAgent]] },
        contexts: isAnswered ? { response: { type: 'response', status_code: row.status, body_size: row.bytes } } : {},
        tags: [
          { key: 'environment', value: 'production' },
          { key: 'level', value: 'error' },
          { key: 'url', value: url },
          ...(isAnswered ? [{ key: 'http.status_code', value: String(row.status) }] : []),
        ],
        frames: [
          { filename: 'app.77be02.js', function: 'fetchJson', lineNo: 1, context: 'throw new HttpError(response)' },
        ],
      })
    })
    .reverse()
}

/** The application's own events. In the founding incident there is none: that is the point. */
export function appSentryEvents(rows: readonly AppErrorRow[]): readonly unknown[] {
  return rows
    .map((row) =>
      sentryEvent({
        timeMs: row.time * 1000,
        project: { id: '4507', platform: 'python', sdk: 'sentry.python.fastapi', version: '2.40.0' },
        type: row.type,
        value: row.value,
        culprit: row.frames.at(-1) ? `shop.${row.frames.at(-1)?.function}` : 'shop',
        request: {
          method: row.method,
          url: `${host}${row.path}`,
          headers: [['X-Amzn-Trace-Id', `Root=${row.trace}`]],
        },
        contexts: {},
        tags: [
          { key: 'environment', value: 'production' },
          { key: 'level', value: 'error' },
        ],
        frames: row.frames,
      }),
    )
    .reverse()
}

interface SentryInput {
  readonly timeMs: number
  readonly project: { readonly id: string; readonly platform: string; readonly sdk: string; readonly version: string }
  readonly type: string
  readonly value: string
  readonly culprit: string
  readonly request: {
    readonly method: string
    readonly url: string
    readonly headers: readonly (readonly [string, string])[]
  }
  readonly contexts: Readonly<Record<string, unknown>>
  readonly tags: readonly { readonly key: string; readonly value: string }[]
  readonly frames: AppErrorRow['frames']
}

function sentryEvent(input: SentryInput): unknown {
  const { project, request, type, value } = input
  const time = `${new Date(input.timeMs).toISOString().slice(0, 23)}000Z`
  const eventId = hash(`${time}${request.url}${type}`, 32)
  const [base = '', query = ''] = request.url.split('?')
  return {
    id: eventId,
    eventID: eventId,
    groupID: String(Number.parseInt(hash(`${type}${value}${input.culprit}`, 9), 16)),
    projectID: project.id,
    'event.type': 'error',
    type: 'error',
    title: `${type}: ${value}`,
    message: '',
    metadata: { type, value },
    culprit: input.culprit,
    location: input.frames.at(-1)?.filename ?? null,
    platform: project.platform,
    dateCreated: time,
    dateReceived: time,
    user: null,
    tags: input.tags,
    contexts: {
      ...input.contexts,
      trace: { type: 'trace', trace_id: hash(`${time}trace`, 32), span_id: hash(`${time}span`, 16) },
    },
    entries: [
      {
        type: 'exception',
        data: {
          values: [
            {
              type,
              value,
              mechanism: { type: project.platform === 'python' ? 'fastapi' : 'http.client', handled: false },
              stacktrace: {
                frames: input.frames.map((frame) => ({
                  filename: frame.filename,
                  function: frame.function,
                  lineNo: frame.lineNo,
                  context: [[frame.lineNo, frame.context]],
                  inApp: true,
                })),
              },
            },
          ],
        },
      },
      {
        type: 'request',
        data: {
          method: request.method,
          url: base,
          query: query === '' ? [] : query.split('&').map((pair) => pair.split('=')),
          headers: request.headers,
        },
      },
    ],
    errors: [],
    sdk: { name: project.sdk, version: project.version },
    size: 4096,
  }
}

function routeOf(path: string): string {
  return path.replace(/\?.*$/, '').replace(/\/[0-9a-f]*\d[0-9a-f]*(?=\/|$)/g, '/:id')
}

function hash(text: string, digits: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits)
}
