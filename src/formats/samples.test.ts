import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formats } from './index.ts'
import { fieldValue, parseRow } from './parse-row.ts'

describe.each(formats.map((format) => [format.id, format] as const))('samples of %s', (_, format) => {
  test.each(format.samples.map((sample) => [sample.title, sample] as const))('%s', (_title, sample) => {
    const row = parseRow(format, sample.line)
    expect(row.fields).toHaveLength(sample.fields)
    for (const [name, value] of Object.entries(sample.expect))
      expect([name, fieldValue(row, name)]).toEqual([name, value])
    expect(row.isBad).toBe(sample.isCut === true)
    if (!sample.isCut) expect(row.problems).toEqual([])
  })

  test('line ends, carriage returns and a byte order mark are no part of a field', () => {
    for (const sample of format.samples) {
      const clean = parseRow(format, sample.line)
      expect(parseRow(format, `\uFEFF${sample.line}\r\n`).fields).toEqual(clean.fields)
    }
  })

  test('every field has a name of its own and a meaning of one sentence', () => {
    const names = format.fields.map((field) => field.name)
    expect(new Set(names).size).toBe(names.length)
    for (const field of format.fields) expect(field.meaning).toMatch(/^\S.*[.]$/)
  })

  test('any text: no throw, and every character of the row is in one field', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const line = text.replace(/^\uFEFF/, '').replace(/[\r\n]+$/, '')
        const row = parseRow(format, line)
        const quotes = row.fields.reduce((sum, field) => sum + (field.isQuoted ? 2 : 0), 0)
        const held = row.fields.reduce((sum, field) => sum + field.raw.length, 0) + quotes + row.fields.length - 1
        expect(held - line.length).toBeOneOf([0, 1]) // 1: the quote that a cut row misses
      }),
    )
  })

  test('a row cut anywhere never throws, and no cut before the least fields passes as good', () => {
    for (const sample of format.samples)
      for (let end = 0; end < sample.line.length; end += 3) {
        const row = parseRow(format, sample.line.slice(0, end))
        if (row.fields.length < format.leastFields) expect(row.isBad).toBe(true)
      }
  })
})

test('a row whose times are NaN says so and keeps its other fields', () => {
  const alb = formats[0]
  if (!alb) throw new Error('no formats')
  const line = (alb.samples[0]?.line ?? '').replace('0.002 0.013 0.001', 'NaN NaN NaN')
  const row = parseRow(alb, line)
  expect(row.isBad).toBe(false)
  expect(row.problems).toEqual([
    'field 6 (request_processing_time): NaN is not a number',
    'field 7 (target_processing_time): NaN is not a number',
    'field 8 (response_processing_time): NaN is not a number',
  ])
})
