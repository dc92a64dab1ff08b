import fc from 'fast-check'
import { expect, test } from 'vitest'
import { axis, bar, fitColumns, lane, timeMarks } from './chart.ts'
import { asciiGlyphs, unicodeGlyphs } from './glyphs.ts'

test('zero is empty, and the smallest number still shows', () => {
  expect(lane([0, 1, 500, 1000], 1000, 2, 1, unicodeGlyphs)).toEqual(['   █', ' ▁██'])
  expect(bar(1, 10_000, 20, unicodeGlyphs)).toBe('▏')
  expect(bar(0, 10, 20, unicodeGlyphs)).toBe('')
  expect(bar(10, 10, 5, asciiGlyphs)).toBe('#####')
})

test('squeezing adds up and loses nothing', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1000), { maxLength: 300 }), fc.integer({ min: 1, max: 80 }), (values, columns) => {
      const fitted = fitColumns(values, columns)
      expect(fitted.values.length * fitted.repeat).toBeLessThanOrEqual(columns)
      const sum = (list: readonly number[]): number => list.reduce((total, value) => total + value, 0)
      expect(sum(fitted.values)).toBe(sum(values))
    }),
  )
})

test('time marks stand at round moments and every tick has its label', () => {
  const start = Date.parse('2026-11-23T13:37:00Z')
  const marks = timeMarks(start, 60, 45, 12, (ms) => new Date(ms).toISOString().slice(11, 16))
  expect(marks).toEqual([
    { column: 8, label: '13:45' },
    { column: 23, label: '14:00' },
    { column: 38, label: '14:15' },
  ])
  const [line, labels] = axis(45, marks, unicodeGlyphs)
  expect(line).toBe('└────────┬──────────────┬──────────────┬──────')
  expect(labels).toBe('       13:45          14:00          14:15')
})

test('labels that would touch leave one out, with its tick', () => {
  const marks = [
    { column: 3, label: 'connect timeout' },
    { column: 5, label: 'idle timeout' },
  ]
  const [line, labels] = axis(40, marks, asciiGlyphs)
  expect(labels.trim()).toBe('connect timeout')
  expect(line.split('+').length - 1).toBe(2)
})
