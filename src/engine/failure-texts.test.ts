import { expect, test } from 'vitest'
import { FailureTexts, packTexts } from './failure-texts.ts'
import type { FailureText } from './unit-scan.ts'

const text = (index: number, more: Partial<FailureText> = {}): FailureText => ({
  index,
  end: 1_000 + index,
  text: `row ${index}`,
  client: `10.0.0.${index}:4711`,
  request: `GET https://shop.example:443/cart/${index} HTTP/1.1`,
  userAgent: 'curl/8.5.0',
  ...more,
})

test('what is shown of a failure comes back as it was, absent or not, in any script', () => {
  const texts = FailureTexts.of([
    text(0),
    text(1, { client: null }),
    text(2, { request: 'GET https://shop.example:443/käse/🧀 HTTP/1.1' }),
    text(3, { request: null, userAgent: null, client: null }),
  ])
  expect(texts.readShort(0)).toEqual({
    client: '10.0.0.0:4711',
    request: 'GET https://shop.example:443/cart/0 HTTP/1.1',
    userAgent: 'curl/8.5.0',
  })
  expect(texts.readShort(1)).toMatchObject({ client: null, userAgent: 'curl/8.5.0' })
  expect(texts.readShort(2)).toMatchObject({
    client: '10.0.0.2:4711',
    request: 'GET https://shop.example:443/käse/🧀 HTTP/1.1',
    userAgent: 'curl/8.5.0',
  })
  expect(texts.readShort(3)).toEqual({ client: null, request: null, userAgent: null })
  expect(texts.get(2)?.text).toBe('row 2')
})

test('failures without a text have none', () => {
  const texts = FailureTexts.of([text(4)])
  expect([texts.has(3), texts.has(4), texts.has(5), texts.size]).toEqual([false, true, false, 1])
  expect(texts.get(3)).toBeUndefined()
  expect(texts.readShort(99)).toEqual({ client: null, request: null, userAgent: null })
})

test('texts of a later unit stand behind those before it, and the late ones of many are dropped', () => {
  const texts = new FailureTexts()
  texts.add(packTexts([text(0, { end: 9 }), text(1, { end: 1 })]), 0)
  texts.add(packTexts([text(0, { end: 5, text: 'of the second unit' })]), 2)
  expect([...texts].map(([failure, { text: row }]) => [failure, row])).toEqual([
    [0, 'row 0'],
    [1, 'row 1'],
    [2, 'of the second unit'],
  ])
  texts.dropLate(2)
  expect([...texts].map(([failure, { text: row }]) => [failure, row])).toEqual(
    [
      [0, 'row 0'],
      [1, 'row 1'],
      [2, 'of the second unit'],
    ].slice(1),
  )
  expect([texts.size, texts.has(0)]).toEqual([2, false])
})
