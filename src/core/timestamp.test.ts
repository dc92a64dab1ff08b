import { describe, expect, test } from 'vitest'
import { parseTimestamp } from './timestamp.ts'

describe('a timestamp', () => {
  test.each([
    ['2026-11-23T02:19:59Z', Date.UTC(2026, 10, 23, 2, 19, 59)],
    ['2026-11-23 02:19:59.5', Date.UTC(2026, 10, 23, 2, 19, 59, 500)],
    ['2026-11-23T02:19:59+05:30', Date.UTC(2026, 10, 22, 20, 49, 59)],
    ['2026-11-23T02:19:59.25 UTC', Date.UTC(2026, 10, 23, 2, 19, 59, 250)],
  ])('of other shapes is read too: %s', (text, expected) => {
    expect(parseTimestamp(text)).toBe(expected)
  })
})
