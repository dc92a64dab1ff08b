import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { alb } from '../../src/formats/alb.ts'
import { parseRow } from '../../src/formats/parse-row.ts'
import { type LoadBalancer, type LoadBalancerOptions, startLoadBalancer } from '../../src/lab/alb/load-balancer.ts'
import { parseLogFileName } from '../../src/read/log-file-name.ts'
import { type BadTarget, startBadTarget } from './bad-target.ts'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

interface Lab {
  readonly balancer: LoadBalancer
  readonly target: BadTarget
  readonly targetKey: string
  readonly directory: string
  readonly port: number
  /** Sends bytes on a new connection; resolves with everything that came back when the answer is complete or it closed. */
  send(text: string, until?: RegExp | 'close'): Promise<string>
  rows(): Promise<Row[]>
  facts(): Promise<Record<string, unknown>[]>
}

/** One target, one node, times scaled down, health checks off unless asked for. */
async function startLab(options: Partial<LoadBalancerOptions> = {}): Promise<Lab> {
  const target = await startBadTarget()
  cleanUps.push(() => target.close())
  const directory = mkdtempSync(join(tmpdir(), 'alb-'))
  const balancer = await startLoadBalancer({
    listen: [{ host: '127.0.0.1', port: 0 }],
    targets: [{ host: '127.0.0.1', port: target.port }],
    nodes: 1,
    idleTimeoutSeconds: 0.4,
    connectTimeoutSeconds: 0.5,
    healthCheck: false,
    logDir: directory,
    factsFile: join(directory, 'facts.ndjson'),
    name: 'app/shop/0123456789abcdef',
    ...options,
  })
  cleanUps.push(() => balancer.close())
  const port = balancer.listening[0]?.port ?? 0
  return {
    balancer,
    target,
    targetKey: `127.0.0.1:${target.port}`,
    directory,
    port,
    send: (text, until) => send(port, text, until),
    rows: async () => {
      await balancer.flush()
      return readRows(directory)
    },
    facts: async () => {
      await balancer.close()
      return readFileSync(join(directory, 'facts.ndjson'), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
    },
  }
}

interface Row {
  readonly fields: readonly string[]
  readonly type: string
  readonly target: string
  /** `0.000 0.001 -1`, with every positive time as a number rounded to 0.1 s. */
  readonly times: readonly number[]
  readonly statuses: string
  readonly received: number
  readonly sent: number
  readonly request: string
  readonly elapsedMs: number
}

function readRows(directory: string): Row[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.log.gz') && !name.startsWith('health_check_log_'))
    .flatMap((name) =>
      gunzipSync(readFileSync(join(directory, name)))
        .toString('latin1')
        .split('\n'),
    )
    .filter((line) => line !== '')
    .map((line) => {
      const fields = line.match(/"[^"]*"|\S+/g) ?? []
      expect(fields, line).toHaveLength(34)
      expect(parseRow(alb, line)).toMatchObject({ isBad: false, problems: [] })
      return {
        fields,
        type: fields[0] ?? '',
        target: fields[4] ?? '',
        times: fields.slice(5, 8).map(Number),
        statuses: `${fields[8]}/${fields[9]}`,
        received: Number(fields[10]),
        sent: Number(fields[11]),
        request: fields[12] ?? '',
        elapsedMs: Date.parse(fields[1] ?? '') - Date.parse(fields[21] ?? ''),
      }
    })
    .sort((a, b) => (a.fields[1] ?? '').localeCompare(b.fields[1] ?? ''))
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket))
    socket.on('error', reject)
    cleanUps.push(() => socket.destroy())
  })
}

async function send(port: number, text: string, until: RegExp | 'close' = /\r\n\r\n/): Promise<string> {
  const socket = await open(port)
  socket.write(text, 'latin1')
  const answer = await collect(socket, until)
  socket.destroy()
  return answer
}

function collect(socket: Socket, until: RegExp | 'close'): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('latin1')
      if (until !== 'close' && until.test(text)) done()
    }
    const done = (): void => {
      clearTimeout(timer)
      socket.off('data', onData)
      resolve(text)
    }
    const timer = setTimeout(() => reject(new Error(`no ${until} within 5 s, but: ${text.slice(0, 500)}`)), 5000)
    socket.on('data', onData)
    socket.once('close', done)
  })
}

const get = (path: string, ...headers: string[]): string =>
  `GET ${path} HTTP/1.1\r\nHost: www.shop.example\r\nUser-Agent: test/1\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`

