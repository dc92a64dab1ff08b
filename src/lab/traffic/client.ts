// Runs inside the client's namespace: sends the plan and writes one row per request, as the client saw it.
import { appendFileSync, readFileSync } from 'node:fs'
import { Agent, request as httpRequest } from 'node:http'
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

const job = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as ClientJob
const agents = new Map<string, Agent>()
const rows: string[] = []
let isStopping = false

process.on('SIGTERM', () => {
  isStopping = true
})
const flush = setInterval(write, 500)
await run()
clearInterval(flush)
write()
process.exit(0)

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

function send(planned: Exchange): Promise<void> {
  const time = new Date().toISOString()
  const startMs = performance.now()
  const node = job.nodes[planned.node] ?? job.nodes[0] ?? ''
  const [address = '', port = '80'] = node.split(':')
  return new Promise((resolve) => {
    let isDone = false
    const finish = (status: number | null, error: string | null, bytes: number): void => {
      if (isDone) return
      isDone = true
      clearTimeout(timer)
      const row: ClientRow = {
        time,
        stream: planned.stream,
        client: planned.clientAddress,
        userAgent: planned.userAgent,
        node: address,
        method: planned.method,
        path: planned.path,
        status,
        error,
        elapsedMs: Math.round((performance.now() - startMs) * 10) / 10,
        bytes,
      }
      rows.push(JSON.stringify(row))
      resolve()
    }
    const request = httpRequest({
      host: address,
      port: Number(port),
      localAddress: planned.clientAddress,
      agent: agentOf(planned.clientAddress),
      method: planned.method,
      path: planned.path,
      headers: {
        host: job.host,
        'user-agent': planned.userAgent,
        accept: '*/*',
        ...(planned.bodyBytes > 0
          ? { 'content-type': 'application/json', 'content-length': String(planned.bodyBytes) }
          : {}),
      },
    })
    const timer = setTimeout(() => {
      finish(null, 'timeout', 0)
      request.destroy()
    }, planned.timeoutMs)
    request.on('response', (response) => {
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      response.on('end', () => finish(response.statusCode ?? 0, null, bytes))
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
