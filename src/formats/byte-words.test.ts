import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  findBlank,
  findQuote,
  hashBytes,
  hashHigh,
  hashLow,
  hashUntilQuery,
  makePattern,
  matches,
} from './byte-words.ts'

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
/** Bytes that look alike to a search four at a time. */
const byte = fc.oneof(fc.constantFrom(0, 2, 8, 10, 32, 33, 34, 40, 42, 63, 0x80, 0xa2, 0xff), fc.nat({ max: 255 }))
const text = fc.array(byte, { maxLength: 40 }).map((bytes) => Uint8Array.from([...bytes, 0, 0, 0, 0]))

/** First position of one of `wanted`, or -1 when one of `ends` or the last four bytes come first. */
function naive(bytes: Uint8Array, from: number, isWanted: (c: number) => boolean): number {
  for (let p = from; p < bytes.length; p++) if (isWanted(bytes[p] as number)) return p
  return -1
}

describe('words find what bytes find', () => {
  test('the quote, unless a newline comes first', () => {
    fc.assert(
      fc.property(text, fc.nat({ max: 8 }), (bytes, from) => {
        const at = naive(bytes, from, (c) => c === 34 || c === 10)
        expect(findQuote(viewOf(bytes), from, bytes.length)).toBe(at !== -1 && bytes[at] === 34 ? at : -1)
      }),
    )
  })

  test('the first byte up to a space', () => {
    fc.assert(
      fc.property(text, fc.nat({ max: 8 }), (bytes, from) => {
        if (from > bytes.length - 4) return
        expect(findBlank(viewOf(bytes), from, bytes.length)).toBe(naive(bytes, from, (c) => c <= 32))
      }),
    )
  })

  test('the end of a path; equal paths have equal hashes wherever they stand, others do not', () => {
    fc.assert(
      fc.property(text, text, fc.nat({ max: 3 }), (one, other, shift) => {
        const hashOf = (bytes: Uint8Array, before: number): string => {
          const moved = Uint8Array.from([...new Array<number>(before).fill(65), ...bytes])
          const end = hashUntilQuery(viewOf(moved), before, moved.length, 1, 2)
          const stop = naive(moved, before, (c) => c === 32 || c === 34 || c === 63 || c === 10)
          expect(end).toBe(stop !== -1 && moved[stop] !== 10 ? stop : -1)
          return end === -1 ? 'none' : `${hashHigh} ${hashLow}`
        }
        const pathOf = (bytes: Uint8Array): string => {
          const end = naive(bytes, 0, (c) => c === 32 || c === 34 || c === 63 || c === 10)
          return end === -1 || bytes[end] === 10 ? 'none' : bytes.subarray(0, end).join(' ')
        }
        expect(hashOf(one, shift)).toBe(hashOf(one, 0))
        expect(hashOf(one, 0) === hashOf(other, 0)).toBe(pathOf(one) === pathOf(other))
      }),
    )
  })
})

test('bytes that differ anywhere have another hash', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 30 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (bytes, at, flip) => {
        const hashOf = (some: Uint8Array): string => {
          hashBytes(viewOf(some), 0, some.length, 3, 4)
          return `${hashHigh} ${hashLow}`
        }
        const changed = bytes.slice()
        changed[at % bytes.length] = (changed[at % bytes.length] as number) ^ flip
        expect(hashOf(changed)).not.toBe(hashOf(bytes))
        expect(hashOf(bytes.slice())).toBe(hashOf(bytes))
      },
    ),
  )
})

test('a pattern matches its own bytes only', () => {
  const ascii = fc
    .string({ unit: 'binary-ascii', minLength: 8, maxLength: 40 })
    .filter((value) => /^[ -~]+$/.test(value))
  fc.assert(
    fc.property(ascii, fc.nat(), fc.nat({ max: 255 }), (value, at, replaced) => {
      const pattern = makePattern(value)
      if (pattern === undefined) throw new Error('printable text of 8 bytes makes a pattern')
      const bytes = Buffer.from(`ab${value}`)
      const view = viewOf(bytes)
      expect(matches(view, 2, pattern)).toBe(true)
      expect(matches(view, 3, pattern)).toBe(false)
      const place = 2 + (at % value.length)
      const isSame = bytes[place] === replaced
      bytes[place] = replaced
      expect(matches(view, 2, pattern)).toBe(isSame)
    }),
  )
})

test('text that could equal other bytes as a double makes no pattern', () => {
  for (const value of ['short', '\0'.repeat(8), `${'x'.repeat(8)}\u007f`, 'é'.repeat(8)])
    expect(makePattern(value)).toBeUndefined()
})
