/** Who wrote a row. `either`: the shape is shared by proxies and app servers, the company it keeps decides. */
export type WitnessRole = 'app' | 'proxy' | 'either'

/** One row of a log of text lines, whatever wrote it. What a row leaves out is absent. */
export interface WitnessRow {
  readonly format: LineFormatId | 'sentry'
  readonly role: WitnessRole
  /** `request`: one request, written at its end. `event`: anything else. */
  readonly what: 'request' | 'event'
  /** Epoch ms; NaN when the row has no time. */
  readonly timeMs: number
  /** How coarse the time is, ms. */
  readonly timeStepMs: number
  /** false: local time of some machine; taken as UTC until matches say otherwise. */
  readonly hasZone: boolean
  /** Pod, container or host that a log collector put before the row, or ''. */
  readonly source: string
  /** Of X-Amzn-Trace-Id, the request's own id first. */
  readonly traceIds: readonly string[]
  readonly method?: string
  /** As the server logged it, query included. */
  readonly path?: string
  readonly status?: number
  readonly durationMs?: number
  readonly client?: string
  /** Of every try, in order (nginx): `502, 200`. */
  readonly upstreamStatus?: readonly string[]
  readonly upstreamAddress?: readonly string[]
  readonly upstreamMs?: readonly number[]
  /** Until the connection was made, and until the answer's header had come, per try; NaN: it never came to that. */
  readonly upstreamConnectMs?: readonly number[]
  readonly upstreamHeaderMs?: readonly number[]
  /** What was sent with its head, and the body alone (nginx). */
  readonly sentBytes?: number
  readonly bodyBytes?: number
  /** Termination state (HAProxy), response flags and details (Envoy). */
  readonly flags?: string
  readonly level?: string
  /** What the row says in words. */
  readonly message?: string
}

export const lineFormatIds = [
  'uvicorn-access',
  'uvicorn-log',
  'gunicorn-access',
  'gunicorn-log',
  'app-request',
  'app-text',
  'json-lines',
  'nginx-access',
  'nginx-error',
  'haproxy-http',
  'envoy-access',
  'kernel-log',
] as const
export type LineFormatId = (typeof lineFormatIds)[number]

export const witnessFormatIds = [
  ...lineFormatIds,
  'sentry',
  'cloudwatch',
  'prometheus',
  'kubernetes',
  'target-health',
  'alb-health-check',
  'alb-connection',
  'node-counters',
] as const
/** What `--with KIND=FILE` takes. */
export type WitnessFormatId = (typeof witnessFormatIds)[number]
