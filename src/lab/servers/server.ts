/** A server of a pod, as data. Absent settings stay at the server's own default. */
export type Server = UvicornServer | GunicornServer | NodeServer | NginxServer | HaproxyServer

/** What the application gets in its environment; scenarios scale its times with it. */
export interface AppSettings {
  readonly reportSeconds?: number
  /** The report runs in a thread, not in the event loop. */
  readonly isReportThreaded?: boolean
  readonly historySeconds?: number
  /** The history is a job: 202 at once, the client asks again for the result. */
  readonly isHistoryAJob?: boolean
  /** Routes that wrote their own response head, or none, leave it to the server. */
  readonly isHeadTheServers?: boolean
  readonly downloadSeconds?: number
  /** What a download holds while it runs. */
  readonly downloadMb?: number
  /** Beyond it the process ends with SIGKILL, as with a container's memory limit. */
  readonly memoryLimitMb?: number
  readonly startSeconds?: number
  /** Node: every response ends its connection. */
  readonly isConnectionClosed?: boolean
  readonly headerBytes?: number
  /** For so long after its start a product costs a query, one at a time. */
  readonly coldSeconds?: number
  readonly coldQuerySeconds?: number
  /** CPU time of a quote, in a thread. */
  readonly quoteCpuSeconds?: number
  /** How long the ledger waits for its database before it answers from what it knew last; absent: for ever. */
  readonly dependencySeconds?: number
  /** A refused upload is read to its end before the answer goes out. */
  readonly isUploadDrained?: boolean
}

export interface UvicornServer {
  readonly kind: 'uvicorn'
  readonly app?: AppSettings
  readonly keepAliveSeconds?: number
  readonly backlog?: number
  readonly gracefulSeconds?: number
  readonly limitConcurrency?: number
  /** Serves HTTPS with a certificate of its own making. */
  readonly isTls?: boolean
}

export interface GunicornServer {
  readonly kind: 'gunicorn'
  readonly app?: AppSettings
  readonly workerClass: 'sync' | 'gthread' | 'uvicorn'
  readonly workers: number
  readonly threads?: number
  readonly timeoutSeconds?: number
  readonly keepAliveSeconds?: number
  readonly backlog?: number
  readonly gracefulSeconds?: number
  /** A worker ends after so many requests. */
  readonly maxRequests?: number
}

export interface NodeServer {
  readonly kind: 'node'
  readonly app?: AppSettings
  readonly keepAliveMs?: number
}

export interface NginxServer {
  readonly kind: 'nginx'
  /** A complete file instead of all below, as `why5xx fix` writes it; `{port}` is the application's port. */
  readonly configuration?: string
  readonly workerConnections?: number
  readonly workerProcesses?: number
  readonly keepaliveSeconds?: number
  /** Directives of `upstream app { }`; `{port}` is the application's port. */
  readonly upstream: readonly string[]
  /** Directives of the `location /`. */
  readonly location: readonly string[]
  /** Absent: the upstream above. */
  readonly passTo?: string
  readonly http?: readonly string[]
  /** Whether `/healthz` and `/livez` are answered by nginx itself. */
  readonly answersProbe?: boolean
}

export interface HaproxyServer {
  readonly kind: 'haproxy'
  /** A complete file instead of all below, as `why5xx fix` writes it; `{port}` is the application's port. */
  readonly configuration?: string
  readonly maxConnections: number
  readonly queueSeconds: number
  readonly serverSeconds: number
  /** The queue's length; beyond it, 503 at once. */
  readonly maxQueue?: number
  /** A reload lets idle connections answer once more. */
  readonly isIdleKept?: boolean
  readonly answersProbe?: boolean
}
