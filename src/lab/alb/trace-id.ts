import { randomBytes } from 'node:crypto'

/** The seven kilobytes above which the header is written anew ("Request tracing": 7 KB). */
const HEADER_LIMIT = 7168

/**
 * The X-Amzn-Trace-Id header the target gets, which is also the log's trace_id: a new Root, or, when the client sent a
 * Root, `Self=...` in front of what it sent (docs.aws.amazon.com, "Request tracing for your Application Load Balancer").
 */
export function traceHeader(fromClient: string | undefined, createdMs: number): string {
  const fresh = `1-${Math.floor(createdMs / 1000)
    .toString(16)
    .padStart(8, '0')}-${randomBytes(12).toString('hex')}`
  if (fromClient === undefined || fromClient === '' || fromClient.length > HEADER_LIMIT) return `Root=${fresh}`
  const parts = fromClient.split(';').filter((part) => part.trim() !== '')
  const others = parts.filter((part) => !/^\s*Self=/i.test(part))
  const hasRoot = others.some((part) => /^\s*Root=/i.test(part))
  return [hasRoot ? `Self=${fresh}` : `Root=${fresh}`, ...others].join(';')
}

/** `TID_` and 32 hex digits: one per client connection. */
export function connectionTraceId(): string {
  return `TID_${randomBytes(16).toString('hex')}`
}
