import { createWriteStream, type WriteStream } from 'node:fs'

/** What one target connection went through while it carried one request; names as in the recorded incidents. */
export interface SocketFacts {
  /** Idle connections left in this node's pool after this one was taken. */
  readonly pool_left?: number
  readonly conn_reused?: boolean
  readonly conn_age_ms?: number
  /** How long it had been idle before this request; only for a reused one. */
  readonly conn_idle_ms?: number
  readonly conn_requests_before?: number
  readonly connect_ms?: number
  readonly local_port?: number
  /**
   * ECONNREFUSED, EHOSTUNREACH ..., connect-timer, tls-handshake, tls-timer, FIN, RST, idle-timer, client-closed,
   * deregistration-delay, a parse fault; without a target: the rule that the request broke (`forwarded-for-limit` ...), the
   * service that failed the load balancer (`WAFConnectionError`, `AuthTokenEpRequestTimeout` ...) or its own limit.
   */
  readonly event?: string
  /** The system's error code, when there was one. */
  readonly code?: string
  readonly bytes_from_target?: number
  /** From the begin of the phase to the event. */
  readonly after_ms?: number
}

/** One row of the facts file: what the sockets did, for the truth of a lab run. The diagnosis never reads it. */
export interface FactsRow {
  /** null for a request that was not understood. */
  readonly traceId: string | null
  readonly time: string
  readonly created: string
  readonly node: string
  readonly target: string | null
  readonly client: string
  readonly elbStatus: number
  readonly targetStatus: number | null
  readonly method: string | null
  readonly uri: string | null
  readonly phase: Phase
  /** The response had begun and was cut: the row has the target's status, the client an incomplete body. */
  readonly isTruncated: boolean
  /** Sent although no target was healthy (fail open). */
  readonly isFailOpen: boolean
  readonly socket: SocketFacts
}

/** `request`: no target was chosen yet. `respond`: the response's head had arrived. */
export type Phase = 'request' | 'connect' | 'await-response' | 'respond' | 'tunnel' | 'done'

export class FactsLog {
  readonly #stream: WriteStream
  #isAll: boolean

  constructor(path: string, isAll: boolean, onError: (error: Error) => void) {
    this.#stream = createWriteStream(path, { flags: 'a' })
    this.#stream.on('error', onError)
    this.#isAll = isAll
  }

  setAll(isAll: boolean): void {
    this.#isAll = isAll
  }

  /** Failures, 4XX of the load balancer's own and truncated answers always; all requests when asked for. */
  add(row: FactsRow): void {
    const isOwn = row.elbStatus >= 400 && row.targetStatus === null
    if (row.elbStatus >= 500 || isOwn || row.isTruncated || this.#isAll) this.#stream.write(`${JSON.stringify(row)}\n`)
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#stream.destroyed) resolve()
      else this.#stream.end(() => resolve())
    })
  }
}
