import type { Socket } from 'node:net'
import { nowMs } from './clock.ts'
import { dialTarget, type TargetProtocol } from './dial-target.ts'
import type { Endpoint } from './endpoint.ts'

/** Who is told what happens on the connection: the exchange that uses it, or nobody while it is idle. */
export interface ConnectionOwner {
  /** The TCP connection stands, TLS begins; only with a target group of protocol HTTPS. */
  onTlsBegins(): void
  /** Ready for a request. */
  onConnected(): void
  onTargetData(chunk: Buffer): void
  /** `FIN`, `RST`, or the system's error code. Nothing follows. */
  onTargetGone(event: string, code: string | undefined): void
  onTargetDrain(): void
}

/** One TCP connection from a node to a target. */
export class TargetConnection {
  readonly socket: Socket
  readonly openedMs = nowMs()
  owner: ConnectionOwner | undefined
  /** Called when the peer ends an idle connection. */
  onIdleGone: ((event: string) => void) | undefined
  connectMs: number | undefined
  localPort: number | undefined
  requestsBefore = 0
  idleSinceMs = 0
  #errorCode: string | undefined
  #isGone = false
  #idleTimer: NodeJS.Timeout | undefined

  constructor(target: Endpoint, bindAddress: string | undefined, protocol: TargetProtocol, owner: ConnectionOwner) {
    this.owner = owner
    this.socket = dialTarget(target, bindAddress, protocol)
    this.socket.on('connect', () => {
      this.connectMs = nowMs() - this.openedMs
      this.localPort = this.socket.localPort
      if (protocol === 'https') this.owner?.onTlsBegins()
      else this.owner?.onConnected()
    })
    this.socket.on('secureConnect', () => this.owner?.onConnected())
    this.socket.on('data', (chunk: Buffer) => {
      if (this.owner) this.owner.onTargetData(chunk)
      // An answer that nobody asked for: the connection cannot be trusted any more.
      else this.#gone('unsolicited-data', undefined)
    })
    this.socket.on('end', () => this.#gone('FIN', undefined))
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#errorCode = error.code ?? 'UNKNOWN'
    })
    this.socket.on('close', () => {
      const code = this.#errorCode
      const isReset = code === 'ECONNRESET' || code === 'EPIPE'
      this.#gone(isReset ? 'RST' : (code ?? 'FIN'), code)
    })
    this.socket.on('drain', () => this.owner?.onTargetDrain())
  }

  get isUsable(): boolean {
    return !this.#isGone && !this.socket.destroyed && this.socket.writable
  }

  /** Waits in a pool; the load balancer itself closes it after the idle timeout. */
  rest(idleTimeoutMs: number, onIdleGone: (event: string) => void): void {
    this.owner = undefined
    this.onIdleGone = onIdleGone
    this.idleSinceMs = nowMs()
    this.#idleTimer = setTimeout(() => this.#gone('idle-timer', undefined), idleTimeoutMs)
    this.socket.resume()
  }

  wake(owner: ConnectionOwner): void {
    clearTimeout(this.#idleTimer)
    this.onIdleGone = undefined
    this.owner = owner
    this.requestsBefore += 1
  }

  /** Nothing is reported after this. */
  discard(): void {
    this.#isGone = true
    this.owner = undefined
    this.onIdleGone = undefined
    clearTimeout(this.#idleTimer)
    this.socket.destroy()
  }

  #gone(event: string, code: string | undefined): void {
    if (this.#isGone) return
    const { owner, onIdleGone } = this
    this.discard()
    if (owner) owner.onTargetGone(event, code)
    else onIdleGone?.(event)
  }
}
