import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readResponseHead } from './response-head.ts'

const read = (text: string, method = 'GET', isUpgrade = false) =>
  readResponseHead(Buffer.from(text, 'latin1'), method, isUpgrade)

describe('the head of a response', () => {
  test.each([
    ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', { kind: 'length', bytes: 5 }, true],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', { kind: 'chunked' }, true],
    ['HTTP/1.1 200 OK\r\n\r\n', { kind: 'until-close' }, true],
    ['HTTP/1.0 200 OK\r\n\r\n', { kind: 'until-close' }, false],
    ['HTTP/1.1 204 No Content\r\n\r\n', { kind: 'none' }, true],
    ['HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n', { kind: 'none' }, true],
    ['HTTP/1.1 200\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', { kind: 'length', bytes: 0 }, false],
  ])('%j frames its body', (text, framing, isKeepAlive) => {
    expect(read(text)).toMatchObject({ kind: 'response', head: { framing, isKeepAlive } })
  })

  test('the answer to HEAD has no body, whatever it announces', () => {
    expect(read('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', 'HEAD')).toMatchObject({
      head: { framing: { kind: 'none' } },
    })
  })

  test.each([
    ['SSH-2.0-OpenSSH_9.2\r\n', 'bad-status-line'],
    ['garbage', 'bad-status-line'],
    ['HTTP/1.1 20 OK\r\n\r\n', 'bad-status-line'],
    ['HTTP/2 200\r\n\r\n', 'bad-status-line'],
    ['HTTP/1.1 200 OK\n\n', 'bad-status-line'],
    ['HTTP/1.1 200 OK\r\nBad Name: x\r\n\r\n', 'bad-header'],
    ['HTTP/1.1 200 OK\r\nX-A: a\r\n folded\r\n\r\n', 'bad-header'],
    ['HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n', 'bad-content-length'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n', 'bad-content-length'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n', 'bad-transfer-encoding'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n', 'length-and-encoding'],
    ['HTTP/1.1 101 Switching Protocols\r\n\r\n', 'unexpected-upgrade'],
    [`HTTP/1.1 200 OK\r\nSet-Cookie: ${'a'.repeat(32_768)}\r\n\r\n`, 'headers-too-large'],
    [`HTTP/1.1 200 OK\r\nSet-Cookie: ${'a'.repeat(40_000)}`, 'headers-too-large'],
  ])('%j is a 502', (text, code) => {
    expect(read(text)).toEqual({ kind: 'bad', code })
  })

  test('32 K of headers are still fine', () => {
    const head = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Pad: '
    expect(read(`${head}${'a'.repeat(32_768 - head.length - 4)}\r\n\r\n`).kind).toBe('response')
    expect(read(`${head}${'a'.repeat(32_768 - head.length - 3)}\r\n\r\n`).kind).toBe('bad')
  })

  test('any bytes: no throw; and a head that is complete does not change with what follows', () => {
    const start = fc.constantFrom('', 'HTTP/1.1 ', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n')
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 50 }), (text, bytes, more) => {
        const first = Buffer.concat([Buffer.from(text), Buffer.from(bytes)])
        const result = readResponseHead(first, 'GET', false)
        if (result.kind === 'response')
          expect(readResponseHead(Buffer.concat([first, more]), 'GET', false)).toEqual(result)
      }),
    )
  })
})
