import { lstatSync, unlinkSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { AppError, fail } from '../../core/errors.ts'
import { parseEndpoint } from './endpoint.ts'
import { listen } from './listen.ts'
import type { LoadBalancer } from './load-balancer.ts'

const BODY_LIMIT = 65_536

/**
 * A small JSON API: GET /stats, GET /targets, POST /targets {"target":"IP:PORT"}, DELETE /targets/IP:PORT,
 * GET /cloudwatch, POST /facts {"for":"all"}, POST /flush, POST /shutdown {"drainSeconds":5}.
 */
export async function startControlServer(
  where: string,
  balancer: LoadBalancer,
  onShutdown: () => void,
): Promise<{ readonly address: string; readonly close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    void answer(request, balancer, onShutdown).then(
      ([status, body]) => send(response, status, body),
      (error: unknown) => {
        const isOperators = error instanceof AppError
        send(response, isOperators ? 400 : 500, { error: error instanceof Error ? error.message : String(error) })
      },
    )
  })
  const isSocketPath = where.includes('/')
  // Left behind by a run that was killed. Anything that is not a socket stays, and listening fails.
  if (isSocketPath && lstatSync(where, { throwIfNoEntry: false })?.isSocket()) unlinkSync(where)
  await listen(server, isSocketPath ? { path: where } : parseEndpoint('--control', where))
  return { address: addressOf(server, where), close: () => closeServer(server) }
}

async function answer(
  request: IncomingMessage,
  balancer: LoadBalancer,
  onShutdown: () => void,
): Promise<readonly [number, unknown]> {
  // A web page must not be able to steer it: browsers send Origin with every request that could change something.
  if (request.headers.origin !== undefined) return [403, { error: 'not for web pages' }]
  const path = new URL(request.url ?? '/', 'http://control').pathname
  const route = `${request.method} ${path.startsWith('/targets/') ? '/targets/*' : path}`
  const body = await readJson(request)
  switch (route) {
    case 'GET /stats':
      return [200, balancer.stats()]
    case 'GET /targets':
      return [200, { targets: balancer.targets() }]
    case 'POST /targets':
      balancer.addTarget(parseEndpoint('target', String(body.target)))
      return [200, { targets: balancer.targets() }]
    case 'DELETE /targets/*': {
      const isKnown = balancer.removeTarget(parseEndpoint('target', decodeURIComponent(path.slice('/targets/'.length))))
      return isKnown ? [200, { targets: balancer.targets() }] : [404, { error: 'not registered' }]
    }
    case 'GET /cloudwatch':
      return [200, JSON.parse(balancer.metricData())]
    case 'POST /facts':
      if (body.for !== 'all' && body.for !== 'failures') return [400, { error: 'for: "all" or "failures"' }]
      balancer.setFactsFor(body.for)
      return [200, { for: body.for }]
    case 'POST /flush':
      await balancer.flush()
      return [200, { flushed: true }]
    case 'POST /shutdown': {
      const drainMs = Number(body.drainSeconds ?? 0) * 1000
      if (!(drainMs >= 0)) return [400, { error: 'drainSeconds: a number of seconds' }]
      // The answer leaves before the control endpoint closes.
      setTimeout(() => void balancer.close(drainMs).then(onShutdown), 20)
      return [202, { stopping: true }]
    }
    default:
      return [404, { error: `no such thing: ${route}` }]
  }
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = ''
  for await (const chunk of request) {
    text += String(chunk)
    if (text.length > BODY_LIMIT) return fail('USAGE', { what: 'the request body is too long' })
  }
  if (text.trim() === '') return {}
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (error) {
    return fail('USAGE', { what: 'the request body is not JSON' }, { cause: error })
  }
  return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {}
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' })
  response.end(`${JSON.stringify(body)}\n`)
}

function addressOf(server: Server, where: string): string {
  const bound = server.address()
  return bound !== null && typeof bound === 'object' ? `http://${where.replace(/:\d+$/, '')}:${bound.port}` : where
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
