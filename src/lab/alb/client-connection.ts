import type { Socket } from 'node:net'
import { type BodyReader, createBodyReader } from './body-framing.ts'
import { nowMs } from './clock.ts'
import { errorPage } from './error-page.ts'
import { type ClientSide, Exchange, type ExchangeHost, type FinishedExchange } from './exchange.ts'
import { firstOf, type HeaderLine } from './message-head.ts'
import { loggedRequestLine } from './relay-head.ts'
import { type RequestHead, type RequestHeadResult, readRequestHead } from './request-head.ts'
import { connectionTraceId, traceHeader } from './trace-id.ts'

/** What the log and the facts say about the request itself, beside what became of it. */
export interface RequestIdentity {
  readonly client: string
  readonly connectionTraceId: string
  readonly requestLine: string
  readonly method: string | undefined
  readonly uri: string | undefined
  readonly userAgent: string | undefined
  readonly traceId: string | undefined
  readonly classification: RequestHead['verdict']
}

export interface ClientHost extends Omit<ExchangeHost, 'record'> {
  record(finished: FinishedExchange, identity: RequestIdentity): void
  onClosed(connection: ClientConnection): void
}

/** Pipelined requests wait here; above this the client is not read any more. */
const PIPELINE_LIMIT = 65_536
/** How long a closing connection still reads, so that the last answer is not lost to a reset. */
const LINGER_MS = 2000

/** One client connection: heads, bodies and pipelined requests, one exchange at a time. */
export class ClientConnection implements ClientSide {
  readonly address: string
  readonly listenerPort: number
  readonly #host: ClientHost
  readonly #socket: Socket
  readonly #openedMs = nowMs()
  /** The node has no room for it: its first request is told so. */
  readonly #isRefused: boolean
  readonly #traceId = connectionTraceId()
  #buffer: Buffer = Buffer.alloc(0)
  #requestStartMs: number | undefined
  #exchange: Exchange | undefined
  #body: BodyReader | undefined
  #idleTimer: NodeJS.Timeout | undefined
  #isClosing = false