function makeCertificate(): { key: string; cert: string } {
  const directory = mkdtempSync(join(tmpdir(), 'alb-tls-'))
  const [key, cert] = [join(directory, 'key'), join(directory, 'cert')]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  execFileSync('openssl', ['req', '-x509', ...curve, '-subj', '/CN=x', '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  })
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Waits for what must come soon, however busy the machine is. */
async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo(); tries++) {
    if (tries > 500) throw new Error(`not within 5 s: ${isSo}`)
    await sleep(10)
  }
}

const counted = (lab: Lab, name: string): number => lab.balancer.stats().counters[name] ?? 0

const near = (value: number | undefined, expected: number, slack = 0.4): void => {
  expect(value).toBeGreaterThanOrEqual(expected - 0.002)
  expect(value).toBeLessThan(expected + slack)
}

describe('a healthy request', () => {
  test('is forwarded with X-Forwarded-* and a trace id, and its row has all 34 fields', async () => {
    const lab = await startLab()
    const answer = await lab.send(get('/ok?x="1"', 'X-Forwarded-For: 203.0.113.7'), /hello/)
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    const head = lab.target.requests[0] ?? ''
    expect(head).toMatch(/^GET \/ok\?x="1" HTTP\/1\.1\r\n/)
    expect(head).toContain('X-Forwarded-For: 203.0.113.7, 127.0.0.1')
    expect(head).toContain(`X-Forwarded-Port: ${lab.port}`)
    const [row] = await lab.rows()
    expect(row).toMatchObject({ type: 'http', target: lab.targetKey, statuses: '200/200' })
    expect(row?.request).toBe(`"GET http://www.shop.example:${lab.port}/ok?x=\\x221\\x22 HTTP/1.1"`)
    expect(head).toContain(`X-Amzn-Trace-Id: ${row?.fields[17]?.slice(1, -1)}`)
    expect(row?.received).toBe(get('/ok?x="1"', 'X-Forwarded-For: 203.0.113.7').length)
    expect(row?.sent).toBe(answer.length)
    expect(row?.fields.slice(25, 27)).toEqual([`"${lab.targetKey}"`, '"200"'])
    expect(row?.fields[33]).toBe('10.0.1.10')
  })

  test('files carry the names AWS gives them', async () => {
    const lab = await startLab({ nodes: 2 })
    await lab.send(get('/ok'))
    await lab.send(get('/ok'))
    await lab.rows()
    const names = readdirSync(lab.directory).filter((name) => name.endsWith('.gz'))
    expect(names).toHaveLength(2)
    for (const name of names)
      expect(parseLogFileName(name)).toMatchObject({ log: 'access', loadBalancer: 'app/shop/0123456789abcdef' })
    for (const name of names)
      expect(name).toMatch(
        /^123456789012_elasticloadbalancing_eu-west-1_app\.shop\.0123456789abcdef_\d{8}T\d{2}[0-5][05]Z_10\.0\.[12]\.10_[0-9a-z]{8}\.log\.gz$/,
      )
  })

  test('a node writes its file when the interval is over, without being asked', async () => {
    const lab = await startLab({ logIntervalSeconds: 0.25 })
    await lab.send(get('/ok'), /hello/)
    await sleep(400)
    expect(readRows(lab.directory)).toHaveLength(1)
    await lab.send(get('/ok'), /hello/)
    await lab.balancer.close()
    expect(readRows(lab.directory)).toHaveLength(2)
    expect(readdirSync(lab.directory).filter((name) => name.endsWith('.partial'))).toEqual([])
  })

  test('with a listener per node, each node logs what came to it', async () => {
    const listener = { host: '127.0.0.1', port: 0 }
    const lab = await startLab({ listen: [listener, listener], nodes: 2 })
    for (const { port } of lab.balancer.listening) await send(port, get('/ok'))
    await send(lab.balancer.listening[1]?.port ?? 0, get('/ok'))
    expect((await lab.rows()).map((row) => row.fields[33])).toEqual(['10.0.1.10', '10.0.2.10', '10.0.2.10'])
  })

  test('connections to the target are kept and reused, last in first out', async () => {
    const lab = await startLab({ factsFor: 'all' })
    for (let i = 0; i < 3; i++) await lab.send(get('/ok'), /hello/)
    expect(lab.target.sockets.size).toBe(1)
    const facts = await lab.facts()
    expect(facts.map((row) => (row.socket as { conn_requests_before: number }).conn_requests_before)).toEqual([0, 1, 2])
  })

  test('every framing arrives whole', async () => {
    const lab = await startLab()
    expect(await lab.send(get('/chunked'), /0\r\n\r\n$/)).toMatch(/5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n$/)
    expect(await lab.send(get('/until-close'), /0\r\n\r\n$/)).toMatch(
      /chunked\r\nConnection: keep-alive\r\n\r\n9\r\nall of it/,
    )
    expect(await lab.send('GET /chunked HTTP/1.0\r\n\r\n', 'close')).toMatch(/close\r\n\r\nhello world$/)
    expect(await lab.send('GET /until-close HTTP/1.0\r\n\r\n', 'close')).toMatch(/all of it$/)
    expect(await lab.send(get('/interim'), /hello/)).toMatch(/^HTTP\/1\.1 200/)
    expect(await lab.send(get('/big/5000000', 'Connection: close'), 'close')).toHaveLength(5_000_000 + 63)
    const rows = await lab.rows()
    expect(rows.map((row) => row.statuses)).toEqual(Array(6).fill('200/200'))
  })

  test('pipelined requests and uploads are kept apart', async () => {
    const lab = await startLab()
    const upload = 'POST /ok HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nGET / inside'
    const answer = await lab.send(upload.slice(0, -1) + get('/status/404') + get('/ok', 'Connection: close'), 'close')
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200'])
  })

  test('Expect: 100-continue is answered by the load balancer', async () => {
    const lab = await startLab()
    const socket = await open(lab.port)
    socket.write('POST /ok HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n')
    expect(await collect(socket, /\r\n\r\n/)).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    socket.write('ab')
    expect(await collect(socket, /hello/)).toContain('200 OK')
    expect(lab.target.requests[0]).not.toContain('Expect')
  })
})

describe('502', () => {
  test('refused: -1 -1 -1 at once, and CloudWatch counts a connection error', async () => {
    const lab = await startLab()
    await lab.target.close()
    expect(await lab.send(get('/ok'))).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\nServer: awselb\/2\.0/)
    const [row] = await lab.rows()
    expect(row).toMatchObject({ statuses: '502/-', target: lab.targetKey, times: [-1, -1, -1], sent: 277 })
    expect(row?.elapsedMs).toBeLessThan(400)
    expect(lab.balancer.metricData()).toMatch(/"TargetConnectionErrorCount",\s+"Timestamps": \[\s+"20/)
    expect(await lab.facts()).toMatchObject([
      { phase: 'connect', socket: { conn_reused: false, event: 'ECONNREFUSED', bytes_from_target: 0 } },
    ])
  })

  test('FIN and RST with the request outstanding: the time until then, -1 for the response', async () => {
    const lab = await startLab()
    await lab.send(get('/fin/200'))
    await lab.send(get('/rst'))
    await lab.send(get('/half-head'))
    const [fin, rst, half] = await lab.rows()
    expect(fin).toMatchObject({ statuses: '502/-', target: lab.targetKey })
    near(fin?.times[0], 0)
    near(fin?.times[1], 0.2)
    expect(fin?.times[2]).toBe(-1)
    for (const row of [rst, half]) {
      expect(row?.statuses).toBe('502/-')
      near(row?.times[1], 0)
      expect(row?.times[2]).toBe(-1)
    }
    expect((await lab.facts()).map((row) => (row.socket as { event: string }).event)).toEqual(['FIN', 'RST', 'FIN'])
  })

  test.each(['garbage', 'bad-header', 'big-headers'])('a response with %s', async (path) => {
    const lab = await startLab()
    expect(await lab.send(get(`/${path}`))).toMatch(/^HTTP\/1\.1 502/)
    const [row] = await lab.rows()
    expect(row?.statuses).toBe('502/-')
    near(row?.times[1], 0)
    expect(row?.times[2]).toBe(-1)
  })

  test('the keep-alive race: the request goes out while the FIN is on its way', async () => {
    const lab = await startLab()
    const socket = await open(lab.port)
    socket.write(get('/ok'))
    await collect(socket, /hello/)
    await sleep(100)
    const [idle] = [...lab.target.sockets]
    // The same turn of the event loop: the load balancer reads the request before it can see the FIN.
    socket.write(get('/ok'))
    idle?.destroy()
    expect(await collect(socket, /\r\n\r\n/)).toMatch(/^HTTP\/1\.1 502/)
    const row = (await lab.rows())[1]
    expect(row?.statuses).toBe('502/-')
    near(row?.times[1], 0)
    expect(row?.times[2]).toBe(-1)
    const [fact] = await lab.facts()
    expect(fact).toMatchObject({
      traceId: row?.fields[17]?.slice(1, -1),
      phase: 'await-response',
      socket: {
        conn_reused: true,
        conn_requests_before: 1,
        bytes_from_target: 0,
        event: expect.stringMatching(/^(FIN|RST)$/),
      },
    })
    expect((fact?.socket as Record<string, number> | undefined)?.conn_idle_ms).toBeGreaterThan(90)
    expect(lab.target.requests).toHaveLength(1)
  })

  test('outside that window a closed connection is never used', async () => {
    const lab = await startLab()
    await lab.send(get('/ok'), /hello/)
    for (const idle of lab.target.sockets) idle.end()
    await until(() => counted(lab, 'idle-closed:FIN') === 1)
    expect(await lab.send(get('/ok'), /hello/)).toContain('200 OK')
    expect(lab.balancer.stats().counters).toMatchObject({ 'elb:200/200': 2, 'idle-closed:FIN': 1 })
  })

  test('there is no retry on another target', async () => {
    const lab = await startLab()
    const other = await startBadTarget()
    cleanUps.push(() => other.close())
    lab.balancer.addTarget({ host: '127.0.0.1', port: other.port })
    await lab.target.close()
    const answers = [await lab.send(get('/ok')), await lab.send(get('/ok'))]
    expect(answers.map((answer) => answer.slice(9, 12)).sort()).toEqual(['200', '502'])
  })

  test('the deregistration delay ends with the request in flight', async () => {
    const lab = await startLab({ deregistrationDelaySeconds: 0.2, idleTimeoutSeconds: 5 })
    const answer = lab.send(get('/hang'))
    await sleep(100)
    expect(lab.balancer.removeTarget({ host: '127.0.0.1', port: lab.target.port })).toBe(true)
    expect(lab.balancer.targets()[0]?.state).toBe('draining')
    expect(await lab.send(get('/ok'))).toMatch(/^HTTP\/1\.1 503/)
    expect(await answer).toMatch(/^HTTP\/1\.1 502/)
    const row = (await lab.rows()).find(({ statuses }) => statuses === '502/-')
    near(row?.times[1], 0.2)
    expect(row?.times[2]).toBe(-1)
    expect(lab.balancer.targets()).toEqual([])
    expect(await lab.facts()).toMatchObject([{ elbStatus: 503 }, { socket: { event: 'deregistration-delay' } }])
  })

  test('within the deregistration delay requests in flight end well', async () => {
    const lab = await startLab({ deregistrationDelaySeconds: 5 })
    const answer = lab.send(get('/slow/150'), /hello/)
    await sleep(50)
    lab.balancer.removeTarget({ host: '127.0.0.1', port: lab.target.port })
    expect(await answer).toContain('200 OK')
  })
})

describe('TLS to the target', () => {
  test('whatever certificate the target shows is taken, and requests go over kept connections', async () => {
    const { key, cert } = makeCertificate()
    const paths: string[] = []
    const server = createHttpsServer({ key, cert }, (request, response) => {
      paths.push(request.url ?? '')
      response.end('hello')
    })
    server.listen(0, '127.0.0.1')
    cleanUps.push(() => server.close().closeAllConnections())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const lab = await startLab({ targetProtocol: 'https', targets: [{ host: '127.0.0.1', port }] })
    expect(await lab.send(get('/a'))).toMatch(/^HTTP\/1\.1 200 /)
    expect(await lab.send(get('/b'))).toMatch(/^HTTP\/1\.1 200 /)
    expect(paths).toEqual(['/a', '/b'])
    expect(await lab.rows()).toMatchObject([{ statuses: '200/200' }, { statuses: '200/200' }])
  })

  test('plain HTTP on that port: 502 and -1 -1 -1 at once, a TLS error and no connection error', async () => {
    const plain = createHttpServer().listen(0, '127.0.0.1')
    cleanUps.push(() => plain.close())
    await once(plain, 'listening')
    const { port } = plain.address() as AddressInfo
    const lab = await startLab({ targetProtocol: 'https', targets: [{ host: '127.0.0.1', port }] })
    expect(await lab.send(get('/ok'))).toMatch(/^HTTP\/1\.1 502 /)
    const [row] = await lab.rows()
    expect(row).toMatchObject({ statuses: '502/-', times: [-1, -1, -1], target: `127.0.0.1:${port}` })
    expect(lab.balancer.metricData()).toMatch(/"TargetTLSNegotiationErrorCount",\s+"Timestamps": \[\s+"20/)
    expect(lab.balancer.metricData()).not.toMatch(/"TargetConnectionErrorCount",\s+"Timestamps": \[\s+"20/)
    expect((await lab.facts())[0]).toMatchObject({ phase: 'connect', socket: { event: 'tls-handshake' } })
  })

  test('a handshake that is not answered: 502 after its own timeout', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1')
    cleanUps.push(() => silent.close())
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const lab = await startLab({ targetProtocol: 'https', targets: [{ host: '127.0.0.1', port }] })
    expect(await lab.send(get('/'))).toMatch(/^HTTP\/1\.1 502 /)
    const [row] = await lab.rows()
    expect(row).toMatchObject({ statuses: '502/-', times: [-1, -1, -1] })
    expect(row?.elapsedMs).toBeGreaterThanOrEqual(500)
    expect((await lab.facts())[0]).toMatchObject({ phase: 'connect', socket: { event: 'tls-timer' } })
  })
})

describe('504', () => {
  test('no response within the idle timeout: -1 -1 behind the request time', async () => {
    const lab = await startLab()
    expect(await lab.send(get('/hang'))).toMatch(/^HTTP\/1\.1 504 Gateway Time-out/)
    const [row] = await lab.rows()
    expect(row).toMatchObject({ statuses: '504/-', target: lab.targetKey })
    near(row?.times[0], 0)
    expect(row?.times.slice(1)).toEqual([-1, -1])
    near((row?.elapsedMs ?? 0) / 1000, 0.4)
    expect(await lab.facts()).toMatchObject([{ phase: 'await-response', socket: { event: 'idle-timer' } }])
  })

  test('no connection within the connect timeout: -1 -1 -1', async () => {
    const full = await startFullListener()
    const lab = await startLab({ targets: [{ host: '127.0.0.1', port: full }] })
    expect(await lab.send(get('/ok'))).toMatch(/^HTTP\/1\.1 504/)
    const [row] = await lab.rows()
    expect(row).toMatchObject({ statuses: '504/-', target: `127.0.0.1:${full}`, times: [-1, -1, -1] })
    near((row?.elapsedMs ?? 0) / 1000, 0.5)
    expect(lab.balancer.metricData()).toMatch(/"TargetConnectionErrorCount",\s+"Timestamps": \[\s+"20/)
    expect(await lab.facts()).toMatchObject([{ phase: 'connect', socket: { event: 'connect-timer' } }])
  })
})

describe('the client leaves', () => {
  test('460 while the target works', async () => {
    const lab = await startLab({ idleTimeoutSeconds: 5 })
    const socket = await open(lab.port)
    socket.write(get('/hang'))
    await sleep(150)
    socket.destroy()
    await until(() => counted(lab, 'elb:460/-') === 1)
    const [row] = await lab.rows()
    expect(row).toMatchObject({ statuses: '460/-', target: lab.targetKey, sent: 0 })
    near(row?.times[0], 0)
    expect(row?.times.slice(1)).toEqual([-1, -1])
    near((row?.elapsedMs ?? 0) / 1000, 0.15)
    expect(await lab.facts()).toMatchObject([{ elbStatus: 460, socket: { event: 'client-closed' } }])
  })

  test('460 while the load balancer still connects: -1 -1 -1', async () => {
    const full = await startFullListener()
    const lab = await startLab({ targets: [{ host: '127.0.0.1', port: full }], connectTimeoutSeconds: 5 })
    const socket = await open(lab.port)
    socket.write(get('/ok'))
    await sleep(150)
    socket.destroy()
    await until(() => counted(lab, 'elb:460/-') === 1)
    const [row] = await lab.rows()
    expect(row).toMatchObject({ statuses: '460/-', target: `127.0.0.1:${full}`, times: [-1, -1, -1] })
  })

  test('400 when it had not sent its whole body', async () => {
    const lab = await startLab()
    const socket = await open(lab.port)
    socket.write('POST /hang HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf')
    await until(() => lab.target.requests.length === 1)
    socket.destroy()
    await until(() => counted(lab, 'elb:400/-') === 1)
    expect((await lab.rows())[0]?.statuses).toBe('400/-')
  })
})

describe('a response that had begun', () => {
  test.each([
    ['cut-body', 'FIN'],
    ['stalled-body', 'idle-timer'],
  ])('and is cut (%s) is logged with the status of the target', async (path, event) => {
    const lab = await startLab()
    const answer = await lab.send(get(`/${path}`), 'close')
    expect(answer).toMatch(/only this$/)
    const [row] = await lab.rows()
    expect(row).toMatchObject({ statuses: '200/200', sent: answer.length })
    expect(await lab.facts()).toMatchObject([{ isTruncated: true, elbStatus: 200, socket: { event } }])
  })
})

describe('requests that never reach a target', () => {
  test('no registered target: 503 with the ARN and the action forward, outside RequestCount', async () => {
    const lab = await startLab({ targets: [] })
    expect(await lab.send(get('/ok'))).toMatch(/^HTTP\/1\.1 503 Service Temporarily Unavailable/)
    const [row] = await lab.rows()
    expect(row).toMatchObject({ statuses: '503/-', target: '-', times: [-1, -1, -1], sent: 337 })
    expect(row?.fields[16]).toMatch(/^arn:aws:elasticloadbalancing:.*:targetgroup\/shop\//)
    expect(row?.fields[20]).toBe('0')
    expect(row?.fields[22]).toBe('"forward"')
    expect(lab.balancer.metricData()).toMatch(/"RequestCount",\s+"Timestamps": \[\]/)
  })

  test('a fixed response has no ARN and its own action and rule', async () => {
    const lab = await startLab({
      fixedResponses: [
        { pathGlob: '/other', elbStatus: 404, body: '' },
        { pathGlob: '/maintenance/*', elbStatus: 503, body: 'back soon' },
      ],
    })
    expect(await lab.send(get('/maintenance/x'), /back soon/)).toMatch(/^HTTP\/1\.1 503/)
    const [row] = await lab.rows()
    expect(row).toMatchObject({ statuses: '503/-', target: '-', times: [-1, -1, -1] })
    expect(row?.fields[16]).toBe('-')
    expect(row?.fields[20]).toBe('2')
    expect(row?.fields[22]).toBe('"fixed-response"')
  })

  test.each([
    ['463', get('/ok', `X-Forwarded-For: ${Array(31).fill('10.0.0.1').join(',')}`), '463/-', '"-"'],
    ['TRACE', 'TRACE / HTTP/1.1\r\nHost: a\r\n\r\n', '405/-', '"-"'],
    ['gzip as transfer coding', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n', '501/-', '"-"'],
    ['a header above 16 K', get('/', `Cookie: ${'a'.repeat(17_000)}`), '400/-', '"-"'],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      '400/-',
      '"MultipleContentLength"',
    ],
    ['noise', '\x16\x03\x01\x02\x00\x01', '400/-', '"BadMethod"'],
  ])('%s is refused before any rule', async (_what, text, statuses, reason) => {
    const lab = await startLab()
    await lab.send(text, 'close')
    const [row] = await lab.rows()
    expect(row).toMatchObject({ statuses, target: '-', times: [-1, -1, -1] })
    expect(row?.fields.slice(16, 17).concat(row.fields.slice(20, 21), row.fields.slice(22, 23))).toEqual([
      '-',
      '-',
      '"-"',
    ])
    expect(row?.fields[28]).toBe(reason)
    expect(lab.target.requests).toEqual([])
  })

  test('a malformed request has the dashes of real rows', async () => {
    const lab = await startLab()
    await lab.send('nonsense\r\n\r\n', 'close')
    const [row] = await lab.rows()
    expect(row).toMatchObject({ statuses: '400/-', sent: 272, request: `"- http://10.0.1.10:${lab.port}- -"` })
    expect(row?.fields[13]).toBe('"-"')
    expect(row?.fields[17]).toBe('"-"')
  })

  test('both lengths are ambiguous: forwarded, then both connections close', async () => {
    const lab = await startLab()
    const text = 'POST /ok HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
    expect(await lab.send(text, 'close')).toMatch(/200 OK[\s\S]*Connection: close/)
    const [row] = await lab.rows()
    expect(row?.fields.slice(27, 29)).toEqual(['"Ambiguous"', '"BothTeClPresent"'])
    expect(lab.target.requests[0]).not.toMatch(/content-length/i)
    expect(lab.balancer.targets()[0]?.nodes[0]?.idleConnections).toBe(0)
  })

  test('an upload that stalls is 408', async () => {
    const lab = await startLab()
    await lab.send('POST /ok HTTP/1.1\r\nHost: a\r\nContent-Le', 'close')
    expect((await lab.rows())[0]).toMatchObject({ statuses: '408/-', target: '-' })
  })
})

describe('strangers', () => {
  test('whatever clients and targets send: it stays up, and one row per request it answered', async () => {
    const pieces = fc.constantFrom(
      ...[
        'GET / HTTP/1.1\r\n',
        'POST /x HTTP/1.0\r\n',
        'Host: a\r\n',
        'Content-Length: 5\r\n',
        'Content-Length: x\r\n',
      ],
      ...[
        'Transfer-Encoding: chunked\r\n',
        'Connection: upgrade\r\nUpgrade: websocket\r\n',
        'Expect: 100-continue\r\n',
      ],
      ...['\r\n', '\r\n\r\n', '5\r\nhello\r\n0\r\n\r\n', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 101 X\r\n', '\0', '"\\\xff'],
    )
    const bytes = fc
      .array(fc.oneof(pieces, fc.string({ maxLength: 8 })), { maxLength: 9 })
      .map((parts) => parts.join(''))
    let answer = ''
    const target = createServer((socket) => {
      socket.on('error', () => {})
      socket.on('data', () => void socket.write(answer, 'latin1'))
      setTimeout(() => socket.destroy(), 40)
    })
    await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve))
    cleanUps.push(() => target.close())
    const { port } = target.address() as { port: number }
    const lab = await startLab({ targets: [{ host: '127.0.0.1', port }], idleTimeoutSeconds: 0.05 })
    await fc.assert(
      fc.asyncProperty(bytes, bytes, async (request, response) => {
        answer = `HTTP/1.1 ${response}`
        await lab.send(`GET / HTTP/1.1\r\n${request}`, 'close')
      }),
      { numRuns: 60 },
    )
    const answered = Object.entries(lab.balancer.stats().counters).filter(([name]) => name.startsWith('elb:'))
    expect(await lab.rows()).toHaveLength(answered.reduce((sum, [, count]) => sum + count, 0))
    answer = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'
    expect(await lab.send(get('/'), /hello/)).toMatch(/^HTTP\/1\.1 200 OK/)
  })
})

describe('WebSocket', () => {
  test('passes through, and its row is written at close with the bytes of both ways', async () => {
    const lab = await startLab({ idleTimeoutSeconds: 5 })
    const socket = await open(lab.port)
    socket.write(get('/ws', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: x'))
    const head = await collect(socket, /\r\n\r\n/)
    expect(head).toMatch(/^HTTP\/1\.1 101/)
    socket.write('hello')
    expect(await collect(socket, /echo hello/)).toBe('echo hello')
    expect(await lab.rows()).toEqual([])
    await sleep(150)
    socket.destroy()
    await until(() => counted(lab, 'elb:101/101') === 1)
    const [row] = await lab.rows()
    expect(row).toMatchObject({ type: 'ws', statuses: '101/101', sent: head.length + 10 })
    expect(row?.times.every((time) => time >= 0)).toBe(true)
    near((row?.elapsedMs ?? 0) / 1000, 0.15)
  })

  test('one that is open when the load balancer stops still gets its row', async () => {
    const lab = await startLab({ idleTimeoutSeconds: 5 })
    const socket = await open(lab.port)
    socket.write(get('/ws', 'Connection: Upgrade', 'Upgrade: websocket'))
    await collect(socket, /\r\n\r\n/)
    await lab.balancer.close()
    expect(readRows(lab.directory)).toMatchObject([{ type: 'ws', statuses: '101/101' }])
  })
})

describe('targets and health', () => {
  const healthCheck = {
    path: '/healthz',
    intervalSeconds: 0.1,
    timeoutSeconds: 0.5,
    healthyCount: 2,
    unhealthyCount: 2,
  }

  test('a new target takes traffic after its first passed check; a failing one loses it; all failing: fail open', async () => {
    const lab = await startLab({ healthCheck, nodes: 2 })
    const healths = (): string[] => lab.balancer.targets().flatMap(({ nodes }) => nodes.map(({ health }) => health))
    await until(() => healths().join() === 'healthy,healthy')
    const other = await startBadTarget()
    cleanUps.push(() => other.close())
    other.setHealthy(false)
    lab.balancer.addTarget({ host: '127.0.0.1', port: other.port })
    for (let i = 0; i < 6; i++) await lab.send(get('/ok'), /hello/)
    expect([lab.target.requests.length, other.requests.length]).toEqual([6, 0])
    lab.target.setHealthy(false)
    await until(() => healths().every((health) => health === 'unhealthy'))
    for (let i = 0; i < 4; i++) await lab.send(get('/ok'), /hello/)
    expect([lab.target.requests.length, other.requests.length]).toEqual([8, 2])
    expect(lab.balancer.metricData()).toMatch(
      /"UnhealthyRoutingRequestCount",\s+"Timestamps": \[[^\]]+\],\s+"Values": \[\s+4\.0/,
    )
    other.setHealthy(true)
    await until(() => healths().filter((health) => health === 'healthy').length === 2)
    for (let i = 0; i < 4; i++) await lab.send(get('/ok'), /hello/)
    expect([lab.target.requests.length, other.requests.length]).toEqual([8, 6])
    expect(lab.balancer.stats().healthTransitions[0]).toMatchObject({ from: 'initial', to: 'healthy' })
  })

  test('health check logs tell per node and target what passed and why not', async () => {
    const lab = await startLab({ healthCheck, healthCheckLogs: true })
    await until(() => counted(lab, 'hc-pass') > 0)
    lab.target.setHealthy(false)
    await until(() => counted(lab, 'hc-fail') > 0)
    await lab.target.close()
    const before = counted(lab, 'hc-fail')
    await until(() => counted(lab, 'hc-fail') > before + 1)
    expect(await lab.rows()).toEqual([])
    const [name] = readdirSync(lab.directory).filter((file) => file.startsWith('health_check_log_'))
    const lines = gunzipSync(readFileSync(join(lab.directory, name ?? '')))
      .toString()
      .split('\n')
    const results = lines.map((line) => line.split(' ').slice(3, 8).join(' '))
    expect(results).toContain(`${lab.targetKey} shop PASS 200 -`)
    expect(results).toContain(`${lab.targetKey} shop FAIL 500 TargetError`)
    expect(results).toContain(`${lab.targetKey} shop FAIL - ConnectionReset`)
  })

  test('least outstanding requests goes around the busy target', async () => {
    const lab = await startLab({ algorithm: 'least_outstanding_requests', idleTimeoutSeconds: 5 })
    const other = await startBadTarget()
    cleanUps.push(() => other.close())
    lab.balancer.addTarget({ host: '127.0.0.1', port: other.port })
    const pending = lab.send(get('/slow/1000'), /hello/)
    await until(() => lab.target.requests.length + other.requests.length === 1)
    for (let i = 0; i < 5; i++) await lab.send(get('/ok'), /hello/)
    await pending
    expect([lab.target.requests.length, other.requests.length].sort()).toEqual([1, 5])
  })

  test('nodes have their own pools and bind their own addresses', async () => {
    const lab = await startLab({ nodes: 2, nodeAddresses: ['127.0.0.11', '127.0.0.12'] })
    for (let i = 0; i < 4; i++) await lab.send(get('/ok'), /hello/)
    expect([...lab.target.sockets].map((socket) => socket.remoteAddress).sort()).toEqual(['127.0.0.11', '127.0.0.12'])
    expect((await lab.rows()).map((row) => row.fields[33]).sort()).toEqual([
      '127.0.0.11',
      '127.0.0.11',
      '127.0.0.12',
      '127.0.0.12',
    ])
  })
})

describe('the control endpoint', () => {
  test('adds and removes targets, tells the stats, flushes and stops', async () => {
    const lab = await startLab({ targets: [], control: '127.0.0.1:0', deregistrationDelaySeconds: 0 })
    const url = lab.balancer.control as string
    const post = (path: string, body: unknown, method = 'POST'): Promise<Response> =>
      fetch(url + path, { method, body: JSON.stringify(body) })
    expect((await post('/targets', { target: lab.targetKey })).status).toBe(200)
    expect(await lab.send(get('/ok'), /hello/)).toContain('200')
    const stats = (await (await fetch(`${url}/stats`)).json()) as { counters: unknown }
    expect(stats.counters).toEqual({ 'elb:200/200': 1 })
    expect((await post('/targets', { target: 'nonsense' })).status).toBe(400)
    expect((await fetch(`${url}/targets/127.0.0.1:1`, { method: 'DELETE' })).status).toBe(404)
    expect((await fetch(`${url}/targets/${lab.targetKey}`, { method: 'DELETE' })).status).toBe(200)
    expect((await fetch(`${url}/targets`, { headers: { origin: 'http://evil.example' } })).status).toBe(403)
    await sleep(20)
    expect(await lab.send(get('/ok'))).toMatch(/^HTTP\/1\.1 503/)
    expect((await post('/flush', {})).status).toBe(200)
    expect(readRows(lab.directory)).toHaveLength(2)
    expect((await post('/shutdown', {})).status).toBe(202)
    await lab.balancer.shutdownRequested
    await expect(open(lab.port)).rejects.toThrow('ECONNREFUSED')
  })
})

describe('why5xx lab alb', () => {
  test.each([
    ['SIGTERM', 0],
    ['SIGINT', 130],
  ] as const)('at %s writes what it has and exits with %i', async (signal, exit) => {
    const target = await startBadTarget()
    cleanUps.push(() => target.close())
    const directory = mkdtempSync(join(tmpdir(), 'alb-cli-'))
    const cli = run(
      ...['--listen', '127.0.0.1:0', '--target', `127.0.0.1:${target.port}`, '--nodes', '1', '--log-dir', directory],
      ...['--health-check-path', '/healthz', '--cloudwatch', join(directory, 'cloudwatch.json')],
    )
    const port = Number((await cli.said(/listens on http:\/\/127\.0\.0\.1:(\d+)/))[1])
    await send(port, get('/fin'))
    cli.child.kill(signal)
    expect(await cli.exit).toBe(exit)
    expect(readRows(directory).map(({ statuses }) => statuses)).toEqual(['502/-'])
    expect(readFileSync(join(directory, 'cloudwatch.json'), 'utf8')).toContain('HTTPCode_ELB_502_Count')
    await cli.said(/requests 502\/- x 1/)
  })

  test.each([
    [['--listen', '127.0.0.1:PORT'], /Cannot listen on 127\.0\.0\.1:\d+: another process listens there/],
    [['--listen', '127.0.0.1:0', '--target', 'shop.example:80'], /--target shop\.example:80: not ADDRESS:PORT/],
    [['--listen', '127.0.0.1:0', '--log-dir', '/proc/nowhere'], /Cannot write \/proc\/nowhere/],
    [['--listen', '127.0.0.1:0', '--node-address', '203.0.113.1'], /203\.0\.113\.1:0: this machine does not have that/],
    [['--listen', '127.0.0.1:0', '--idle-timeout', 'soon'], /--idle-timeout soon: not a number of seconds/],
    [[], /needs --listen/],
  ])('says what is wrong with %j and exits with 2', async (args, message) => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    cleanUps.push(() => taken.close())
    const port = String((taken.address() as { port: number }).port)
    const cli = run(...args.map((arg) => arg.replace('PORT', port)))
    await cli.said(message)
    expect(await cli.exit).toBe(2)
  })
})

function run(...args: string[]) {
  const main = new URL('../../dist/cli/main.js', import.meta.url).pathname
  const child = spawn(process.execPath, [main, 'lab', 'alb', ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  cleanUps.push(() => child.kill('SIGKILL'))
  let text = ''
  child.stderr.on('data', (chunk) => {
    text += String(chunk)
  })
  const exit = new Promise<number | null>((resolve) => child.on('close', resolve))
  const said = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (let i = 0; i < 250; i++) {
      const match = pattern.exec(text)
      if (match !== null) return match
      await sleep(20)
    }
    throw new Error(`not said within 5 s: ${pattern}\n${text}`)
  }
  return { child: child as ChildProcess, exit, said }
}

/** A listener whose accept queue is full: the kernel drops further SYNs, as in front of a blocked app. */
async function startFullListener(): Promise<number> {
  const script =
    "const s=require('net').createServer();s.listen(0,'127.0.0.1',1,()=>{require('fs').writeSync(1,s.address().port+'\\n');" +
    'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)),0,0,30000);process.exit()})'
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  cleanUps.push(() => child.kill('SIGKILL'))
  const port = await new Promise<number>((resolve) =>
    child.stdout.once('data', (chunk) => resolve(Number(String(chunk)))),
  )
  for (let i = 0; i < 6; i++) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    cleanUps.push(() => socket.destroy())
  }
  await sleep(100)
  return port
}
