import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Diagnosis } from '../core/diagnosis.ts'
import { shopDiagnosis } from '../testing/shop-diagnosis.ts'
import { mapStrings } from './map-strings.ts'
import { renderMarkdown } from './markdown.ts'
import { csvCell, markdownCode, markdownText, neutralise, neutraliseLines, toAscii } from './neutralise.ts'
import { renderTerminal } from './terminal.ts'
import { widthOf } from './width.ts'

const HARMFUL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u
const HARMFUL_BUT_NEWLINE = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({
    unit: fc.constantFrom(
      '\u001b',
      '[',
      ']',
      '2',
      'J',
      ';',
      '\u0007',
      '\u009b',
      '\u202e',
      '\u200b',
      '|',
      '`',
      '<',
      'a',
    ),
  }),
  fc.string({ unit: fc.constantFrom('漢', '👩', '\u200d', '\u0301', '\ufe0f', '🇩', 'ｗ', 'a', ' ') }),
)

describe('text from a log', () => {
  test.each([
    ['an escape sequence', '\u001b[2J\u001b]0;owned\u0007', '\\x1B[2J\\x1B]0;owned\\x07'],
    ['C1, which some terminals obey', 'a\u009b31mb', 'a\\x9B31mb'],
    ['a bidi override', 'gpj\u202eexe', 'gpj\\u{202E}exe'],
    ['zero-width characters', 'a\u200bb\u2060', 'a\\u{200B}b\\u{2060}'],
    ['a newline that would fake a line', 'ok\r\n504 -', 'ok\\x0D\\x0A504 -'],
    ['NUL and DEL', '\u0000\u007f', '\\x00\\x7F'],
    ['a lone surrogate', '\ud800x', '\\u{D800}x'],
    ['a tag character', '\u{E0041}', '\\u{E0041}'],
    ['a no-break space, which is one column like any other', '84\u00a0%', '84 %'],
    ['marks that climb over the next line', `a${'\u0301'.repeat(5)}`, 'a\u0301\u0301\\u{301}\\u{301}\\u{301}'],
    ['ordinary words of any script', 'Grüße 漢字 ok', 'Grüße 漢字 ok'],
  ])('shows %s', (_, given, shown) => {
    expect(neutralise(given)).toBe(shown)
  })

  test('is harmless whatever it is, and stays so when done twice', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const once = neutralise(text)
        expect(once).not.toMatch(HARMFUL)
        expect(neutralise(once)).toBe(once)
      }),
    )
  })

  test('keeps the lines of a patch and nothing else', () => {
    expect(neutraliseLines('a: 1\r\nb:\t2')).toBe('a: 1\nb:\\x092')
  })

  test('is ASCII where a terminal knows no more', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(toAscii(neutralise(text))).toMatch(/^[\x20-\x7E]*$/)
      }),
    )
    expect(toAscii('13:40–14:25 · 2 × …')).toBe('13:40-14:25 - 2 x ...')
  })
})

describe('a diagnosis armed in every string', () => {
  /** Puts the text into every string of the diagnosis that a row could have shaped. */
  function armed(text: string): Diagnosis {
    const closed = new Set(['kind', 'symptom', 'hop', 'confidence', 'safety', 'source', 'otherSymptoms', 'targetType'])
    return mapStrings(shopDiagnosis, (value, path) => {
      const key = path.at(-1) ?? ''
      if (key === '(key)' || closed.has(key) || /^\d{4}-\d\d-\d\dT/.test(value) || path[0] === 'tool') return value
      return key === 'raw' ? value.replace('GET ', `GET ${text}`).replace('502 -', `502 ${text}`) : `${value}${text}`
    })
  }

  test('sends no escape sequence to the terminal, and keeps every line within the columns', () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 60, max: 120 }), fc.boolean(), (text, columns, unicode) => {
        const shown = renderTerminal(armed(text), { columns, color: false, unicode })
        expect(shown).not.toMatch(HARMFUL_BUT_NEWLINE)
        for (const line of shown.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(columns)
      }),
      { numRuns: 60 },
    )
  })

  test('writes no escape sequence of its own when colour is on', () => {
    const esc = String.fromCharCode(27)
    fc.assert(
      fc.property(hostile, (text) => {
        const shown = renderTerminal(armed(text), { columns: 80, color: true })
        // Only the sequences of our own few styles: bold, dim, colours, and their ends.
        const rest = shown.split(esc).map((part, index) => (index === 0 ? part : part.replace(/^\[\d{1,2}m/, '')))
        expect(rest.join('')).not.toMatch(HARMFUL_BUT_NEWLINE)
      }),
      { numRuns: 40 },
    )
  })

  test('becomes no markup, link, mention or HTML in Markdown', () => {
    const attack =
      '</td><script>alert(1)</script>|x|`rm`](http://evil.example)![i](http://evil.example/p.png)<!--@all www.evil.example *b* ~~s~~'
    const text = renderMarkdown(armed(attack))
    const outside = withoutCode(text)
    expect(outside).not.toContain('<')
    expect(outside).not.toMatch(/(?<!\\)\]\(/)
    expect(outside).not.toMatch(/:\/\//)
    expect(outside).not.toMatch(/www\.evil/)
    expect(outside).not.toMatch(/@/)
    for (const line of text.split('\n').filter((row) => row.startsWith('| ')))
      expect(line.split('|').length - 2).toBe(cellsOf(text, line))
  })

  test('cannot close a code fence', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('`', '~', '\n', 'a', ' ') }), (text) => {
        const fences = renderMarkdown(armed(text)).match(/^ *```/gm) ?? []
        expect(fences.length % 2).toBe(0)
        expect(fences.length).toBe((renderMarkdown(shopDiagnosis).match(/^ *```/gm) ?? []).length)
      }),
      { numRuns: 40 },
    )
  })

  function cellsOf(text: string, line: string): number {
    const lines = text.split('\n')
    let at = lines.indexOf(line)
    while (at > 0 && lines[at - 1]?.startsWith('| ')) at--
    return (lines[at]?.split('|').length ?? 0) - 2
  }

  function withoutCode(text: string): string {
    return text
      .replace(/^```text\n[\s\S]*?^```$/gm, '')
      .replace(/\\`/g, '')
      .replace(/`[^`\n]*`/g, '')
  }
})

describe('Markdown and spreadsheets', () => {
  test('a code span has no backtick or pipe of its own', () => {
    expect(markdownCode('GET /a|b`c')).toBe('`GET /a\\x7Cb\\x60c`')
    expect(markdownCode('')).toBe('')
  })

  test('a sentence has no live markup', () => {
    expect(markdownText('*a* <b> https://x.example @all')).toBe('\\*a\\* &lt;b&gt; https:\\/\\/x.example `@`all')
    expect(markdownText('- not a list')).toBe('\\- not a list')
    expect(markdownText('1. not a list')).toBe('1\\. not a list')
  })

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '  =1', '＝1'])('a cell is no formula: %s', (text) => {
    expect(csvCell(text)).toMatch(/^"'/)
  })

  test('a cell cannot end early', () => {
    expect(csvCell('a","b\n=1')).toBe('"a"",""b\\x0A=1"')
  })
})
