import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type BodyFraming, createBodyReader } from './body-framing.ts'

/** Feeds the bytes in pieces cut at the given places; returns what a reader of the body would know. */
function feed(framing: BodyFraming, bytes: Buffer, cuts: readonly number[] = []) {
  const reader = createBodyReader(framing)
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  const payload: Uint8Array[] = []
  let consumed = 0
  let isBad = false
  for (let index = 1; index < edges.length; index++) {
    const piece = bytes.subarray(edges[index - 1], edges[index])
    if (isBad || reader.isComplete) break
    const step = reader.push(piece)
    payload.push(...step.payload)
    consumed += step.consumed
    isBad = step.isBad
    expect(step.isComplete || framing.kind === 'until-close').toBe(reader.isComplete || framing.kind === 'until-close')
  }
  return { payload: Buffer.concat(payload).toString('latin1'), consumed, isComplete: reader.isComplete, isBad }
}

function encode(parts: readonly Uint8Array[], trailer = ''): Buffer {
  const pieces: Buffer[] = []
  for (const part of parts)
    if (part.length > 0)
      pieces.push(Buffer.from(`${part.length.toString(16)}\r\n`), Buffer.from(part), Buffer.from('\r\n'))
  return Buffer.concat([...pieces, Buffer.from(`0\r\n${trailer}\r\n`)])
}

const cuts = fc.array(fc.nat(5000), { maxLength: 12 })

describe('the end of a body', () => {
  test('a chunked body comes out whole, however the network cut it, and what follows is left alone', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 })),
        cuts,
        fc.constantFrom('', 'X-Sum: 1\r\n'),
        (parts, at, trailer) => {
          const encoded = encode(parts, trailer)
          const seen = feed({ kind: 'chunked' }, Buffer.concat([encoded, Buffer.from('GET /next')]), at)
          expect(seen).toEqual({
            payload: Buffer.concat(parts).toString('latin1'),
            consumed: encoded.length,
            isComplete: true,
            isBad: false,
          })
        },
      ),
    )
  })

  test('any bytes in any pieces: no throw, never more consumed than given, the same verdict as in one piece', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), cuts, (bytes, at) => {
        const whole = feed({ kind: 'chunked' }, Buffer.from(bytes))
        const pieces = feed({ kind: 'chunked' }, Buffer.from(bytes), at)
        expect(pieces).toEqual(whole)
        expect(whole.consumed).toBeLessThanOrEqual(bytes.length)
      }),
    )
  })

  test('a body of known length ends there', () => {
    expect(feed({ kind: 'length', bytes: 3 }, Buffer.from('abcdef'), [1, 2])).toMatchObject({
      payload: 'abc',
      consumed: 3,
    })
    expect(createBodyReader({ kind: 'length', bytes: 0 }).isComplete).toBe(true)
    expect(createBodyReader({ kind: 'none' }).isComplete).toBe(true)
  })

  test.each([
    ['no size', '\r\nabc'],
    ['a size that is not hexadecimal', 'xyz\r\n'],
    ['a negative size', '-1\r\n'],
    ['data longer than its size', '3\r\nabcd\r\n'],
    ['a line feed alone', '3\nabc'],
    ['an absurd size', 'fffffffffffff\r\n'],
    ['an endless extension', `1;${'x'.repeat(20_000)}`],
    ['an endless trailer', `0\r\n${'x'.repeat(20_000)}`],
  ])('a chunked body with %s is bad', (_what, text) => {
    expect(feed({ kind: 'chunked' }, Buffer.from(text)).isBad).toBe(true)
  })
})
