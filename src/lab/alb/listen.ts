import type { Server as HttpServer } from 'node:http'
import { createServer, type ListenOptions, type Server } from 'node:net'
import { AppError } from '../../core/errors.ts'

/** Listens, or says in the operator's words why not. Resolves with the port (port 0 takes any). */
export function listen(server: Server | HttpServer, where: ListenOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const address = where.path ?? `${where.host}:${where.port}`
      reject(new AppError('LISTEN_FAILED', { address, why: whyNot(error) }, { cause: error }))
    })
    server.listen({ ...where, backlog: BACKLOG }, () => {
      const bound = server.address()
      resolve(bound !== null && typeof bound === 'object' ? bound.port : 0)
    })
  })
}

/** Bursts of a lab must queue at the target, not here. */
const BACKLOG = 4096

/** Nodes bind their outgoing connections: an address this machine lacks would turn every request into a 502. */
export async function ensureLocal(address: string): Promise<void> {
  const server = createServer()
  await listen(server, { host: address, port: 0 })
  await new Promise((resolve) => server.close(resolve))
}

function whyNot(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return 'another process listens there'
    case 'EADDRNOTAVAIL':
      return 'this machine does not have that address'
    case 'EACCES':
      return 'not permitted (ports below 1024 need root)'
    default:
      return error.message
  }
}
