// Connections that nobody uses: `listen PORT` takes them, `hold HOST PORT COUNT` opens and keeps them until it is ended.
import { connect, createServer } from 'node:net'

const [role, first = '', port = '', count = ''] = process.argv.slice(2)

if (role === 'listen') {
  createServer((socket) => socket.on('error', () => socket.destroy())).listen(Number(first), '0.0.0.0', 4096, ready)
} else {
  let left = Number(count)
  for (let n = 0; n < Number(count); n++)
    connect(Number(port), first)
      .on('connect', () => {
        if (--left === 0) ready()
      })
      // Who finds no room does not try again.
      .on('error', () => undefined)
}

function ready(): void {
  process.stdout.write('ready\n')
}
