import type { BodyFraming } from './body-framing.ts'
import { firstOf, type HeaderLine, valuesOf } from './message-head.ts'
import type { RequestHead } from './request-head.ts'
import type { ResponseHead } from './response-head.ts'

const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'proxy-connection'])
const REWRITTEN = new Set(['host', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-port', 'x-amzn-trace-id'])

/** `routing.http.xff_header_processing.mode`. */
export type XffMode = 'append' | 'preserve' | 'remove'

export interface ForwardingFacts {
  readonly clientAddress: string
  readonly listenerPort: number
  readonly nodeAddress: string
  readonly traceHeader: string
  readonly xffMode: XffMode
}

/** The request as the target gets it: HTTP/1.1, with X-Forwarded-* and X-Amzn-Trace-Id. */
export function requestToTarget(head: RequestHead, facts: ForwardingFacts): Buffer {
  const lines = [
    `${head.method} ${originForm(head.uri)} HTTP/1.1`,
    ...forwardedFor(head, facts),
    'X-Forwarded-Proto: http',
    `X-Forwarded-Port: ${facts.listenerPort}`,
    `Host: ${firstOf(head.headers, 'host') ?? facts.nodeAddress}`,
    `X-Amzn-Trace-Id: ${facts.traceHeader}`,
  ]
  if (head.isUpgrade) lines.push('Connection: Upgrade')
  let hasLength = false
  for (const { name, value } of head.headers) {
    const lower = name.toLowerCase()
    if (name === '' || HOP_BY_HOP.has(lower) || REWRITTEN.has(lower)) continue
    if (lower === 'upgrade' && !head.isUpgrade) continue
    // Answered by the load balancer itself.
    if (lower === 'expect' && head.expectsContinue) continue
    if (lower === 'content-length') {
      // Ambiguous requests go on with one meaning: chunked wins, a repeated length is sent once.
      if (head.framing.kind === 'chunked' || hasLength) continue
      hasLength = true
    }
    lines.push(`${name}: ${value}`)
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}

function forwardedFor(head: RequestHead, { xffMode, clientAddress }: ForwardingFacts): string[] {
  if (xffMode === 'remove') return []
  const came = valuesOf(head.headers, 'x-forwarded-for')
  const all = xffMode === 'append' ? [...came, clientAddress] : came
  return all.length === 0 ? [] : [`X-Forwarded-For: ${all.join(', ')}`]
}

/** How the body goes on to the client: as it came, without its chunks, or with chunks around it. */
export type RelayMode = 'as-is' | 'unchunk' | 'chunk'

export function relayMode(framing: BodyFraming, clientVersion: string): RelayMode {
  const isOldClient = clientVersion === 'HTTP/1.0'
  if (framing.kind === 'chunked' && isOldClient) return 'unchunk'
  if (framing.kind === 'until-close' && !isOldClient) return 'chunk'
  return 'as-is'
}

export function responseToClient(head: ResponseHead, mode: RelayMode, isKeepAlive: boolean): Buffer {
  const isUpgrade = head.targetStatus === 101
  const lines = [`HTTP/1.1 ${head.targetStatus} ${head.reason}`]
  for (const { name, value } of head.headers) {
    const lower = name.toLowerCase()
    if (HOP_BY_HOP.has(lower) || (lower === 'upgrade' && !isUpgrade)) continue
    if (lower === 'transfer-encoding' && mode !== 'as-is') continue
    lines.push(`${name}: ${value}`)
  }
  if (mode === 'chunk') lines.push('Transfer-Encoding: chunked')
  lines.push(`Connection: ${isUpgrade ? 'upgrade' : isKeepAlive ? 'keep-alive' : 'close'}`)
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}

/** Field 13: the URI as the client sent it, behind the scheme, host and port the load balancer knows. */
export function loggedRequestLine(
  line: { readonly method: string; readonly uri: string; readonly version: string } | undefined,
  headers: readonly HeaderLine[] | undefined,
  nodeAddress: string,
  listenerPort: number,
): string {
  const host = (headers && firstOf(headers, 'host')?.replace(/:\d*$/, '')) || nodeAddress
  if (line === undefined) return `- http://${nodeAddress}:${listenerPort}- -`
  return `${line.method} http://${host}:${listenerPort}${originForm(line.uri)} ${line.version}`
}

/** `http://shop.example/cart` on the request line is `/cart` to a target. */
function originForm(uri: string): string {
  const authority = /^https?:\/\/[^/?#]*/i.exec(uri)?.[0]
  if (authority === undefined) return uri
  const rest = uri.slice(authority.length)
  return rest.startsWith('/') ? rest : `/${rest}`
}
