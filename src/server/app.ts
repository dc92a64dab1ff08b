import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { HTTPException } from 'hono/http-exception'
import { streamSSE } from 'hono/streaming'
import { pageHead, renderHtml, sliceRows } from '../report/html.ts'
import { renderJson } from '../report/json.ts'
import { renderMarkdown } from '../report/markdown.ts'
import { composePage } from '../report/page.ts'
import { failuresPage } from './failures-page.ts'
import { guard } from './guard.ts'
import type { ReadQuery, Session } from './session.ts'

export interface AppOptions {
  readonly session: Session
  readonly token: string
  readonly port: () => number
}

const MOST_ROWS = 5_000
const KEEP_ALIVE_MS = 15_000

/** The page and its API (docs/api.md). Everything lies under the token. */
export function createApp({ session, token, port }: AppOptions): Hono {
  const page = composePage({
    title: 'why5xx',
    before: '<script type="application/json" id="live">{}</script>',
    after: '',
    noscript: '<p>This page needs JavaScript. The same as text: why5xx diagnose LOG...</p>',
    hasPolicyInside: false,
  })
  const app = new Hono()
  app.use('*', guard({ token, port, scriptHash: page.scriptHash, styleHash: page.styleHash }))

  app.get('/:token/', (context) => context.html(page.html))
  app.get('/:token/api/state', (context) => context.json(session.state()))
  app.get('/:token/api/diagnosis', (context) => {
    const diagnosis = session.diagnosis()
    if (!diagnosis) return context.json({ error: 'still reading' }, 409)
    return context.json({ revision: session.state().revision, ...pageHead(diagnosis) })
  })
  app.get('/:token/api/rows', (context) => {
    const rows = session.diagnosis()?.failureRows
    const { revision } = session.state()
    if (context.req.query('revision') !== String(revision))
      return context.json({ error: 'another diagnosis is shown by now', revision }, 409)
    const from = natural(context.req.query('from'), 0)
    const count = Math.min(MOST_ROWS, natural(context.req.query('count'), 1_000))
    return context.json({ from, columns: rows ? sliceRows(rows, from, count) : null })
  })
  app.get('/:token/api/failures', (context) => {
    const diagnosis = session.diagnosis()
    if (!diagnosis) return context.json({ error: 'still reading' }, 409)
    return context.json(failuresPage(diagnosis, context.req.query()))
  })
  app.post('/:token/api/read', bodyLimit({ maxSize: 20_000 }), async (context) => {
    if (!session.state().canRead) return context.json({ error: 'there are no logs behind this diagnosis' }, 409)
    // A form of another site cannot send this type without asking first.
    if (!(context.req.header('content-type') ?? '').startsWith('application/json'))
      return context.json({ error: 'send application/json' }, 415)
    const query = readQuery(await context.req.text())
    if (!query)
      return context.json({ error: 'expected { where: string[], since: string | null, until: string | null }' }, 400)
    void session.read(query)
    return context.json(session.state(), 202)
  })
  app.get('/:token/api/events', (context) =>
    streamSSE(context, async (stream) => {
      let wake = (): void => {}
      // A change while the last one is being sent must not be slept over.
      let isChanged = false
      const stop = session.subscribe(() => {
        isChanged = true
        wake()
      })
      stream.onAbort(() => {
        stop()
        wake()
      })
      while (!stream.aborted && !stream.closed) {
        isChanged = false
        await stream.writeSSE({ event: 'state', data: JSON.stringify(session.state()) })
        if (isChanged) continue
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, KEEP_ALIVE_MS)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      stop()
    }),
  )
  app.get('/:token/api/download/:name', (context) => {
    const diagnosis = session.diagnosis()
    if (!diagnosis) return context.json({ error: 'still reading' }, 409)
    const name = context.req.param('name')
    const made = (type: string, text: string): Response =>
      context.body(text, 200, {
        'content-type': `${type}; charset=utf-8`,
        'content-disposition': `attachment; filename="${name}"`,
      })
    switch (name) {
      case 'why5xx-diagnosis.json':
        return made('application/json', renderJson(diagnosis))
      case 'why5xx-report.md':
        return made('text/markdown', renderMarkdown(diagnosis))
      case 'why5xx-report.html':
        return made('text/html', renderHtml(diagnosis, { markdown: renderMarkdown(diagnosis) }))
      default:
        return context.json({ error: 'no such download' }, 404)
    }
  })
  app.notFound((context) => context.text('Nothing here. The address with its token is in the terminal.\n', 404))
  app.onError((error, context) =>
    error instanceof HTTPException ? error.getResponse() : context.json({ error: error.message }, 500),
  )
  return app
}

function natural(text: string | undefined, otherwise: number): number {
  const value = Number(text)
  return text !== undefined && Number.isSafeInteger(value) && value >= 0 ? value : otherwise
}

function readQuery(text: string): ReadQuery | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Said as 400 by the caller.
    return null
  }
  if (typeof value !== 'object' || value === null) return null
  const { where, since = null, until = null } = value as Record<string, unknown>
  if (!Array.isArray(where) || where.length > 20 || !where.every((each) => typeof each === 'string')) return null
  if (!(since === null || typeof since === 'string') || !(until === null || typeof until === 'string')) return null
  return { where, since, until }
}
