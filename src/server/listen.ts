import { randomBytes } from 'node:crypto'
import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import { fail } from '../core/errors.ts'
import { createApp } from './app.ts'
import type { Session } from './session.ts'

export interface Listening {
  /** With the token. */
  readonly url: string
  readonly port: number
  readonly close: () => Promise<void>
}

/** Where the first instance listens; the next ones take the ports after it, then any. */
const FIRST_PORT = 5055
const TRIES = 10

/** Binds 127.0.0.1 only. With a port of its own choice, that one or an error. */
export async function listen(session: Session, wantedPort: number | null): Promise<Listening> {
  const token = randomBytes(16).toString('hex')
  let port = 0
  const app = createApp({ session, token, port: () => port })
  const candidates =
    wantedPort === null ? [...Array.from({ length: TRIES }, (_, index) => FIRST_PORT + index), 0] : [wantedPort]
  for (const candidate of candidates) {
    const server = await tryListen(app.fetch, candidate)
    if (typeof server === 'string') {
      if (wantedPort !== null || server !== 'EADDRINUSE')
        fail('LISTEN_FAILED', {
          address: `127.0.0.1:${candidate}`,
          why: server === 'EADDRINUSE' ? 'the port is taken' : server,
        })
      continue
    }
    const address = server.address()
    port = typeof address === 'object' && address !== null ? address.port : candidate
    return {
      url: `http://127.0.0.1:${port}/${token}/`,
      port,
      close: () =>
        new Promise((resolve) => {
          session.close()
          server.close(() => resolve())
          // Event streams stay open until somebody ends them.
          server.closeAllConnections()
        }),
    }
  }
  return fail('LISTEN_FAILED', { address: '127.0.0.1', why: 'no port is free' })
}

/** The server, or the code of the error. */
function tryListen(fetch: (request: Request) => Response | Promise<Response>, port: number): Promise<Server | string> {
  return new Promise((resolve) => {
    const server = serve({ fetch, hostname: '127.0.0.1', port }, () => resolve(server as Server))
    server.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  })
}
