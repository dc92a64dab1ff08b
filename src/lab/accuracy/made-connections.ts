/** How a load balancer node takes an idle connection to a target again; AWS does not say which. */
export type Reuse = 'newest' | 'oldest'

interface Idle {
  readonly sinceMs: number
}

/**
 * One node's connections to one target that closes them after `keepAliveMs` of idleness. A request that is sent within
 * `windowMs` around that moment meets the close on its way: the keep-alive race, as a mechanism and not as a rate.
 */
export class MadeConnections {
  readonly #keepAliveMs: number
  readonly #windowMs: number
  readonly #reuse: Reuse
  #idle: Idle[] = []
  readonly #returning: { atMs: number }[] = []

  constructor(keepAliveMs: number, windowMs: number, reuse: Reuse) {
    this.#keepAliveMs = keepAliveMs
    this.#windowMs = windowMs
    this.#reuse = reuse
  }

  /** Requests must come in the order of time. Says whether this one met the close. */
  send(atMs: number, serviceMs: number): 'answered' | 'raced' {
    this.#giveBack(atMs)
    // What was closed long enough ago is known to the load balancer; it opens a new connection instead.
    this.#idle = this.#idle.filter((connection) => atMs - connection.sinceMs < this.#keepAliveMs + this.#windowMs / 2)
    const connection = this.#reuse === 'newest' ? this.#idle.pop() : this.#idle.shift()
    if (connection && atMs - connection.sinceMs > this.#keepAliveMs - this.#windowMs / 2) return 'raced'
    this.#returning.push({ atMs: atMs + serviceMs })
    return 'answered'
  }

  #giveBack(nowMs: number): void {
    const back = this.#returning.filter((connection) => connection.atMs <= nowMs).sort((a, b) => a.atMs - b.atMs)
    for (const { atMs } of back) this.#idle.push({ sinceMs: atMs })
    if (back.length > 0) {
      const open = this.#returning.filter((connection) => connection.atMs > nowMs)
      this.#returning.splice(0, this.#returning.length, ...open)
    }
  }
}
