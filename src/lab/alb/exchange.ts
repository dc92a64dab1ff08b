import { type BodyReader, createBodyReader } from './body-framing.ts'
import { nowMs } from './clock.ts'
import { errorPage, fixedResponse, redirectPage } from './error-page.ts'
import type { Phase, SocketFacts } from './facts-log.ts'
import { matchesPath } from './fixed-response-rule.ts'
import { firstOf } from './message-head.ts'
import type { AuthOutcome, OidcSessions } from './oidc.ts'
import type { ResolvedOptions } from './options.ts'
import { type RelayMode, relayMode, requestToTarget, responseToClient } from './relay-head.ts'
import type { RequestHead } from './request-head.ts'
import { type ResponseHead, readResponseHead } from './response-head.ts'
import type { TargetConnection } from './target-connection.ts'
import type { InFlight, TargetLink } from './target-link.ts'
import { askWaf, type WafVerdict } from './waf.ts'

/** What an exchange needs of the connection it arrived on. */
export interface ClientSide {
  readonly address: string
  readonly listenerPort: number
  /** Its keep-alive time (3600 s by default) is over: this answer is the last one. */
  readonly isExpired: boolean
  /** False when the socket's buffer is full. */
  write(bytes: Uint8Array): boolean
  pause(): void
  resume(): void
  /** The exchange is over. Not reusable: whatever was written is sent, then the connection closes. */
  finished(isReusable: boolean): void
  /** The answer was cut: the client must not take it for a whole one. */
  destroy(): void
}

/** What an exchange needs of its node. */
export interface ExchangeHost {
  readonly options: ResolvedOptions
  readonly address: string
  /** The node's address for connections of its own. */
  readonly bindAddress: string | undefined
  readonly sessions: OidcSessions | undefined
  choose(): { readonly link: TargetLink; readonly isFailOpen: boolean } | undefined
  countConnectionError(): void
  countTlsError(): void
  countAuth(outcome: 'success' | 'failure' | 'error'): void
  record(finished: FinishedExchange): void
}

/** One request's story, ready for the log, the metrics and the facts. */
export interface FinishedExchange {
  readonly type: 'http' | 'ws'
  readonly createdMs: number
  readonly timeMs: number
  readonly link: TargetLink | undefined
  readonly requestMs: number | undefined
  readonly targetMs: number | undefined
  readonly responseMs: number | undefined
  readonly elbStatus: number
  readonly targetStatus: number | undefined
  readonly receivedBytes: number
  readonly sentBytes: number
  readonly isForwarded: boolean
  readonly rulePriority: number | undefined
  readonly actions: string | undefined
  readonly errorReason: string | undefined
  readonly isFailOpen: boolean
  readonly isTruncated: boolean
  readonly phase: Phase
  readonly socket: SocketFacts
}

/** Request body bytes kept while the connection to the target is being made. */
const BODY_QUEUE_LIMIT = 1024 * 1024

/** One request from its head to its row: rule, target, connection, answer. Never a second target: ALB documents no retry. */
export class Exchange implements InFlight {
  readonly #host: ExchangeHost
  readonly #client: ClientSide
  readonly #head: RequestHead
  readonly #traceHeader: string
  readonly #createdMs: number
  #receivedBytes: number
  #sentBytes = 0
  #phase: Phase = 'request'
  #link: TargetLink | undefined
  #connection: TargetConnection | undefined
  #isFailOpen = false
  #poolFacts: SocketFacts = {}
  #phaseStartMs = 0
  #sentMs: number | undefined
  #firstByteMs: number | undefined
  #answeredMs: number | undefined
  #targetBytes = 0
  #queue: Buffer[] = []
  #queuedBytes = 0
  #isRequestComplete = false
  #isTlsBegun = false
  #headBytes: Buffer = Buffer.alloc(0)
  #response: ResponseHead | undefined
  #body: BodyReader | undefined
  #mode: RelayMode = 'as-is'
  #isClientReusable = false
  #connectTimer: NodeJS.Timeout | undefined
  #idleTimer: NodeJS.Timeout | undefined
  #isOver = false
  /** Actions that ran before the last one. */
  #actions: string[] = []
  #errorReason: string | undefined

  constructor(
    host: ExchangeHost,
    client: ClientSide,
    head: RequestHead,
    request: { readonly traceHeader: string; readonly createdMs: number; readonly headBytes: number },
  ) {
    this.#host = host
    this.#client = client
    this.#head = head
    this.#traceHeader = request.traceHeader
    this.#createdMs = request.createdMs
    this.#receivedBytes = request.headBytes
  }

