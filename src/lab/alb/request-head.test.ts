import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readRequestHead } from './request-head.ts'

const read = (text: string) => readRequestHead(Buffer.from(text, 'latin1'), 'defensive')
const get = (...headers: string[]) =>
  read(`GET / HTTP/1.1\r\nHost: shop.example\r\n${headers.map((h) => `${h}\r\n`).join('')}\r\n`)
const post = (...headers: string[]) =>
  read(`POST / HTTP/1.1\r\nHost: shop.example\r\n${headers.map((h) => `${h}\r\n`).join('')}\r\n`)

describe('the head of a request', () => {
  test('a plain request is understood, and its end is where the body begins', () => {
    const result = read('POST /cart?x=1 HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 3\r\n\r\nabc')
    expect(result).toMatchObject({
      kind: 'request',
      bytes: 66,
      head: {
        method: 'POST',
        uri: '/cart?x=1',
        framing: { kind: 'length', bytes: 3 },
        isKeepAlive: true,
        verdict: undefined,
      },
    })
  })

  test('half a head is waited for', () => {
    expect(read('GET / HT').kind).toBe('incomplete')
    expect(read('GET / HTTP/1.1\r\nHost: sh').kind).toBe('incomplete')
  })

  test.each([
    ['a TLS hello on a plain port', '\x16\x03\x01\x02\x00', 400, 'BadMethod'],
    ['no URI', 'GET HTTP/1.1\r\n\r\n', 400, 'BadUri'],
    ['a version that is none', 'GET / HTTQ/1.1\r\nHost: a\r\n\r\n', 400, 'BadVersion'],
    ['HTTP/2 without TLS', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505, undefined],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400, undefined],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400, undefined],
    ['TRACE', 'TRACE / HTTP/1.1\r\nHost: a\r\n\r\n', 405, undefined],
    ['a request line above 16 K', `GET /${'a'.repeat(16_400)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414, undefined],
    ['one header above 16 K', `GET / HTTP/1.1\r\nHost: a\r\nCookie: ${'a'.repeat(16_400)}\r\n\r\n`, 400, undefined],
    [
      'headers above 64 K',
      `GET / HTTP/1.1\r\nHost: a\r\n${'X-A: '.concat('a'.repeat(9000), '\r\n').repeat(8)}\r\n`,
      400,
      undefined,
    ],
    ['a header without colon', 'GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n', 400, 'BadHeader'],
    ['a folded header', 'GET / HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n', 400, 'BadHeader'],
    ['line feeds alone', 'GET / HTTP/1.1\nHost: a\n\n', 400, undefined],
    ['a coding that is not chunked', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n', 501, undefined],
  ])('%s is refused', (_what, text, elbStatus, reason) => {
    const result = read(text)
    expect(result).toMatchObject({ kind: 'rejected', elbStatus })
    expect(result.kind === 'rejected' && result.verdict?.reason).toBe(reason)
  })

  test('30 addresses in X-Forwarded-For pass, 31 are 463', () => {
    const chain = (count: number): string => `X-Forwarded-For: ${Array(count).fill('203.0.113.7').join(', ')}`
    expect(get(chain(30)).kind).toBe('request')
    expect(get(chain(31))).toMatchObject({ kind: 'rejected', elbStatus: 463 })
    expect(get(chain(20), chain(11))).toMatchObject({ kind: 'rejected', elbStatus: 463 })
  })

  test.each([
    [['Content-Length: 3', 'Transfer-Encoding: chunked'], 'Ambiguous', 'BothTeClPresent'],
    [['Content-Length: 3', 'Content-Length: 3'], 'Ambiguous', 'DuplicateContentLength'],
    [['Transfer_Encoding: chunked'], 'Ambiguous', 'SuspiciousHeader'],
    [['   '], 'Ambiguous', 'EmptyHeader'],
    [['X-Name: M\xfcller'], 'Acceptable', 'NonCompliantHeader'],
  ])('%j goes on, classified', (headers, classification, reason) => {
    expect(post(...headers)).toMatchObject({ kind: 'request', head: { verdict: { classification, reason } } })
  })

  test.each([
    [['Content-Length: 3', 'Content-Length: 4'], 'MultipleContentLength'],
    [['Content-Length: +3'], 'BadContentLength'],
    [['Content-Length: 3, 3'], 'BadContentLength'],
    [['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], 'MultipleTransferEncodingChunked'],
  ])('%j is Severe: 400', (headers, reason) => {
    expect(post(...headers)).toMatchObject({
      kind: 'rejected',
      elbStatus: 400,
      verdict: { classification: 'Severe', reason },
    })
  })

  test('a GET with a length is named, 0 is acceptable, strictest refuses both, monitor forwards', () => {
    expect(get('Content-Length: 0')).toMatchObject({ head: { verdict: { reason: 'GetHeadZeroContentLength' } } })
    expect(get('Content-Length: 2')).toMatchObject({ head: { verdict: { reason: 'UndefinedContentLengthSemantics' } } })
    const text = Buffer.from('GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n')
    expect(readRequestHead(text, 'strictest').kind).toBe('rejected')
    const severe = Buffer.from('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n')
    expect(readRequestHead(severe, 'monitor').kind).toBe('request')
  })

  test('a raw space in the URI is forwarded and classified', () => {
    expect(read('GET /a b.txt HTTP/1.1\r\nHost: a\r\n\r\n')).toMatchObject({
      head: { uri: '/a b.txt', verdict: { classification: 'Acceptable', reason: 'SpaceInUri' } },
    })
  })

  test('any bytes: no throw, and a head never ends behind its bytes', () => {
    const start = fc.constantFrom('', 'GET / HTTP/1.1\r\nHost: a\r\n', 'POST /x HTTP/1.0\r\nContent-Length: ')
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 300 }), fc.constantFrom('', '\r\n\r\n'), (head, bytes, end) => {
        const all = Buffer.concat([Buffer.from(head), Buffer.from(bytes), Buffer.from(end)])
        const result = readRequestHead(all, 'defensive')
        if (result.kind !== 'incomplete') expect(result.bytes).toBeLessThanOrEqual(all.length)
      }),
    )
  })
})
