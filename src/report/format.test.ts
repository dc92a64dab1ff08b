import { describe, expect, test } from 'vitest'
import { formatBytes, formatCount, formatDecimal, formatDuration, formatShare, plural } from './format-number.ts'
import { formatTime, formatWindow } from './format-time.ts'

describe('numbers', () => {
  test.each([
    [0, '0'],
    [999, '999'],
    [1_000, '1,000'],
    [12_345_678, '12,345,678'],
    [1234.6, '1,235'],
  ])('%d is written %s', (value, text) => {
    expect(formatCount(value)).toBe(text)
  })

  test.each([
    [0.0041, '0.004'],
    [4.982, '4.98'],
    [61.24, '61.2'],
    [204.4, '204'],
    [Number.NaN, 'NaN'],
  ])('%d is written %s', (value, text) => {
    expect(formatDecimal(value)).toBe(text)
  })

  test.each([
    [0, 10, '0 %'],
    [10, 10, '100 %'],
    [2_931, 3_488, '84 %'],
    [218, 3_525, '6.2 %'],
    [1, 1_000, '0.1 %'],
    [1, 1_000_000, '< 0.01 %'],
    [999, 1_000, '99.9 %'],
    [999_999, 1_000_000, '> 99.9 %'],
    [1, 0, '-'],
  ])('%d of %d is %s: all and nothing are never rounded to', (part, of, text) => {
    expect(formatShare(part, of)).toBe(text)
  })

  test.each([
    [999, '999 B'],
    [43_496_615, '43 MB'],
    [999_600, '1.0 MB'],
    [1_330_000_000, '1.3 GB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text)
  })

  test.each([
    [0.5, '0.5 s'],
    [330, '5 min 30 s'],
    [7_200, '2 h'],
    [266_400, '3 d 2 h'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text)
  })

  test('one is one', () => {
    expect([plural(1, 'row'), plural(0, 'row'), plural(1_200, 'row')]).toEqual(['1 row', '0 rows', '1,200 rows'])
  })
})

describe('times are UTC and say so', () => {
  test('a clock, a day, seconds', () => {
    expect(formatTime('2026-11-23T14:02:11.646366Z')).toBe('14:02 UTC')
    expect(formatTime('2026-11-23T16:02:11+02:00', { day: true, seconds: true })).toBe('2026-11-23 14:02:11 UTC')
  })

  test('what is no time stays as it is', () => {
    expect(formatTime('10.0.0.1')).toBe('10.0.0.1')
  })

  test.each([
    ['2026-11-23T13:40:00Z', '2026-11-23T14:25:00Z', '13:40–14:25 UTC'],
    ['2026-11-23T13:40:01Z', '2026-11-23T13:41:00Z', '13:40:01–13:41:00 UTC'],
    ['2026-11-23T23:40:00Z', '2026-11-24T00:10:00Z', '2026-11-23 23:40 – 2026-11-24 00:10 UTC'],
    ['2026-11-23T13:40:01Z', '2026-11-23T13:40:01Z', '13:40:01 UTC'],
  ])('a window from %s to %s', (start, end, text) => {
    expect(formatWindow({ start, end })).toBe(text)
  })
})
