import { createServer, type Server, type Socket } from 'node:net'

/** What the target does with a request, by the first word of its path. */
type Behaviour = (socket: Socket, request: string, argument: number) => void

export interface BadTarget {
  readonly port: number
  readonly sockets: ReadonlySet<Socket>
  /** Heads of the requests it read, health checks left out. */
  readonly requests: readonly string[]
  setHealthy(isHealthy: boolean): void
  close(): Promise<void>
}

const ok = (socket: Socket, body = 'hello'): void => {
  socket.write(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
}

const behaviours: Readonly<Record<string, Behaviour>> = {
  ok: (socket) => ok(socket),
  slow: (socket, _request, ms) => void setTimeout(() => !socket.destroyed && ok(socket), ms),
  status: (socket, _request, status) => void socket.write(`HTTP/1.1 ${status} X\r\nContent-Length: 0\r\n\r\n`),
  hang: () => {},
  fin: (socket, _request, ms) => void setTimeout(() => socket.end(), ms),
  rst: (socket) => void socket.resetAndDestroy(),
  'half-head': (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-'),
  garbage: (socket) => void socket.write('SSH-2.0-OpenSSH_9.2\r\n'),
  'bad-header': (socket) => void socket.write('HTTP/1.1 200 OK\r\nBad Name: 1\r\n\r\n'),
  'big-headers': (socket) =>
    void socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Pad: ${'a'.repeat(33_000)}\r\n\r\n`),
  'cut-body': (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this'),
  'stalled-body': (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this'),
  chunked: (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel')
    setTimeout(() => socket.write('lo\r\n6\r\n world\r\n0\r\n\r\n'), 10)
  },
  'until-close': (socket) => void socket.end('HTTP/1.1 200 OK\r\n\r\nall of it'),
  interim: (socket) => {
    socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n')
    ok(socket)
  },
  big: (socket, _request, bytes) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n`)
    socket.write(Buffer.alloc(bytes, 'b'))
  },
  ws: (socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')
    socket.removeAllListeners('data')
    socket.on('data', (chunk) => void socket.write(`echo ${String(chunk)}`))
  },
  early: (socket) => void socket.end('HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'),
  surplus: (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more'),
}

/** A raw server on 127.0.0.1 that misbehaves as its path says: /fin, /slow/200, /half-head ... */
export function startBadTarget(): Promise<BadTarget> {
  const sockets = new Set<Socket>()
  const requests: string[] = []
  let isHealthy = true
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    let text = ''
    let bodyLeft = 0
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      for (;;) {
        if (bodyLeft > 0) {
          const taken = Math.min(bodyLeft, text.length)
          bodyLeft -= taken
          text = text.slice(taken)
        }
        const end = text.indexOf('\r\n\r\n')
        if (bodyLeft > 0 || end < 0) return
        const head = text.slice(0, end)
        text = text.slice(end + 4)
        bodyLeft = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
        const [, word = '', argument = '0'] = /^\w+ \/([\w-]*)(?:\/(\d+))?/.exec(head) ?? []
        if (word === 'healthz') {
          socket.end(`HTTP/1.1 ${isHealthy ? 200 : 500} X\r\nContent-Length: 0\r\n\r\n`)
          return
        }
        requests.push(head)
        const behave = behaviours[word] ?? (behaviours.ok as Behaviour)
        behave(socket, head, Number(argument))
      }
    })
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve({
        port: address !== null && typeof address === 'object' ? address.port : 0,
        sockets,
        requests,
        setHealthy: (value) => {
          isHealthy = value
        },
        close: () =>
          new Promise((done) => {
            for (const socket of sockets) socket.destroy()
            server.close(() => done())
          }),
      })
    })
  })
}
