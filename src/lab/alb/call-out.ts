import { type OutgoingHttpHeaders, request } from 'node:http'
import type { Endpoint } from './endpoint.ts'

export type CallOutcome =
  | { readonly kind: 'answered'; readonly status: number; readonly body: string }
  | { readonly kind: 'failed'; readonly how: 'connection-error' | 'connect-timeout' | 'read-timeout' }

export interface Call {
  readonly endpoint: Endpoint
  readonly bindAddress: string | undefined
  readonly method: string
  readonly path: string
  readonly headers: OutgoingHttpHeaders
  readonly body: string
  readonly connectTimeoutMs: number
  /** From the begin of the call, connecting included. */
  readonly timeoutMs: number
}

const BODY_LIMIT = 64 * 1024

/** A request of the load balancer's own to a service it depends on (WAF, an identity provider): a connection each. */
export function callOut(call: Call): Promise<CallOutcome> {
  const { endpoint, bindAddress, method, path, headers, body } = call
  return new Promise((resolve) => {
    let isConnected = false
    const outgoing = request({
      host: endpoint.host,
      port: endpoint.port,
      method,
      path,
      agent: false,
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      ...(bindAddress === undefined ? {} : { localAddress: bindAddress }),
    })
    const finish = (outcome: CallOutcome): void => {
      clearTimeout(connectTimer)
      clearTimeout(timer)
      resolve(outcome)
      outgoing.destroy()
    }
    const connectTimer = setTimeout(() => {
      if (!isConnected) finish({ kind: 'failed', how: 'connect-timeout' })
    }, call.connectTimeoutMs)
    const timer = setTimeout(
      () => finish({ kind: 'failed', how: isConnected ? 'read-timeout' : 'connect-timeout' }),
      call.timeoutMs,
    )
    outgoing.on('socket', (socket) =>
      socket.once('connect', () => {
        isConnected = true
      }),
    )
    // After `finish` it is our own destroy.
    outgoing.on('error', () => finish({ kind: 'failed', how: 'connection-error' }))
    outgoing.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        if (text.length < BODY_LIMIT) text += chunk
      })
      response.on('end', () => finish({ kind: 'answered', status: response.statusCode ?? 0, body: text }))
      response.on('error', () => finish({ kind: 'failed', how: 'connection-error' }))
    })
    outgoing.end(body)
  })
}