  start(): void {
    const { waf } = this.#host.options
    if (waf === undefined) this.#applyRules()
    else
      void askWaf(waf, this.#head, this.#host.bindAddress).then((verdict) => {
        if (!this.#isOver) this.#onWaf(verdict, waf.isFailOpen)
      })
  }

  #onWaf(verdict: WafVerdict, isFailOpen: boolean): void {
    if (verdict.kind === 'block') {
      this.#answerPage(verdict.elbStatus, 'waf-block', undefined, 'waf')
      return
    }
    if (verdict.kind === 'failed') {
      this.#errorReason = verdict.errorReason
      if (!isFailOpen) {
        this.#answerPage(500, verdict.errorReason, undefined, 'waf-failed')
        return
      }
    }
    this.#actions.push(verdict.kind === 'allow' ? 'waf' : 'waf-failed')
    this.#applyRules()
  }

  #onAuth(outcome: AuthOutcome): void {
    if (outcome.kind === 'pass') {
      this.#actions.push('authenticate')
      this.#forward()
    } else if (outcome.kind === 'redirect') {
      if (outcome.cookie !== undefined) this.#host.countAuth('success')
      const page = redirectPage(outcome.location, outcome.cookie, this.#mayKeepClient, nowMs())
      this.#answer(page, { elbStatus: 302, actions: 'authenticate', rulePriority: 1 })
    } else {
      this.#errorReason = outcome.errorReason
      this.#host.countAuth(outcome.elbStatus === 500 ? 'error' : 'failure')
      this.#answerPage(outcome.elbStatus, outcome.errorReason ?? 'auth-provider-error', undefined, 'authenticate')
    }
  }

  #applyRules(): void {
    const { options } = this.#host
    const rule = options.fixedResponses.findIndex((candidate) => matchesPath(candidate.pathGlob, this.#head.uri))
    const matched = options.fixedResponses[rule]
    if (matched !== undefined) {
      const page = fixedResponse(matched.elbStatus, matched.body, this.#pageRequest, this.#mayKeepClient, nowMs())
      this.#answer(page, { elbStatus: matched.elbStatus, actions: 'fixed-response', rulePriority: rule + 1 })
      return
    }
    const outcome = this.#host.sessions?.outcomeOf(this.#head, this.#host.bindAddress)
    if (outcome === undefined) this.#forward()
    else
      void Promise.resolve(outcome).then((known) => {
        if (!this.#isOver) this.#onAuth(known)
      })
  }

  #forward(): void {
    const { options } = this.#host
    // This stand-in speaks HTTP/1.1, so what goes to a group of another version does not fit.
    const group = options.protocolVersions.find((rule) => matchesPath(rule.pathGlob, this.#head.uri))
    if (group !== undefined && group.version !== 'HTTP1') {
      this.#answerPage(464, 'protocol-version')
      return
    }
    const chosen = this.#host.choose()
    if (chosen === undefined) {
      // 503 with the target group's ARN and the action forward: what real rows of an empty target group show.
      this.#answerPage(503)
      return
    }
    this.#link = chosen.link
    this.#isFailOpen = chosen.isFailOpen
    this.#phase = 'connect'
    this.#phaseStartMs = nowMs()
    this.#idleTimer = setTimeout(() => this.#onIdle(), atLeast(options.idleTimeoutSeconds))
    const { connection, isReused } = chosen.link.take(this)
    this.#connection = connection
    this.#poolFacts = {
      pool_left: chosen.link.idleCount,
      conn_reused: isReused,
      conn_age_ms: isReused ? round(this.#phaseStartMs - connection.openedMs) : 0,
      ...(isReused ? { conn_idle_ms: round(this.#phaseStartMs - connection.idleSinceMs) } : {}),
      conn_requests_before: connection.requestsBefore,
    }
    if (isReused) this.#dispatch()
    else this.#connectTimer = setTimeout(() => this.#onConnectTimeout(), atLeast(options.connectTimeoutSeconds))
  }

  /** More of the request's body, framing included. */
  onRequestBody(bytes: Buffer, isComplete: boolean): void {
    this.#receivedBytes += bytes.length
    this.#isRequestComplete = isComplete
    if (this.#isOver) return
    if (this.#phase === 'request' || this.#phase === 'connect') {
      if (bytes.length > 0) this.#queue.push(bytes)
      this.#queuedBytes += bytes.length
      if (this.#queuedBytes > BODY_QUEUE_LIMIT) this.#client.pause()
      return
    }
    this.#idleTimer?.refresh()
    if (bytes.length > 0 && this.#connection?.socket.write(bytes) === false) this.#client.pause()
  }

  onBadRequestBody(): void {
    if (this.#isOver) return
    if (this.#response) this.#cutAnswer('bad-request-body', undefined)
    else this.#answerPage(400, 'bad-request-body')
  }

  /** Bytes of the client after a WebSocket upgrade. */
  onTunnelBytes(bytes: Buffer): void {
    this.#receivedBytes += bytes.length
    this.#idleTimer?.refresh()
    if (this.#connection?.socket.write(bytes) === false) this.#client.pause()
  }

  get isTunnel(): boolean {
    return this.#phase === 'tunnel'
  }

  onClientDrain(): void {
    this.#idleTimer?.refresh()
    this.#connection?.socket.resume()
  }

  /** FIN or RST of the client; like nginx, a half-closed client counts as gone. */
  onClientGone(): void {
    if (this.#isOver) return
    if (this.#phase === 'tunnel') {
      this.#finish({ elbStatus: 101, event: 'client-closed' })
      this.#client.finished(false)
    } else if (this.#response) this.#cutAnswer('client-closed', undefined)
    else {
      // "The client closed the connection before sending the full request body" is 400, not 460.
      this.#finish({ elbStatus: this.#isRequestComplete ? 460 : 400, event: 'client-closed' })
      this.#client.finished(false)
    }
  }

  onTlsBegins(): void {
    clearTimeout(this.#connectTimer)
    this.#isTlsBegun = true
    this.#connectTimer = setTimeout(() => this.#onTlsTimeout(), atLeast(this.#host.options.connectTimeoutSeconds))
  }

  onConnected(): void {
    clearTimeout(this.#connectTimer)
    this.#dispatch()
  }

  onTargetData(chunk: Buffer): void {
    this.#targetBytes += chunk.length
    this.#idleTimer?.refresh()
    if (this.#phase === 'tunnel') {
      this.#write(chunk)
      return
    }
    this.#firstByteMs ??= nowMs()
    if (this.#body) {
      this.#relayBody(chunk)
      return
    }
    this.#headBytes = this.#headBytes.length === 0 ? chunk : Buffer.concat([this.#headBytes, chunk])
    this.#readHead()
  }

  onTargetDrain(): void {
    this.#idleTimer?.refresh()
    this.#client.resume()
  }

  onTargetGone(event: string, code: string | undefined): void {
    if (this.#isOver) return
    if (this.#phase === 'connect' && this.#isTlsBegun) {
      this.#host.countTlsError()
      this.#answerPage(502, 'tls-handshake', code ?? event)
    } else if (this.#phase === 'connect') {
      this.#host.countConnectionError()
      // RST or an ICMP answer on connecting: 502. The kernel giving up on its SYNs: 504.
      this.#answerPage(code === 'ETIMEDOUT' ? 504 : 502, code ?? event, code)
    } else if (this.#phase === 'tunnel') {
      this.#finish({ elbStatus: 101, targetStatus: 101, event, code })
      this.#client.finished(false)
    } else if (this.#response === undefined) this.#answerPage(502, event, code)
    else if (this.#response.framing.kind === 'until-close' && event === 'FIN') this.#complete()
    else this.#cutAnswer(event, code)
  }

  /** The deregistration delay is over, and this request is still open. */
  cut(event: string): void {
    if (this.#isOver) return
    if (this.#response) this.#cutAnswer(event, undefined)
    else this.#answerPage(502, event)
  }

  /** The load balancer stops. A WebSocket gets its row, as at any close; a request without an answer gets none. */
  abandon(): void {
    if (this.#phase === 'tunnel') this.#finish({ elbStatus: 101, event: 'load-balancer-stopped' })
    this.#isOver = true
    this.#release(false)
  }

  #dispatch(): void {
    const connection = this.#connection
    if (connection === undefined) return
    this.#phase = 'await-response'
    this.#sentMs = nowMs()
    this.#phaseStartMs = this.#sentMs
    const bytes = requestToTarget(this.#head, {
      clientAddress: this.#client.address.replace(/:\d+$/, ''),
      listenerPort: this.#client.listenerPort,
      nodeAddress: this.#host.address,
      traceHeader: this.#traceHeader,
      xffMode: this.#host.options.xffMode,
    })
    this.#idleTimer?.refresh()
    if (this.#head.expectsContinue && !this.#isRequestComplete)
      this.#client.write(Buffer.from('HTTP/1.1 100 Continue\r\n\r\n', 'latin1'))
    const queue = this.#queue
    this.#queue = []
    const isRoomLeft = connection.socket.write(queue.length === 0 ? bytes : Buffer.concat([bytes, ...queue]))
    if (isRoomLeft) this.#client.resume()
    else this.#client.pause()
  }

  #readHead(): void {
    const read = readResponseHead(this.#headBytes, this.#head.method, this.#head.isUpgrade)
    if (read.kind === 'incomplete') return
    if (read.kind === 'bad') {
      this.#answerPage(502, read.code)
      return
    }
    const rest = this.#headBytes.subarray(read.bytes)
    const { head } = read
    if (head.targetStatus < 200 && head.targetStatus !== 101) {
      // Interim answers (100, 103) are not the answer, and are not passed on.
      this.#headBytes = rest
      if (rest.length > 0) this.#readHead()
      return
    }
    this.#response = head
    this.#headBytes = Buffer.alloc(0)
    this.#body = createBodyReader(head.framing)
    this.#mode = relayMode(head.framing, this.#head.version)
    const isDelimited = this.#mode === 'chunk' || (this.#mode === 'as-is' && head.framing.kind !== 'until-close')
    this.#isClientReusable = this.#mayKeepClient && isDelimited
    this.#phase = head.targetStatus === 101 ? 'tunnel' : 'respond'
    this.#answeredMs = nowMs()
    this.#write(responseToClient(head, this.#mode, this.#isClientReusable))
    if (this.#phase === 'tunnel') {
      if (rest.length > 0) this.#write(rest)
    } else if (this.#body.isComplete || rest.length > 0) this.#relayBody(rest)
  }

  #relayBody(chunk: Buffer): void {
    const body = this.#body as BodyReader
    const step = body.push(chunk)
    if (this.#mode === 'as-is') {
      if (step.consumed > 0) this.#write(chunk.subarray(0, step.consumed))
    } else
      for (const payload of step.payload) {
        if (payload.length === 0) continue
        if (this.#mode === 'chunk') this.#write(Buffer.from(`${payload.length.toString(16)}\r\n`, 'latin1'))
        this.#write(payload)
        if (this.#mode === 'chunk') this.#write(Buffer.from('\r\n', 'latin1'))
      }
    if (step.isBad) this.#cutAnswer('bad-chunk', undefined)
    else if (step.isComplete || body.isComplete) this.#complete(chunk.length - step.consumed)
  }

  #write(bytes: Uint8Array): void {
    this.#sentBytes += bytes.length
    if (!this.#client.write(bytes)) this.#connection?.socket.pause()
  }

  #onConnectTimeout(): void {
    this.#host.countConnectionError()
    this.#answerPage(504, 'connect-timer')
  }

  /** "An SSL handshake error or SSL handshake timeout (10 seconds) when connecting to a target" is 502 (Troubleshoot). */
  #onTlsTimeout(): void {
    this.#host.countTlsError()
    this.#answerPage(502, 'tls-timer')
  }

  #onIdle(): void {
    if (this.#isOver || this.#phase === 'connect') return
    if (this.#phase === 'tunnel') {
      this.#finish({ elbStatus: 101, targetStatus: 101, event: 'idle-timer' })
      this.#client.finished(false)
    } else if (this.#response) this.#cutAnswer('idle-timer', undefined)
    else this.#answerPage(this.#isRequestComplete ? 504 : 408, 'idle-timer')
  }

  /** The whole answer was relayed. `surplus`: bytes after its end, which make the connection useless. */
  #complete(surplus = 0): void {
    const response = this.#response as ResponseHead
    if (this.#mode === 'chunk') this.#write(Buffer.from('0\r\n\r\n', 'latin1'))
    const isTargetReusable =
      response.isKeepAlive &&
      response.framing.kind !== 'until-close' &&
      surplus === 0 &&
      this.#isRequestComplete &&
      this.#head.verdict?.classification !== 'Ambiguous'
    this.#phase = 'done'
    this.#finish({ elbStatus: response.targetStatus, targetStatus: response.targetStatus, isTargetReusable })
    this.#client.finished(this.#isClientReusable && this.#isRequestComplete)
  }

  /** A response that has begun cannot become a 502: the row has the target's status, the client a broken connection. */
  #cutAnswer(event: string, code: string | undefined): void {
    const targetStatus = (this.#response as ResponseHead).targetStatus
    this.#finish({ elbStatus: targetStatus, targetStatus, event, code, isTruncated: true })
    this.#client.destroy()
  }

  /** `action`: the rule's that answered; absent: the request was forwarded, or was to be. */
  #answerPage(elbStatus: number, event?: string, code?: string, action?: string): void {
    if (this.#isOver) return
    const page = errorPage(elbStatus, this.#pageRequest, this.#mayKeepClient, nowMs())
    this.#answer(page, { elbStatus, event, code, ...(action === undefined ? {} : { actions: action }) })
  }

  #answer(page: Buffer, ending: Ending): void {
    const isReusable = this.#mayKeepClient
    this.#sentBytes += page.length
    this.#client.write(page)
    this.#finish(ending)
    this.#client.finished(isReusable)
  }

  #finish(ending: Ending): void {
    if (this.#isOver) return
    this.#isOver = true
    const timeMs = nowMs()
    const { elbStatus, targetStatus = this.#phase === 'tunnel' ? 101 : undefined } = ending
    const sentMs = this.#sentMs
    // A timer that ran out and a client that left give no target time; a target that went away gives the time until then.
    const isSilent = this.#response === undefined && (elbStatus === 504 || elbStatus < 500)
    const answeredMs = this.#response ? this.#firstByteMs : isSilent ? undefined : (this.#firstByteMs ?? timeMs)
    const socket = this.#connection
    this.#release(ending.isTargetReusable === true)
    this.#host.record({
      type: this.#phase === 'tunnel' ? 'ws' : 'http',
      createdMs: this.#createdMs,
      timeMs,
      link: this.#link,
      requestMs: sentMs === undefined ? undefined : sentMs - this.#createdMs,
      targetMs: sentMs === undefined || answeredMs === undefined ? undefined : answeredMs - sentMs,
      responseMs:
        this.#answeredMs === undefined || this.#firstByteMs === undefined
          ? undefined
          : this.#answeredMs - this.#firstByteMs,
      elbStatus,
      targetStatus,
      receivedBytes: this.#receivedBytes,
      sentBytes: this.#sentBytes,
      isForwarded: ending.actions === undefined,
      rulePriority: ending.rulePriority ?? 0,
      actions: [...this.#actions, ending.actions ?? 'forward'].join(','),
      errorReason: this.#errorReason,
      isFailOpen: this.#isFailOpen,
      isTruncated: ending.isTruncated === true,
      phase: this.#phase,
      socket: {
        ...this.#poolFacts,
        ...(socket?.connectMs === undefined ? {} : { connect_ms: round(socket.connectMs) }),
        ...(socket?.localPort === undefined ? {} : { local_port: socket.localPort }),
        ...(ending.event === undefined
          ? {}
          : {
              event: ending.event,
              ...(ending.code === undefined ? {} : { code: ending.code }),
              bytes_from_target: this.#targetBytes,
              after_ms: round(timeMs - this.#phaseStartMs),
            }),
      },
    })
  }

  #release(isReusable: boolean): void {
    clearTimeout(this.#connectTimer)
    clearTimeout(this.#idleTimer)
    this.#link?.release(this, this.#connection, isReusable)
  }

  get #mayKeepClient(): boolean {
    return (
      this.#head.isKeepAlive &&
      this.#isRequestComplete &&
      !this.#client.isExpired &&
      this.#head.verdict?.classification !== 'Ambiguous'
    )
  }

  get #pageRequest(): { method: string; userAgent: string | undefined } {
    return { method: this.#head.method, userAgent: firstOf(this.#head.headers, 'user-agent') }
  }
}

interface Ending {
  readonly elbStatus: number
  readonly targetStatus?: number | undefined
  readonly event?: string | undefined
  readonly code?: string | undefined
  readonly actions?: string
  readonly rulePriority?: number
  readonly isTargetReusable?: boolean
  readonly isTruncated?: boolean
}

function round(durationMs: number): number {
  return Math.round(durationMs * 1000) / 1000
}

/** Node's timers may fire up to 1 ms early; a load balancer's never do (10.001 and 10.002 s in real rows). */
function atLeast(seconds: number): number {
  return seconds * 1000 + 1
}
