import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fitEnd, fitMiddle, fitTo, padEnd, widthOf, wrap } from './width.ts'

test.each([
  ['abc', 3],
  ['漢字', 4],
  ['e\u0301', 1],
  ['🦊', 2],
  ['ｗ', 2],
  ['▁▂│', 3],
  ['', 0],
])('%s needs %i columns', (text, columns) => {
  expect(widthOf(text)).toBe(columns)
})

const words = fc.string({ unit: fc.constantFrom('a', ' ', '漢', '\u0301', '🦊', '5', '%'), maxLength: 60 })

test('fitted text is never wider than asked, and whole when it fits', () => {
  fc.assert(
    fc.property(words, fc.integer({ min: 1, max: 40 }), (text, columns) => {
      for (const cut of [fitTo, fitMiddle, fitEnd]) {
        expect(widthOf(cut(text, columns))).toBeLessThanOrEqual(columns)
        if (widthOf(text) <= columns) expect(cut(text, columns)).toBe(text)
      }
      expect(widthOf(padEnd(fitTo(text, columns), columns))).toBe(columns)
    }),
  )
})

test('wrapped text keeps every word and no line is too wide', () => {
  fc.assert(
    fc.property(words, fc.integer({ min: 2, max: 40 }), (text, columns) => {
      const lines = wrap(text, columns)
      for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns)
      expect(lines.join('').replace(/ /g, '')).toBe(text.replace(/ /g, ''))
    }),
  )
})

test('a number stays on the line of its unit', () => {
  expect(wrap('waited for 60 s', 13)).toEqual(['waited for', '60 s'])
})
