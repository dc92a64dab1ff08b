import type { TimelineEvent } from '../run/timeline.ts'

/** What one connection to a target went through, as the load balancer stand-in writes it (`--facts`). */
export interface SocketFacts {
  readonly pool_left?: number
  readonly conn_reused?: boolean
  readonly conn_age_ms?: number
  readonly conn_idle_ms?: number
  readonly conn_requests_before?: number
  readonly connect_ms?: number
  readonly local_port?: number
  readonly event?: string
  readonly code?: string
  readonly bytes_from_target?: number
  readonly after_ms?: number
}

/** One failed or rejected request as its sockets saw it. */
export interface Failure {
  /** null only where a request was rejected before it was understood. */
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
  readonly phase: 'request' | 'connect' | 'await-response' | 'respond' | 'tunnel' | 'done'
  readonly isTruncated: boolean
  readonly isFailOpen: boolean
  readonly socket: SocketFacts
}

/** Any of `causes` is right; `why` is for a reader. */
export interface TrueCause {
  readonly causes: readonly string[]
  readonly why: string
}

/** Everything a run knows about itself that the load balancer's log does not say. */
export interface RunRecord {
  readonly timeline: readonly TimelineEvent[]
  /** Trace ids that the application's own code received, with the time in ms. */
  readonly seenByApp: ReadonlyMap<string, number>
  /** What servers said about their own lives: killed workers, shutdowns. */
  readonly appEvents: readonly AppEvent[]
  readonly nginxErrors: readonly NginxError[]
  /** Address to pod name, of all pods that ever were. */
  readonly podByAddress: ReadonlyMap<string, string>
  /** What the load balancer talks to: the application's server, or the proxy in front of it. */
  readonly frontServer: string
  readonly fixedResponsePaths: readonly string[]
  /** How long the server keeps an idle connection; undefined: longer than the load balancer. */
  readonly targetKeepAliveMs: number | undefined
  readonly idleTimeoutMs: number
}

export interface NginxError {
  readonly timeMs: number
  readonly message: string
  /** `GET /path`. */
  readonly request: string | undefined
}

export interface AppEvent {
  readonly timeMs: number
  readonly pod: string
  readonly text: string
}
