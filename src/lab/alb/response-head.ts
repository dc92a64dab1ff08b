import type { BodyFraming } from './body-framing.ts'
import { type HeaderLine, hasWord, parseHeaderLines, valuesOf } from './message-head.ts'

export interface ResponseHead {
  readonly version: string
  readonly targetStatus: number
  readonly reason: string
  readonly headers: readonly HeaderLine[]
  readonly framing: BodyFraming
  readonly isKeepAlive: boolean
}

export type ResponseHeadResult =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'response'; readonly head: ResponseHead; readonly bytes: number }
  | { readonly kind: 'bad'; readonly code: ResponseFault }

export type ResponseFault =
  | 'headers-too-large'
  | 'bad-status-line'
  | 'bad-header'
  | 'bad-content-length'
  | 'bad-transfer-encoding'
  | 'length-and-encoding'
  | 'bad-chunk'
  | 'unexpected-upgrade'
  | 'body-without-length'

/** "Response header: 32 K, not adjustable" (ALB, HTTP headers limits); above it the client gets 502. */
const HEAD_LIMIT = 32_768

/** Strict on purpose: AWS says that a malformed response or an invalid header is a 502, not which repairs it tries. */
export function readResponseHead(bytes: Buffer, method: string, isUpgrade: boolean): ResponseHeadResult {
  const bad = (code: ResponseFault): ResponseHeadResult => ({ kind: 'bad', code })
  const lineFeed = bytes.indexOf(10)
  if (lineFeed < 0) {
    if (bytes.length > HEAD_LIMIT) return bad('headers-too-large')
    return 'HTTP/1.'.startsWith(bytes.toString('latin1', 0, 7)) || bytes.toString('latin1', 0, 7) === 'HTTP/1.'
      ? { kind: 'incomplete' }
      : bad('bad-status-line')
  }
  const status = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: (.*))?\r$/s.exec(bytes.toString('latin1', 0, lineFeed))
  if (status === null) return bad('bad-status-line')
  const headEnd = bytes.indexOf('\r\n\r\n', lineFeed - 1)
  if ((headEnd < 0 ? bytes.length : headEnd + 4) > HEAD_LIMIT) return bad('headers-too-large')
  if (headEnd < 0) return { kind: 'incomplete' }
  const headers = parseHeaderLines(headEnd > lineFeed ? bytes.toString('latin1', lineFeed + 1, headEnd) : '')
  if (headers === 'bad-header') return bad('bad-header')

  const targetStatus = Number(status[2])
  const version = `1.${status[1]}`
  const lengths = valuesOf(headers, 'content-length')
  const codings = valuesOf(headers, 'transfer-encoding').map((value) => value.toLowerCase())
  if (targetStatus === 101 && !isUpgrade) return bad('unexpected-upgrade')
  if (lengths.some((length) => !/^\d{1,15}$/.test(length) || length !== lengths[0])) return bad('bad-content-length')
  if (codings.length > 1 || (codings.length === 1 && codings[0] !== 'chunked' && codings[0] !== 'identity'))
    return bad('bad-transfer-encoding')
  if (lengths.length > 0 && codings.length > 0) return bad('length-and-encoding')

  const hasNoBody = method === 'HEAD' || targetStatus === 204 || targetStatus === 304 || targetStatus < 200
  let framing: BodyFraming = { kind: 'until-close' }
  if (hasNoBody) framing = { kind: 'none' }
  else if (codings[0] === 'chunked') framing = { kind: 'chunked' }
  else if (lengths[0] !== undefined) framing = { kind: 'length', bytes: Number(lengths[0]) }
  return {
    kind: 'response',
    bytes: headEnd + 4,
    head: {
      version,
      targetStatus,
      reason: status[3] ?? '',
      headers,
      framing,
      isKeepAlive:
        version === '1.1' ? !hasWord(headers, 'connection', 'close') : hasWord(headers, 'connection', 'keep-alive'),
    },
  }
}