  constructor(host: ClientHost, socket: Socket, listenerPort: number, isRefused = false) {
    this.#host = host
    this.#socket = socket
    this.listenerPort = listenerPort
    this.#isRefused = isRefused
    this.address = `${(socket.remoteAddress ?? '0.0.0.0').replace(/^::ffff:/, '')}:${socket.remotePort ?? 0}`
    socket.on('data', (chunk: Buffer) => this.#onData(chunk))
    socket.on('end', () => this.#onGone())
    // The reason is not interesting: `close` follows.
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#onGone()
      clearTimeout(this.#idleTimer)
      host.onClosed(this)
    })
    socket.on('drain', () => this.#exchange?.onClientDrain())
    this.#startIdleTimer()
  }

  get isExpired(): boolean {
    return nowMs() - this.#openedMs >= this.#host.options.clientKeepAliveSeconds * 1000
  }

  /** A request waits for its answer; a WebSocket does not count. */
  get isBusy(): boolean {
    return this.#exchange !== undefined && !this.#exchange.isTunnel
  }

  write(bytes: Uint8Array): boolean {
    return this.#socket.destroyed || !this.#socket.writable ? true : this.#socket.write(bytes)
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    if (this.#buffer.length <= PIPELINE_LIMIT) this.#socket.resume()
  }

  finished(isReusable: boolean): void {
    this.#exchange = undefined
    this.#body = undefined
    this.#requestStartMs = undefined
    if (!isReusable) {
      this.#closeGently()
      return
    }
    this.#startIdleTimer()
    this.#socket.resume()
    // Not from inside the exchange that just ended.
    if (this.#buffer.length > 0) setImmediate(() => this.#advance())
  }

  destroy(): void {
    this.#isClosing = true
    this.#exchange = undefined
    this.#socket.destroy()
  }

  /** The load balancer stops. */
  abandon(): void {
    this.#exchange?.abandon()
    this.destroy()
  }

  #onData(chunk: Buffer): void {
    if (this.#isClosing) return
    if (this.#exchange?.isTunnel) {
      this.#exchange.onTunnelBytes(chunk)
      return
    }
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk])
    this.#advance()
    if (this.#buffer.length > PIPELINE_LIMIT && this.#exchange) this.#socket.pause()
  }

  #advance(): void {
    if (this.#isClosing) return
    if (this.#exchange) {
      this.#feedBody(this.#exchange)
      return
    }
    // Empty lines before a request line are skipped (RFC 9112, section 2.2).
    while (this.#buffer[0] === 13 && this.#buffer[1] === 10) this.#buffer = this.#buffer.subarray(2)
    if (this.#buffer.length === 0) return
    this.#requestStartMs ??= nowMs()
    const result = readRequestHead(this.#buffer, this.#host.options.desyncMode)
    if (result.kind === 'incomplete') {
      this.#idleTimer?.refresh()
      return
    }
    clearTimeout(this.#idleTimer)
    if (result.kind === 'rejected') this.#reject(result)
    else if (this.#isRefused) this.#refuse(result.head, result.bytes)
    else this.#begin(result.head, result.bytes)
  }

  #begin(head: RequestHead, headBytes: number): void {
    const createdMs = this.#requestStartMs ?? nowMs()
    const trace = traceHeader(firstOf(head.headers, 'x-amzn-trace-id'), createdMs)
    const identity = this.#identity(head, head.headers, trace, head.verdict)
    const host: ExchangeHost = {
      options: this.#host.options,
      address: this.#host.address,
      bindAddress: this.#host.bindAddress,
      sessions: this.#host.sessions,
      choose: () => this.#host.choose(),
      countConnectionError: () => this.#host.countConnectionError(),
      countTlsError: () => this.#host.countTlsError(),
      countAuth: (outcome) => this.#host.countAuth(outcome),
      record: (finished) => this.#host.record(finished, identity),
    }
    const exchange = new Exchange(host, this, head, { traceHeader: trace, createdMs, headBytes })
    this.#exchange = exchange
    this.#body = createBodyReader(head.framing)
    this.#buffer = this.#buffer.subarray(headBytes)
    this.#feedBody(exchange, true)
    exchange.start()
  }

  #feedBody(exchange: Exchange, isFirst = false): void {
    const body = this.#body
    if (body === undefined || (body.isComplete && !isFirst)) return
    const step = body.push(this.#buffer)
    const bytes = this.#buffer.subarray(0, step.consumed)
    this.#buffer = this.#buffer.subarray(step.consumed)
    if (bytes.length > 0 || body.isComplete) exchange.onRequestBody(bytes, body.isComplete)
    if (step.isBad) exchange.onBadRequestBody()
  }

  #reject(result: Extract<RequestHeadResult, { kind: 'rejected' }>): void {
    // A malformed request has dashes; one that was understood and refused keeps what is known of it.
    const isUnderstood = result.headers !== undefined && result.elbStatus !== 400
    const headers = isUnderstood ? result.headers : undefined
    const createdMs = this.#requestStartMs ?? nowMs()
    const trace = headers && traceHeader(firstOf(headers, 'x-amzn-trace-id'), createdMs)
    const method = result.line?.method
    const page = errorPage(result.elbStatus, { method: method ?? '-', userAgent: undefined }, false, nowMs())
    this.write(page)
    const identity = this.#identity(result.line, result.headers, trace, result.verdict, headers)
    this.#recordOwn(result.elbStatus, createdMs, result.bytes, page.length, identity, result.event)
    this.#closeGently()
  }

  /** The node is at its limit: no rule was looked at. */
  #refuse(head: RequestHead, bytes: number): void {
    const createdMs = this.#requestStartMs ?? nowMs()
    const userAgent = firstOf(head.headers, 'user-agent')
    const page = errorPage(503, { method: head.method, userAgent }, false, nowMs())
    this.write(page)
    const trace = traceHeader(firstOf(head.headers, 'x-amzn-trace-id'), createdMs)
    const identity = this.#identity(head, head.headers, trace, head.verdict)
    this.#recordOwn(503, createdMs, bytes, page.length, identity, 'node-capacity')
    this.#closeGently()
  }

  /** A row without exchange: the request never came as far as a rule. */
  #recordOwn(
    elbStatus: number,
    createdMs: number,
    receivedBytes: number,
    sentBytes: number,
    identity: RequestIdentity,
    event: string,
  ): void {
    this.#host.record(
      {
        type: 'http',
        createdMs,
        timeMs: nowMs(),
        link: undefined,
        requestMs: undefined,
        targetMs: undefined,
        responseMs: undefined,
        elbStatus,
        targetStatus: undefined,
        receivedBytes,
        sentBytes,
        isForwarded: false,
        rulePriority: undefined,
        actions: undefined,
        errorReason: undefined,
        isFailOpen: false,
        isTruncated: false,
        phase: 'request',
        socket: { event },
      },
      identity,
    )
  }

  #identity(
    line: { readonly method: string; readonly uri: string; readonly version: string } | undefined,
    headers: readonly HeaderLine[] | undefined,
    trace: string | undefined,
    verdict: RequestHead['verdict'],
    loggedHeaders: readonly HeaderLine[] | undefined = headers,
  ): RequestIdentity {
    return {
      client: this.address,
      connectionTraceId: this.#traceId,
      requestLine: loggedRequestLine(line, headers, this.#host.address, this.listenerPort),
      method: line?.method,
      uri: line?.uri,
      userAgent: loggedHeaders && firstOf(loggedHeaders, 'user-agent'),
      traceId: trace,
      classification: verdict,
    }
  }

  #startIdleTimer(): void {
    clearTimeout(this.#idleTimer)
    this.#idleTimer = setTimeout(() => this.#onIdle(), this.#host.options.idleTimeoutSeconds * 1000)
  }

  /** Nothing came for the idle timeout: 408 when a request had begun, otherwise the connection just closes. */
  #onIdle(): void {
    if (this.#exchange || this.#isClosing) return
    if (this.#buffer.length > 0) {
      const page = errorPage(408, { method: '-', userAgent: undefined }, false, nowMs())
      this.write(page)
      const identity = this.#identity(undefined, undefined, undefined, undefined)
      this.#recordOwn(408, this.#requestStartMs ?? nowMs(), this.#buffer.length, page.length, identity, 'idle-timer')
    }
    this.#closeGently()
  }

  #onGone(): void {
    if (this.#isClosing) return
    if (this.#exchange) {
      this.#exchange.onClientGone()
      return
    }
    if (this.#buffer.length > 0) {
      const identity = this.#identity(undefined, undefined, undefined, undefined)
      this.#recordOwn(400, this.#requestStartMs ?? nowMs(), this.#buffer.length, 0, identity, 'client-closed')
    }
    this.#closeGently()
  }

  #closeGently(): void {
    if (this.#isClosing) return
    this.#isClosing = true
    this.#buffer = Buffer.alloc(0)
    clearTimeout(this.#idleTimer)
    const destroy = (): void => void this.#socket.destroy()
    // What is still in the buffer goes out first, as fast as the client reads; a client that reads nothing is cut.
    this.#socket.end(() => setTimeout(destroy, LINGER_MS).unref())
    this.#socket.resume()
    setTimeout(destroy, this.#host.options.idleTimeoutSeconds * 1000 + LINGER_MS).unref()
  }
}
