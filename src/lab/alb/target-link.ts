import type { TargetProtocol } from './dial-target.ts'
import type { Endpoint } from './endpoint.ts'
import { endpointKey } from './endpoint.ts'
import { type ConnectionOwner, TargetConnection } from './target-connection.ts'

export type TargetHealth = 'initial' | 'healthy' | 'unhealthy'

/** Something that uses a connection and can be cut when the deregistration delay ends. */
export interface InFlight extends ConnectionOwner {
  cut(event: string): void
}

/** One node's view of one target: its health as this node's checks see it, its own pool, its open requests. */
export class TargetLink {
  readonly target: Endpoint
  readonly key: string
  readonly bindAddress: string | undefined
  readonly protocol: TargetProtocol
  readonly inFlight = new Set<InFlight>()
  health: TargetHealth
  isDraining = false
  /** Since when it is in slow start mode; undefined: it is not. */
  slowSinceMs: number | undefined
  readonly #idleTimeoutMs: number
  readonly #onIdleClosed: (event: string) => void
  #idle: TargetConnection[] = []

  constructor(
    target: Endpoint,
    bindAddress: string | undefined,
    protocol: TargetProtocol,
    health: TargetHealth,
    idleTimeoutMs: number,
    onIdleClosed: (event: string) => void,
  ) {
    this.target = target
    this.key = endpointKey(target)
    this.bindAddress = bindAddress
    this.protocol = protocol
    this.health = health
    this.#idleTimeoutMs = idleTimeoutMs
    this.#onIdleClosed = onIdleClosed
  }

  get idleCount(): number {
    return this.#idle.length
  }

  /**
   * The connection that rested last, or a new one. Connections whose FIN or RST was read are no longer here, so a stale
   * one is taken only while its FIN is still on the way: the window of the real race. Which idle connection a real
   * load balancer prefers is not documented; last in, first out keeps pools small.
   */
  take(owner: InFlight): { readonly connection: TargetConnection; readonly isReused: boolean } {
    this.inFlight.add(owner)
    for (;;) {
      const idle = this.#idle.pop()
      if (idle === undefined) break
      if (!idle.isUsable) {
        idle.discard()
        continue
      }
      idle.wake(owner)
      return { connection: idle, isReused: true }
    }
    return { connection: new TargetConnection(this.target, this.bindAddress, this.protocol, owner), isReused: false }
  }

  /** Gives a connection back after a complete, reusable exchange; otherwise it is closed. */
  release(owner: InFlight, connection: TargetConnection | undefined, isReusable: boolean): void {
    this.inFlight.delete(owner)
    if (connection === undefined) return
    if (!isReusable || this.isDraining || !connection.isUsable) {
      connection.discard()
      return
    }
    this.#idle.push(connection)
    connection.rest(this.#idleTimeoutMs, (event) => {
      this.#idle = this.#idle.filter((other) => other !== connection)
      this.#onIdleClosed(event)
    })
  }

  /** No new requests; idle connections close at once, open requests go on until {@link cutAll}. */
  drain(): void {
    this.isDraining = true
    this.closeIdle()
  }

  cutAll(event: string): void {
    for (const owner of [...this.inFlight]) owner.cut(event)
  }

  closeIdle(): void {
    for (const connection of this.#idle) connection.discard()
    this.#idle = []
  }
}
