import type { BodyFraming } from './body-framing.ts'
import { classifyRequest, type DesyncMode, type DesyncVerdict, isBlocked } from './desync.ts'
import { type HeaderLine, hasWord, isToken, parseHeaderLines, valuesOf } from './message-head.ts'

export interface RequestHead {
  readonly method: string
  readonly uri: string
  readonly version: string
  readonly headers: readonly HeaderLine[]
  readonly framing: BodyFraming
  readonly verdict: DesyncVerdict | undefined
  readonly isKeepAlive: boolean
  readonly isUpgrade: boolean
  readonly expectsContinue: boolean
}

/** Which rule of the load balancer a request broke. */
export type RejectionEvent =
  | 'malformed'
  | 'desync'
  | 'head-limit'
  | 'forwarded-for-limit'
  | 'method'
  | 'coding'
  | 'version'

/** What the load balancer makes of the bytes a client sent so far. */
export type RequestHeadResult =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'request'; readonly head: RequestHead; readonly bytes: number }
  | {
      readonly kind: 'rejected'
      readonly elbStatus: number
      readonly bytes: number
      readonly verdict: DesyncVerdict | undefined
      /** Of the facts: what the log says only by its status, if at all. */
      readonly event: RejectionEvent
      /** Present when the first line could be read: the log then shows it instead of dashes. */
      readonly line: { readonly method: string; readonly uri: string; readonly version: string } | undefined
      /** Present when the whole head could be read. */
      readonly headers: readonly HeaderLine[] | undefined
    }

/** "HTTP headers limits" of ALB: 16 K the request line, 16 K one header, 64 K all of them. Not adjustable. */
const REQUEST_LINE_LIMIT = 16_384
const HEADER_LIMIT = 16_384
const HEADERS_LIMIT = 65_536
/** "If the X-Forwarded-For request header has more than 30 IP addresses": 463. */
const FORWARDED_FOR_LIMIT = 30

export function readRequestHead(bytes: Buffer, mode: DesyncMode): RequestHeadResult {
  const rejected = (elbStatus: number, reason?: string, more: Partial<Rejection> = {}): RequestHeadResult => ({
    kind: 'rejected',
    elbStatus,
    bytes: more.bytes ?? bytes.length,
    verdict: reason === undefined ? undefined : { classification: 'Severe', reason },
    event: more.event ?? (reason === undefined ? 'malformed' : 'desync'),
    line: more.line,
    headers: more.headers,
  })
  if (bytes.length === 0) return { kind: 'incomplete' }
  // A TLS hello on a plain listener, or any other noise, need not wait for the idle timeout.
  if (!isToken(String.fromCharCode(bytes[0] as number))) return rejected(400, 'BadMethod')

  const lineEnd = bytes.indexOf('\r\n')
  if ((lineEnd < 0 ? bytes.length : lineEnd) > REQUEST_LINE_LIMIT)
    return rejected(414, undefined, { event: 'head-limit', line: longLine(bytes) })
  if (lineEnd < 0) return bytes.includes(10) ? rejected(400) : { kind: 'incomplete' }

  const line = splitRequestLine(bytes.toString('latin1', 0, lineEnd))
  if (line === undefined) return rejected(400, 'BadUri')
  if (!isToken(line.method)) return rejected(400, 'BadMethod')
  const version = /^HTTP\/(\d)\.(\d)$/.exec(line.version)
  if (version === null) return rejected(400, 'BadVersion', { line })
  if (version[1] !== '1') return rejected(505, undefined, { line, event: 'version' })

  const headEnd = bytes.indexOf('\r\n\r\n', lineEnd)
  const headersLength = (headEnd < 0 ? bytes.length : headEnd) - lineEnd - 2
  if (headersLength > HEADERS_LIMIT) return rejected(400, undefined, { line, event: 'head-limit' })
  if (headEnd < 0) return { kind: 'incomplete' }

  const headBytes = headEnd + 4
  const text = headEnd > lineEnd ? bytes.toString('latin1', lineEnd + 2, headEnd) : ''
  if (text.split('\r\n').some((header) => header.length > HEADER_LIMIT))
    return rejected(400, undefined, { line, bytes: headBytes, event: 'head-limit' })
  const headers = parseHeaderLines(text, true)
  if (headers === 'bad-header') return rejected(400, 'BadHeader', { line, bytes: headBytes })

  const verdict = classifyRequest(line.method, line.uri, line.version, headers)
  const known = { line, headers, bytes: headBytes }
  if (isBlocked(verdict, mode))
    return { ...rejected(400, undefined, { ...known, event: 'desync' }), verdict } as RequestHeadResult
  const codings = valuesOf(headers, 'transfer-encoding').map((value) => value.toLowerCase())
  if (codings.some((coding) => coding !== 'chunked' && coding !== 'identity'))
    return rejected(501, undefined, { ...known, event: 'coding' })
  const isModern = line.version !== 'HTTP/1.0'
  const hostCount = valuesOf(headers, 'host').length
  if (hostCount > 1 || (isModern && hostCount === 0)) return rejected(400, undefined, known)
  if (line.method === 'TRACE') return rejected(405, undefined, { ...known, event: 'method' })
  if (countForwarded(headers) > FORWARDED_FOR_LIMIT)
    return rejected(463, undefined, { ...known, event: 'forwarded-for-limit' })

  const length = valuesOf(headers, 'content-length')[0]
  let framing: BodyFraming = { kind: 'none' }
  if (codings.includes('chunked')) framing = { kind: 'chunked' }
  else if (length !== undefined) {
    // Only the monitor mode comes here with a length that is not a number: its end cannot be known.
    if (!/^\d{1,15}$/.test(length)) return rejected(400, 'BadContentLength', known)
    framing = { kind: 'length', bytes: Number(length) }
  }
  const isUpgrade =
    hasWord(headers, 'connection', 'upgrade') && valuesOf(headers, 'upgrade')[0]?.toLowerCase() === 'websocket'
  return {
    kind: 'request',
    bytes: headBytes,
    head: {
      ...line,
      headers,
      framing,
      verdict,
      isKeepAlive: isModern ? !hasWord(headers, 'connection', 'close') : hasWord(headers, 'connection', 'keep-alive'),
      isUpgrade,
      expectsContinue: isModern && valuesOf(headers, 'expect')[0]?.toLowerCase() === '100-continue',
    },
  }
}

type Rejection = Extract<RequestHeadResult, { kind: 'rejected' }>

/** What can be logged of a request line whose end did not come: the method, and the URI as far as it was read. */
function longLine(bytes: Buffer): { method: string; uri: string; version: string } | undefined {
  const [method, uri, version = '-'] = bytes.toString('latin1').split('\r\n', 1)[0]?.split(' ') ?? []
  return method === undefined || uri === undefined ? undefined : { method, uri, version }
}

/** First word, last word, the rest is the URI: a raw space in it is logged as SpaceInUri and forwarded. */
function splitRequestLine(text: string): { method: string; uri: string; version: string } | undefined {
  const trimmed = text.trimEnd()
  const first = trimmed.indexOf(' ')
  const last = trimmed.lastIndexOf(' ')
  if (first <= 0 || last <= first) return undefined
  return { method: trimmed.slice(0, first), uri: trimmed.slice(first + 1, last), version: trimmed.slice(last + 1) }
}

function countForwarded(headers: readonly HeaderLine[]): number {
  let count = 0
  for (const value of valuesOf(headers, 'x-forwarded-for'))
    count += value.split(',').filter((part) => part.trim() !== '').length
  return count
}
