// Runs inside the client's namespace: sends the plan and writes one row per request, as the client saw it.
import { appendFileSync, readFileSync } from 'node:fs'
import { Agent, request as httpRequest, type OutgoingHttpHeaders } from 'node:http'
import type { PlannedPoller, PlannedRequest, TrafficPlan } from './plan.ts'

export interface ClientRow {
  readonly time: string
  readonly stream: string
  readonly client: string
  readonly userAgent: string
  readonly node: string
  readonly method: string
  readonly path: string
  /** null: no answer. */
  readonly status: number | null
  /** `timeout` (the client's own patience), or the socket's error code. */
  readonly error: string | null
  readonly elapsedMs: number
  readonly bytes: number
}

export interface ClientJob {
  readonly plan: TrafficPlan
  /** `address:port` of each load balancer node. */
  readonly nodes: readonly string[]
  readonly host: string
  readonly output: string
}

type Exchange = Omit<PlannedRequest, 'atMs'>

interface Answer {
  readonly status: number | null
  readonly error: string | null
  readonly bytes: number
  readonly location: string | undefined
  readonly cookie: string | undefined
}

const MOST_REDIRECTS = 5

const job = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as ClientJob
const agents = new Map<string, Agent>()
const rows: string[] = []
let isStopping = false

process.on('SIGTERM', () => {
  isStopping = true
})
const flush = setInterval(write, 500)
void run().then(() => {
  clearInterval(flush)
  write()
  process.exit(0)
})

async function run(): Promise<void> {
  const startMs = performance.now()
  const pollers = job.plan.pollers.map((poller) => poll(poller, startMs))
  const sent: Promise<void>[] = []
  for (const planned of job.plan.requests) {
    await waitUntil(startMs + planned.atMs)
    if (isStopping) break
    sent.push(send(planned))
  }
  await waitUntil(startMs + job.plan.seconds * 1000)
  process.stdout.write('sent\n')
  await Promise.all([...sent, ...pollers])
}

async function waitUntil(atMs: number): Promise<void> {
  for (;;) {
    const left = atMs - performance.now()
    if (left <= 0.5 || isStopping) return
    await sleep(Math.min(left, 200))
  }
}

async function poll(poller: PlannedPoller, startMs: number): Promise<void> {
  await waitUntil(startMs + poller.atMs)
  for (const [round, requests] of poller.rounds.entries()) {
    if (isStopping || performance.now() - startMs > poller.untilMs) return
    await Promise.all(requests.map((request) => send({ ...poller, ...request })))
    await waitUntil(performance.now() + poller.everyMs + (poller.jitterMs[round] ?? 0))
  }
}

async function send(planned: Exchange): Promise<void> {
  const time = new Date().toISOString()
  const startMs = performance.now()
  const node = job.nodes[planned.node] ?? job.nodes[0] ?? ''
  const own = `http://${job.host}`
  let cookie = planned.cookieBytes === undefined ? undefined : `basket=${'b'.repeat(planned.cookieBytes)}`
  let answer = await ask(planned, node, planned.path, job.host, cookie, startMs)
  for (let turn = 0; planned.isLogin && answer.location !== undefined && turn < MOST_REDIRECTS; turn++) {
    cookie = answer.cookie ?? cookie
    const url = new URL(answer.location, own)
    const isOwn = url.origin === own
    const path = url.pathname + url.search
    answer = await ask(planned, isOwn ? node : url.host, path, url.host, isOwn ? cookie : undefined, startMs)
  }
  const row: ClientRow = {
    time,
    stream: planned.stream,
    client: planned.clientAddress,
    userAgent: planned.userAgent,
    node: node.split(':')[0] ?? '',
    method: planned.method,
    path: planned.path,
    status: answer.status,
    error: answer.error,
    elapsedMs: Math.round((performance.now() - startMs) * 10) / 10,
    bytes: answer.bytes,
  }
  rows.push(JSON.stringify(row))
}

/** One request; `startMs` is when the client's patience began. */
function ask(
  planned: Exchange,
  server: string,
  path: string,
  host: string,
  cookie: string | undefined,
  startMs: number,
): Promise<Answer> {
  const [address = '', port = '80'] = server.split(':')
  return new Promise((resolve) => {
    let isDone = false
    const finish = (
      status: number | null,
      error: string | null,
      bytes: number,
      more: Partial<Pick<Answer, 'location' | 'cookie'>> = {},
    ): void => {
      if (isDone) return
      isDone = true
      clearTimeout(timer)
      resolve({ status, error, bytes, location: more.location, cookie: more.cookie })
    }
    const request = httpRequest({
      host: address,
      port: Number(port),
      localAddress: planned.clientAddress,
      agent: agentOf(planned.clientAddress),
      method: planned.method,
      path,
      headers: {
        host,
        'user-agent': planned.userAgent,
        accept: '*/*',
        ...(planned.bodyBytes > 0
          ? { 'content-type': 'application/json', 'content-length': String(planned.bodyBytes) }
          : {}),
        ...(cookie === undefined ? {} : { cookie }),
        ...planned.headers,
      } as OutgoingHttpHeaders,
    })
    const timer = setTimeout(
      () => {
        finish(null, 'timeout', 0)
        request.destroy()
      },
      planned.timeoutMs - (performance.now() - startMs),
    )
    request.on('response', (response) => {
      let bytes = 0
      const { location, 'set-cookie': cookies } = response.headers
      const more = { location, cookie: cookies?.[0]?.split(';', 1)[0] }
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      response.on('end', () => finish(response.statusCode ?? 0, null, bytes, more))
      response.on('error', (error: NodeJS.ErrnoException) =>
        finish(response.statusCode ?? 0, error.code ?? 'error', bytes),
      )
    })
    request.on('error', (error: NodeJS.ErrnoException) => finish(null, error.code ?? error.message, 0))
    request.end(planned.bodyBytes > 0 ? Buffer.alloc(planned.bodyBytes, 'x') : undefined)
  })
}

/** A client keeps its own connection to the load balancer for a few seconds, well below the idle timeout. */
function agentOf(clientAddress: string): Agent {
  let agent = agents.get(clientAddress)
  if (!agent) {
    agent = new Agent({ keepAlive: true, timeout: 4000, scheduling: 'lifo' })
    agents.set(clientAddress, agent)
  }
  return agent
}

function write(): void {
  if (rows.length > 0) appendFileSync(job.output, `${rows.splice(0).join('\n')}\n`)
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
