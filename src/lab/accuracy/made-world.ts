import type { Symptom } from '../../core/vocabulary.ts'
import type { Random } from '../traffic/random.ts'
import type { MadeLog } from './made-log.ts'

/** Any of these is right; the first is the mechanism. */
export type Causes = readonly [string, ...string[]]

/** A server as its connections meet it. Times in ms. */
export interface ServerSettings {
  /** Idle connections are closed after this; 0: after every answer; Infinity: never. */
  readonly keepAliveMs: number
  /** Closed by a sweep at this pace, not by a timer of its own. */
  readonly sweepMs: number
  /** Processes that share the port. */
  readonly workers: number
  /** Requests a worker works on at once. */
  readonly slots: number
  /** A connection waits in the accept queue until a worker is free (gunicorn sync). */
  readonly acceptsWhenFree: boolean
  readonly backlog: number
  /** After a stall, timers run before reads: a connection that has a request waiting is closed (Node). */
  readonly resetsOnWake: boolean
  /** An arbiter kills a worker that was blocked for this long; Infinity: nobody does. */
  readonly workerTimeoutMs: number
}

export interface Route {
  readonly method: string
  readonly path: (random: Random) => string
  readonly weight: number
  readonly serviceMs: (random: Random, atMs: number, target: string) => number
  /** The handler holds its worker's event loop. */
  readonly blocks?: boolean
  /** The target answers this, or breaks off; undefined: an ordinary answer. */
  readonly fault?: (random: Random, atMs: number, target: string) => Fault | undefined
  readonly receivedBytes?: number
}

export type Fault =
  | { readonly status: number; readonly afterMs: number; readonly causes: Causes }
  | { readonly closesAfterMs: number; readonly causes: Causes }

interface Connection {
  readonly node: number
  readonly endpoint: Endpoint
  readonly pod: Pod
  worker: Worker | undefined
  isClosed: boolean
  closedWhy: Causes | undefined
  idleSince: number
  /** The request that is on it, as the load balancer sees it. */
  request: Request | undefined
  /** The target has it too. */
  hasArrived: boolean
}

interface Request {
  readonly atMs: number
  readonly node: number
  readonly route: Route
  readonly path: string
  readonly client: number | undefined
  readonly endpoint: Endpoint
  readonly onDone: (() => void) | undefined
  sentAt: number
  isDone: boolean
  connection: Connection | undefined
  fault: Fault | undefined
  /** It went into a silence. */
  lostWhy: Causes | undefined
  serviceMs: number
}

/** Events in the order of time. */
class Clock {
  now = 0
  readonly #heap: { at: number; order: number; run: () => void }[] = []
  #order = 0

