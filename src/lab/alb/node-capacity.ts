import { fail } from '../../core/errors.ts'

/** What a node can take before it is scaled: a load balancer grows with its traffic, not ahead of it. */
export interface CapacityOptions {
  /** Client connections of one node. */
  readonly connections: number
  /** So long after its first rejection a node takes twice as many. */
  readonly scaleAfterSeconds: number
}

/** `CONNECTIONS/SECONDS`. */
export function parseCapacity(text: string): CapacityOptions {
  const match = /^(\d+)\/(\d+(?:\.\d+)?)$/.exec(text)
  const capacity = { connections: Number(match?.[1]), scaleAfterSeconds: Number(match?.[2]) }
  if (!(capacity.connections > 0 && capacity.scaleAfterSeconds > 0))
    return fail('USAGE', { what: `--capacity ${text}: not CONNECTIONS/SECONDS, for example 200/60` })
  return capacity
}

/** Above the limit a connection is still told 503; above this multiple of it, it is reset. */
const RESET_ABOVE = 1.5

/** One node's connections against its limit. */
export class NodeCapacity {
  readonly #scaleAfterMs: number
  #limit: number
  #connections = 0
  #scaleAtMs: number | undefined

  constructor(options: CapacityOptions | undefined) {
    this.#limit = options?.connections ?? Number.POSITIVE_INFINITY
    this.#scaleAfterMs = (options?.scaleAfterSeconds ?? 0) * 1000
  }

  get connections(): number {
    return this.#connections
  }

  /** `refuse`: taken, for a 503; `reset`: not taken. Whatever is taken must be given back. */
  take(nowMs: number): 'serve' | 'refuse' | 'reset' {
    if (this.#scaleAtMs !== undefined && nowMs >= this.#scaleAtMs) {
      this.#limit *= 2
      this.#scaleAtMs = undefined
    }
    if (this.#connections < this.#limit) {
      this.#connections += 1
      return 'serve'
    }
    this.#scaleAtMs ??= nowMs + this.#scaleAfterMs
    if (this.#connections >= this.#limit * RESET_ABOVE) return 'reset'
    this.#connections += 1
    return 'refuse'
  }

  giveBack(): void {
    this.#connections -= 1
  }
}
