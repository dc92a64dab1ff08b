import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeEscapes } from './decode.ts'

describe('decodeEscapes', () => {
  test.each([
    ['plain text', 'plain text'],
    ['a \\x22quoted\\x22 word', 'a "quoted" word'],
    ['back\\x5Cslash', 'back\\slash'],
    ['\\xEC\\x97\\x90', '에'],
    ['upper \\xC3\\xA4 and lower \\xc3\\xa4', 'upper ä and lower ä'],
    ['eight digits \\x00000022', 'eight digits "'],
    ['not an escape \\xZZ \\x1', 'not an escape \\xZZ \\x1'],
    ['half a letter \\xEC\\x97', 'half a letter \uFFFD'],
  ])('%s', (written, meant) => {
    expect(decodeEscapes(written)).toBe(meant)
  })

  test('any text: no throw, and text without escapes stays', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const decoded = decodeEscapes(text)
        if (!text.includes('\\x')) expect(decoded).toBe(text)
      }),
    )
  })
})