  at(at: number, run: () => void): void {
    const heap = this.#heap
    let n = heap.push({ at: Math.max(at, this.now), order: this.#order++, run }) - 1
    while (n > 0) {
      const parent = (n - 1) >> 1
      if (this.#isBefore(parent, n)) break
      this.#swap(parent, n)
      n = parent
    }
  }

  run(untilMs: number): void {
    const heap = this.#heap
    for (let next = heap[0]; next && next.at <= untilMs; next = heap[0]) {
      this.now = next.at
      const last = heap.pop()
      if (last && heap.length > 0) {
        heap[0] = last
        for (let n = 0; ; ) {
          let least = n
          for (const child of [2 * n + 1, 2 * n + 2])
            if (child < heap.length && !this.#isBefore(least, child)) least = child
          if (least === n) break
          this.#swap(least, n)
          n = least
        }
      }
      next.run()
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [one, two] = [this.#heap[a], this.#heap[b]]
    if (!one || !two) return true
    return one.at < two.at || (one.at === two.at && one.order < two.order)
  }

  #swap(a: number, b: number): void {
    const heap = this.#heap
    const [one, two] = [heap[a], heap[b]]
    if (one && two) [heap[a], heap[b]] = [two, one]
  }
}

interface Worker {
  blockedUntil: number
  blockedSince: number
  working: number
  readonly waiting: Connection[]
  /** Arrived while the loop was blocked. */
  readonly inbox: Connection[]
  readonly connections: Set<Connection>
}

/** A process with its listening socket. */
export class Pod {
  isListening = true
  /** Packets to it vanish. */
  isGone = false
  /** Why nothing listens. */
  downWhy: Causes = ['connection-refused']
  goneWhy: Causes = ['host-unreachable']
  /** Beside the full accept queue itself. */
  overloadWhy: readonly string[] = []
  /** Beside the idle timeout itself. */
  slowWhy: readonly string[] = []
  readonly settings: ServerSettings
  readonly #world: World
  #workers: Worker[]
  #acceptQueue: Connection[] = []

  constructor(world: World, settings: ServerSettings) {
    this.#world = world
    this.settings = settings
    this.#workers = Array.from({ length: settings.workers }, makeWorker)
  }

  get isFull(): boolean {
    return this.#acceptQueue.length > this.settings.backlog
  }

  connect(connection: Connection): void {
    this.#acceptQueue.push(connection)
    this.#accept()
  }

  /** A request has come in on a connection. */
  receive(connection: Connection): void {
    if (this.isGone) return
    connection.hasArrived = true
    const { worker } = connection
    if (worker === undefined) return
    if (worker.blockedUntil > this.#world.now) worker.inbox.push(connection)
    else if (worker.working < this.settings.slots) this.#start(worker, connection)
    else worker.waiting.push(connection)
  }

  /** Everything stops for a while, as in a long garbage collection. */
  stall(forMs: number): void {
    for (const worker of this.#workers) this.#block(worker, forMs)
  }

  /** The process ends: open connections are closed, the port with them. */
  kill(why: Causes, downWhy: Causes): void {
    this.isListening = false
    this.downWhy = downWhy
    for (const worker of this.#workers) this.#closeAll(worker, why)
    this.#workers = Array.from({ length: this.settings.workers }, makeWorker)
    for (const connection of this.#acceptQueue.splice(0)) this.#world.close(connection, why)
  }

  start(): void {
    this.isListening = true
  }

  /** Idle connections are closed, nothing is accepted any more, what is being worked on is finished. */
  shutDown(why: Causes): void {
    this.isListening = false
    this.downWhy = why
    this.closeIdle(why)
  }

  closeIdle(why: Causes): void {
    for (const worker of this.#workers)
      for (const connection of [...worker.connections]) if (!connection.hasArrived) this.#drop(worker, connection, why)
  }

  /** One worker of several ends with all it has, and is started again. */
  killWorker(random: Random, why: Causes): void {
    const n = random.integer(this.#workers.length)
    const worker = this.#workers[n]
    if (worker) this.#replace(worker, why)
  }

  #replace(worker: Worker, why: Causes): void {
    this.#closeAll(worker, why)
    this.#workers = this.#workers.map((each) => (each === worker ? makeWorker() : each))
    this.#world.at(this.#world.now + 400, () => this.#accept())
  }

  #closeAll(worker: Worker, why: Causes): void {
    for (const connection of [...worker.connections]) this.#drop(worker, connection, why)
  }

  #drop(worker: Worker, connection: Connection, why: Causes): void {
    worker.connections.delete(connection)
    this.#world.close(connection, why)
  }

  #accept(): void {
    if (this.isGone) return
    while (this.#acceptQueue.length > 0) {
      const free = this.#workers.filter(
        (worker) =>
          worker.blockedUntil <= this.#world.now &&
          (!this.settings.acceptsWhenFree || worker.working + worker.waiting.length < this.settings.slots),
      )
      if (free.length === 0) return
      const worker = this.#world.random.pick(free)
      const connection = this.#acceptQueue.shift()
      if (connection === undefined || connection.isClosed) continue
      connection.worker = worker
      worker.connections.add(connection)
      if (connection.request) this.receive(connection)
    }
  }

  #start(worker: Worker, connection: Connection): void {
    const { request } = connection
    if (request === undefined || connection.isClosed) return
    const { fault } = request
    worker.working++
    const tookMs = fault ? ('status' in fault ? fault.afterMs : fault.closesAfterMs) : request.serviceMs
    if (request.route.blocks && !fault) this.#block(worker, tookMs)
    this.#world.at(this.#world.now + tookMs, () => {
      if (!this.#workers.includes(worker)) return
      worker.working--
      if (!connection.isClosed && connection.request === request) {
        if (fault && 'closesAfterMs' in fault) this.#drop(worker, connection, fault.causes)
        else this.#answer(worker, connection, request)
      }
      while (worker.working < this.settings.slots && worker.waiting.length > 0) {
        const next = worker.waiting.shift()
        if (next) this.#start(worker, next)
      }
      this.#accept()
    })
  }

  #answer(worker: Worker, connection: Connection, request: Request): void {
    const world = this.#world
    connection.idleSince = world.now
    connection.request = undefined
    connection.hasArrived = false
    world.answered(request, connection)
    const { keepAliveMs, sweepMs } = this.settings
    if (keepAliveMs === 0 || !this.isListening) {
      worker.connections.delete(connection)
      world.close(connection, ['keepalive-shorter-than-idle-timeout'])
      return
    }
    if (!Number.isFinite(keepAliveMs)) return
    const since = world.now
    const due = since + keepAliveMs
    const at = sweepMs > 0 ? Math.ceil(due / sweepMs) * sweepMs : due
    const expire = (): void => {
      if (connection.isClosed || connection.idleSince !== since) return
      if (worker.blockedUntil > world.now) {
        world.at(worker.blockedUntil, () => {
          if (connection.isClosed || connection.idleSince !== since) return
          const isWaiting = connection.hasArrived
          if (isWaiting && !this.settings.resetsOnWake) return
          this.#drop(
            worker,
            connection,
            isWaiting
              ? ['event-loop-stall-resets-idle-connections']
              : ['keepalive-shorter-than-idle-timeout', 'event-loop-stall-resets-idle-connections'],
          )
        })
        return
      }
      if (connection.request === undefined) this.#drop(worker, connection, ['keepalive-shorter-than-idle-timeout'])
    }
    world.at(at, expire)
  }

  #block(worker: Worker, forMs: number): void {
    const world = this.#world
    worker.blockedSince = world.now
    worker.blockedUntil = world.now + forMs
    const { workerTimeoutMs } = this.settings
    const until = worker.blockedUntil
    if (forMs > workerTimeoutMs)
      world.at(world.now + workerTimeoutMs + 1_700 * world.random.next(), () => {
        if (worker.blockedUntil === until && world.now < until && this.#workers.includes(worker))
          this.#replace(worker, ['worker-timeout', 'worker-killed-mid-request'])
      })
    // After timers that are due at the same moment.
    world.at(until, () => world.at(until, () => this.#wake(worker)))
  }

  #wake(worker: Worker): void {
    if (!this.#workers.includes(worker)) return
    while (worker.blockedUntil <= this.#world.now) {
      const connection = worker.inbox.shift()
      if (connection === undefined) break
      if (!connection.isClosed) this.receive(connection)
    }
    if (worker.blockedUntil <= this.#world.now) this.#accept()
  }
}

function makeWorker(): Worker {
  return { blockedUntil: 0, blockedSince: 0, working: 0, waiting: [], inbox: [], connections: new Set() }
}

/** What the load balancer sends to: a pod's address, or a NodePort with the pods behind it. */
export class Endpoint {
  readonly address: string
  readonly isNodePort: boolean
  pods: Pod[]
  /** Every packet to this address vanishes, from these nodes of the load balancer (undefined: from all). */
  silentFor: { readonly nodes: readonly number[] | undefined; readonly causes: Causes } | undefined
  /** Neighbour resolution fails after three tries. */
  unreachableWhy: Causes | undefined
  readonly #tokens = new Map<number, { left: number; at: number }>()

  constructor(address: string, isNodePort: boolean, pods: Pod[]) {
    this.address = address
    this.isNodePort = isNodePort
    this.pods = pods
  }

  /** ICMP errors: six at once, then one a second to each peer (net.ipv4.icmp_ratelimit). */
  mayReject(node: number, nowMs: number): boolean {
    const bucket = this.#tokens.get(node) ?? { left: 6, at: nowMs }
    bucket.left = Math.min(6, bucket.left + (nowMs - bucket.at) / 1000)
    bucket.at = nowMs
    this.#tokens.set(node, bucket)
    if (bucket.left < 1) return false
    bucket.left -= 1
    return true
  }
}

const LINEAR_LADDER_MS = [1_000, 2_000, 3_000, 4_000, 5_000, 7_000]
const DOUBLING_LADDER_MS = [1_000, 3_000, 7_000]
const CONNECT_TIMEOUT_MS = 10_000

export interface WorldSettings {
  readonly nodes: number
  readonly idleTimeoutMs: number
  /** Between a node and a target, there and back. */
  readonly roundTripMs: number
  /** A node is that late to notice that a target has closed. */
  readonly noticeMs: number
  readonly takesNewest: boolean
  readonly hasLinearLadder: boolean
}

/**
 * A load balancer, its targets and their kernels, event by event: rows come about by mechanism and not by rate. What each
 * part imitates stands in docs/lab.md; unlike the lab, an hour takes a second and every parameter can be drawn.
 */
export class World {
  readonly random: Random
  readonly settings: WorldSettings
  endpoints: Endpoint[] = []
  readonly #log: MadeLog
  readonly #clock = new Clock()
  readonly #pools = new Map<string, Connection[]>()
  readonly #open = new Set<Request>()
  #turn = 0

  constructor(log: MadeLog, settings: WorldSettings) {
    this.#log = log
    this.random = log.random
    this.settings = settings
  }

  get now(): number {
    return this.#clock.now
  }

  at(atMs: number, run: () => void): void {
    this.#clock.at(atMs, run)
  }

  run(untilMs: number): void {
    this.#clock.run(untilMs)
  }

  send(
    route: Route,
    options: { readonly clientMs?: number; readonly client?: number; readonly onDone?: () => void } = {},
  ): void {
    const endpoint = this.endpoints[this.#turn++ % this.endpoints.length]
    const node = this.random.integer(this.settings.nodes)
    const path = route.path(this.random)
    if (endpoint === undefined) {
      this.#log.add({
        atMs: this.now,
        node,
        target: undefined,
        path,
        method: route.method,
        elbStatus: 503,
        elapsedMs: 1 + this.random.next(),
        truth: { symptom: 'no-target', causes: ['no-registered-targets'], why: 'the target group is empty' },
      })
      options.onDone?.()
      return
    }
    const request: Request = {
      atMs: this.now,
      node,
      route,
      path,
      client: options.client,
      endpoint,
      onDone: options.onDone,
      sentAt: Number.NaN,
      isDone: false,
      connection: undefined,
      fault: route.fault?.(this.random, this.now, endpoint.address),
      lostWhy: undefined,
      serviceMs: route.serviceMs(this.random, this.now, endpoint.address),
    }
    this.#open.add(request)
    if (options.clientMs !== undefined)
      this.at(this.now + options.clientMs, () => {
        if (request.isDone) return
        const isSent = !Number.isNaN(request.sentAt)
        this.#finish(request, 460, undefined, 'client-left', ['client-gave-up'], !isSent)
      })
    const pool = this.#poolOf(node, endpoint)
    const connection = this.settings.takesNewest ? pool.pop() : pool.shift()
    if (connection) this.#handOver(request, connection)
    else this.#connect(request)
  }

  /** The load balancer stops sending to it; what is under way is cut off after the delay. */
  deregister(endpoint: Endpoint, delayMs: number): void {
    this.endpoints = this.endpoints.filter((each) => each !== endpoint)
    this.at(this.now + delayMs, () => {
      for (const request of [...this.#open])
        if (request.endpoint === endpoint && !Number.isNaN(request.sentAt))
          this.#finish(request, 502, undefined, 'closed-before-response', ['deregistration-delay-exceeded'])
    })
  }

  answered(request: Request, connection: Connection): void {
    this.at(this.now + this.settings.roundTripMs / 2, () => {
      const { fault } = request
      const status = fault && 'status' in fault ? fault.status : 200
      if (!request.isDone) this.#finish(request, status, status, 'target-answered', fault?.causes)
      // A request of a client that left, or that timed out, has closed its connection.
      if (!connection.isClosed && request.connection === connection && connection.request === undefined)
        this.#poolOf(connection.node, connection.endpoint).push(connection)
    })
  }

  /** The target closes; the load balancer learns half a round trip later. */
  close(connection: Connection, why: Causes): void {
    if (connection.isClosed) return
    connection.isClosed = true
    connection.closedWhy = why
    this.at(this.now + this.settings.roundTripMs / 2 + this.settings.noticeMs * this.random.next(), () => {
      const pool = this.#poolOf(connection.node, connection.endpoint)
      const place = pool.indexOf(connection)
      if (place >= 0) pool.splice(place, 1)
    })
    this.at(this.now + this.settings.roundTripMs / 2, () => {
      const { request } = connection
      if (request && !request.isDone && request.connection === connection) this.#closed(request, why)
    })
  }

  #poolOf(node: number, endpoint: Endpoint): Connection[] {
    const key = `${node} ${endpoint.address}`
    let pool = this.#pools.get(key)
    if (pool === undefined) {
      pool = []
      this.#pools.set(key, pool)
    }
    return pool
  }

  #connect(request: Request): void {
    const { endpoint, node } = request
    let pinned: Pod | undefined
    let why: Causes | undefined
    const giveUp = (): void => {
      if (request.isDone || !Number.isNaN(request.sentAt)) return
      const elapsedMs = this.now - request.atMs
      if (elapsedMs >= CONNECT_TIMEOUT_MS)
        this.#finish(request, 504, undefined, 'connect-timeout', why ?? ['host-unreachable'], true)
    }
    const refuse = (causes: Causes): void => {
      this.at(this.now + this.settings.roundTripMs * (0.5 + this.random.next()), () => {
        if (request.isDone) return
        const symptom = this.now - request.atMs < 500 ? 'connect-refused' : 'connect-failed-late'
        this.#finish(request, 502, undefined, symptom, causes, true)
      })
    }
    const syn = (): void => {
      if (request.isDone || !Number.isNaN(request.sentAt)) return
      const silent = endpoint.silentFor
      if (silent && (silent.nodes === undefined || silent.nodes.includes(node))) {
        why = why ?? silent.causes
        return
      }
      if (endpoint.unreachableWhy) {
        const causes = endpoint.unreachableWhy
        this.at(request.atMs + 3_050 + 30 * this.random.next(), () => {
          if (!request.isDone) this.#finish(request, 502, undefined, 'connect-failed-late', causes, true)
        })
        return
      }
      const pod = pinned ?? (endpoint.pods.length > 0 ? this.random.pick(endpoint.pods) : undefined)
      if (pod === undefined) {
        const causes: Causes = ['service-without-endpoints']
        if (endpoint.mayReject(node, this.now)) refuse(causes)
        else why = why ?? causes
        return
      }
      pinned = pod
      if (pod.isGone) why = why ?? pod.goneWhy
      else if (!pod.isListening) refuse(pod.downWhy)
      else if (pod.isFull) why = why ?? ['listen-backlog-overflow', ...pod.overloadWhy]
      else
        this.at(this.now + this.settings.roundTripMs, () => {
          if (request.isDone) return
          const connection: Connection = {
            node,
            endpoint,
            pod,
            worker: undefined,
            isClosed: false,
            closedWhy: undefined,
            idleSince: -1,
            request: undefined,
            hasArrived: false,
          }
          this.#handOver(request, connection, true)
        })
    }
    syn()
    for (const rung of this.settings.hasLinearLadder ? LINEAR_LADDER_MS : DOUBLING_LADDER_MS)
      this.at(request.atMs + rung + 8 * this.random.next(), syn)
    this.at(request.atMs + CONNECT_TIMEOUT_MS + 3 * this.random.next(), giveUp)
  }

  #handOver(request: Request, connection: Connection, isNew = false): void {
    request.sentAt = this.now
    request.connection = connection
    connection.request = request
    this.at(this.now + this.settings.idleTimeoutMs + 2 * this.random.next(), () => {
      if (request.isDone) return
      const causes: Causes =
        request.lostWhy ??
        (connection.pod.isGone ? connection.pod.goneWhy : ['target-idle-timeout', ...connection.pod.slowWhy])
      this.#finish(request, 504, undefined, 'response-timeout', causes)
    })
    if (isNew) {
      connection.pod.connect(connection)
      return
    }
    const silent = connection.endpoint.silentFor
    if (silent && (silent.nodes === undefined || silent.nodes.includes(connection.node))) {
      request.lostWhy = silent.causes
      return
    }
    this.at(this.now + this.settings.roundTripMs / 2, () => {
      if (!connection.isClosed) {
        connection.pod.receive(connection)
        return
      }
      this.at(this.now + this.settings.roundTripMs / 2, () => this.#closed(request, connection.closedWhy))
    })
  }

  #closed(request: Request, why: Causes | undefined): void {
    if (!request.isDone) this.#finish(request, 502, undefined, 'closed-before-response', why)
  }

  #finish(
    request: Request,
    elbStatus: number,
    targetStatus: number | undefined,
    symptom: Symptom,
    causes: Causes | undefined,
    isConnectFailure = false,
  ): void {
    request.isDone = true
    this.#open.delete(request)
    const { connection } = request
    if (connection && targetStatus === undefined) {
      connection.isClosed = true
      connection.closedWhy ??= causes
    }
    const isFailure = elbStatus >= 500 || elbStatus === 460
    this.#log.add({
      atMs: request.atMs,
      node: request.node,
      target: request.endpoint.address,
      method: request.route.method,
      path: request.path,
      ...(request.client === undefined ? {} : { client: request.client }),
      ...(request.route.receivedBytes === undefined ? {} : { receivedBytes: request.route.receivedBytes }),
      elbStatus,
      ...(targetStatus === undefined ? {} : { targetStatus }),
      elapsedMs: this.now - request.atMs,
      ...(Number.isNaN(request.sentAt) ? {} : { requestMs: request.sentAt - request.atMs }),
      ...(isConnectFailure ? { isConnectFailure } : {}),
      ...(isFailure
        ? {
            truth: {
              symptom,
              causes: causes ?? ['application-error'],
              why: symptom,
            },
          }
        : {}),
    })
    request.onDone?.()
  }
}
