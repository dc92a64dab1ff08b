import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatMicroseconds, parseTimestamp } from '../core/timestamp.ts'
import { createRowKernel } from './row-kernel.ts'

const kernel = createRowKernel()

/** What the kernel reads at `before` bytes into its block. */
function readTime(text: string | Uint8Array, before = 0): number {
  kernel.block.fill(0, 0, 100)
  kernel.block.set(typeof text === 'string' ? Buffer.from(text) : text, before)
  return kernel.exports.readTime(kernel.block.byteOffset + before)
}

const micros = fc.integer({ min: Date.UTC(1971, 0, 1) * 1000, max: Date.UTC(2200, 0, 1) * 1000 })

describe('a timestamp', () => {
  test('is the same number, from bytes and from text', () => {
    fc.assert(
      fc.property(micros, fc.nat({ max: 5 }), (value, before) => {
        const text = formatMicroseconds(value / 1000)
        const ms = readTime(text, before)
        expect(ms).toBe(parseTimestamp(text))
        expect(Math.abs(ms - value / 1000)).toBeLessThan(0.001)
      }),
    )
  })

  test('is read when minutes alternate', () => {
    const [one, other] = ['2026-11-23T02:19:59.646366Z', '2026-11-23T02:20:00.000001Z']
    for (const text of [one, other, one, one, other]) expect(readTime(text)).toBe(parseTimestamp(text))
  })

  test('with any byte changed is another valid time or none, never a wrong one', () => {
    fc.assert(
      fc.property(micros, fc.nat({ max: 26 }), fc.integer({ min: 0, max: 255 }), (value, at, byte) => {
        const bytes = Buffer.from(formatMicroseconds(value / 1000))
        // The unchanged one first: its minute must not be taken for the changed one's.
        readTime(bytes)
        bytes[at] = byte
        const ms = readTime(bytes)
        // Near 1970 a double is finer than what either of the two rounds to; in our time this is equality.
        if (!Number.isNaN(ms)) expect(Math.abs(ms - parseTimestamp(bytes.toString('latin1')))).toBeLessThan(1e-4)
      }),
      { numRuns: 2_000 },
    )
  })

  test.each([
    '2026-02-30T00:00:00.000000Z',
    '2026-13-01T00:00:00.000000Z',
    '2026-00-01T00:00:00.000000Z',
    '2026-01-01T24:00:00.000000Z',
    '2026-01-01T00:60:00.000000Z',
    '2026-01-01T00:00:61.000000Z',
    '2026-01-01T00:00:00.00000:Z',
    '2026-01-01T00:00:00.:00000Z',
    '2026-01-01T00:00:0 .000000Z',
    '2026-01-01T00:00:00.000000 ',
    '2026-01-01T00:00:00.00000',
    '',
  ])('is no time: %s', (text) => {
    expect(readTime(text)).toBeNaN()
  })
})
