import { callOut } from './call-out.ts'
import type { Endpoint } from './endpoint.ts'
import type { RequestHead } from './request-head.ts'

/** The web ACL of a load balancer: who is asked, and what happens when it does not answer. */
export interface WafOptions {
  readonly endpoint: Endpoint
  /** `waf.fail_open.enabled`. */
  readonly isFailOpen: boolean
}

export type WafVerdict =
  | { readonly kind: 'allow' }
  | { readonly kind: 'block'; readonly elbStatus: number }
  | { readonly kind: 'failed'; readonly errorReason: string }

/** AWS names the errors and not their timers; these are the stand-in's own. */
const CONNECT_TIMEOUT_MS = 1000
const TIMEOUT_MS = 2000

const REASONS = {
  'connection-error': 'WAFConnectionError',
  'connect-timeout': 'WAFConnectionTimeout',
  'read-timeout': 'WAFResponseReadTimeout',
} as const

/** Asks about one request's head. How AWS's two services talk is not documented: here it is a POST of method, URI and headers. */
export async function askWaf(
  { endpoint }: WafOptions,
  head: RequestHead,
  bindAddress: string | undefined,
): Promise<WafVerdict> {
  const outcome = await callOut({
    endpoint,
    bindAddress,
    method: 'POST',
    path: '/inspect',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ method: head.method, uri: head.uri, headers: head.headers }),
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    timeoutMs: TIMEOUT_MS,
  })
  if (outcome.kind === 'failed') return { kind: 'failed', errorReason: REASONS[outcome.how] }
  switch (outcome.status) {
    case 200:
      return { kind: 'allow' }
    case 403:
      return { kind: 'block', elbStatus: 403 }
    default:
      return { kind: 'failed', errorReason: 'WAFServiceError' }
  }
}
