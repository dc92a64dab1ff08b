import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { alb } from '../formats/alb.ts'
import { classic } from '../formats/classic.ts'
import { formats } from '../formats/index.ts'
import { splitRow } from '../formats/parse-row.ts'
import { repairRow } from './repair-row.ts'

/** The row of a public field report, as published: five spaces were lost in copying. */
const story = readFileSync(new URL('../../fixtures/explain/lost-spaces.txt', import.meta.url), 'utf8')
const whole = repairRow(story)?.line ?? ''

describe('repairRow', () => {
  test('the published row: five lost spaces are put back and told', () => {
    const repaired = repairRow(story)
    expect(repaired?.repairs).toEqual([
      'put back a space after field 3 (elb)',
      'put back a space after field 12 (sent_bytes)',
      'put back a space after field 16 (ssl_protocol)',
      'put back a space after field 17 (target_group_arn)',
      'put back a space after field 20 (chosen_cert_arn)',
    ])
    expect(repaired?.row).toMatchObject({ format: alb, isBad: false, problems: [] })
    expect(repaired?.row.fields).toHaveLength(30)
  })

  test.each(
    formats.flatMap((format) =>
      format.samples.filter((sample) => !sample.isCut).map((sample) => [format.id, sample.title, sample.line] as const),
    ),
  )('a whole row is left alone: %s, %s', (id, _, line) => {
    expect(repairRow(`${line}\n`)).toMatchObject({ line, repairs: [], otherRows: 0, row: { format: { id } } })
  })

  test.each([
    ['line breaks at spaces', whole.replace(/(.{60,80}?) /g, '$1\n'), ['took out 7 line breaks']],
    [
      'line breaks anywhere, as a terminal of 80 columns cuts',
      whole.replace(/(.{80})/g, '$1\n'),
      ['took out 7 line breaks'],
    ],
    ['a code fence', `\`\`\`text\n${whole}\n\`\`\``, ['took out the code fence']],
    ['typographic quotes', whole.replace(/"([^"]*)"/g, '“$1”'), ['made 24 typographic quotes straight']],
    ['no-break spaces', whole.replaceAll(' ', '\u00A0'), []],
    ['a shell prompt', `$ ${whole}`, ['took out a shell prompt']],
    ['a quotation', `> ${whole}`, ['took out the marks of a quotation']],
    ['backticks', `\`${whole}\``, ['took out the quotes around the row']],
    ['apostrophes', `'${whole}'`, ['took out the quotes around the row']],
    ['quotes', `"${whole}"`, ['took out the quotes around the row']],
    ['escaped quotes of JSON', whole.replaceAll('"', '\\"'), ['took out the backslashes before 24 quotes']],
    ['doubled spaces', whole.replaceAll(' ', '  '), ['took out doubled spaces after 29 fields']],
    [
      'a doubled space',
      whole.replace(' 502 ', '  502 '),
      ['took out a doubled space after field 8 (response_processing_time)'],
    ],
    ["grep's file name", `logs/a.log.gz:${whole}`, ['left out "logs/a.log.gz:" before the row']],
    ['a remark after it', `${whole} <-- this one`, ['left out "<-- this one" after the row']],
    ['colours of grep', whole.replace('502', '\u001b[01;31m502\u001b[m'), ['took out the colours of a terminal']],
    ['HTML entities', whole.replaceAll('"', '&quot;'), ['turned HTML entities back into characters']],
  ])('%s', (_, pasted, repairs) => {
    const repaired = repairRow(pasted)
    const inner = pasted.includes('  ') ? repaired?.line.replaceAll('  ', ' ') : repaired?.line
    expect(inner).toBe(whole)
    expect(repaired?.repairs).toEqual(repairs)
  })

  test('quotes that a shell took are put back', () => {
    const repaired = repairRow(whole.replaceAll('"', ''))
    expect(repaired?.line).toBe(whole)
    expect(repaired?.repairs).toContain('put back the quotes around field 13 (request)')
  })

  test('any one lost space of an ALB or Classic row is put back, but between two numbers of any length', () => {
    const rows = [alb, classic].flatMap((format) =>
      format.samples.filter((sample) => !sample.isCut && !/unquoted|without quotes|nobody/.test(sample.title)),
    )
    for (const { line, title } of rows) {
      let end = -1
      splitRow(line).forEach((token, index, all) => {
        end += token.raw.length + (token.isQuoted ? 2 : 0) + 1
        const isNumbers = /^\d+$/.test(token.raw) && /^\d/.test(all[index + 1]?.raw ?? '')
        if (index + 1 === all.length || (isNumbers && index !== 8) || index >= 33) return
        if (title.includes('no backend') || token.raw === 'my-loadbalancer') return
        const repaired = repairRow(line.slice(0, end) + line.slice(end + 1))
        expect([title, index + 1, repaired?.line]).toEqual([title, index + 1, line])
        expect(repaired?.repairs).toHaveLength(1)
      })
    }
  })

  test('of several rows the first is taken, and the others are counted', () => {
    const other = alb.samples[1]?.line ?? ''
    expect(repairRow(`${whole}\n${other}\n\n${other}`)).toMatchObject({ line: whole, otherRows: 2 })
    expect(repairRow(`${whole}\n`.repeat(1_000))).toMatchObject({ line: whole, otherRows: 999 })
    expect(repairRow('a'.repeat(300_000))).toBeUndefined()
  })

  test('a value that is gone is said, not made up', () => {
    const glued = whole.replace(' 0 57 ', ' 057 ')
    expect(repairRow(glued)?.repairs).toContain('nothing stands for field 12 (sent_bytes): taken as absent')
  })

  test.each([
    '',
    'hello',
    'connect-timeout',
    '2026-11-23T02:19:59Z INFO started worker 12 of 13 in 4 s',
    'GET / HTTP/1.1',
    'x'.repeat(300_000),
  ])('is no row: %s', (text) => {
    expect(repairRow(text)).toBeUndefined()
  })

  test('any text, and any text within a row: no throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), fc.nat({ max: whole.length }), (text, at) => {
        repairRow(text)
        repairRow(whole.slice(0, at) + text + whole.slice(at))
      }),
      { numRuns: 60 },
    )
  })
})
