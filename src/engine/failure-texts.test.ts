import { describe, expect, test } from 'vitest'
import { FailureTexts, type PackedTexts, packTexts } from './failure-texts.ts'
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

test('texts of a later unit stand behind those before it', () => {
  const texts = new FailureTexts()
  texts.add(packTexts([text(0, { end: 9 }), text(1, { end: 1 })]), 0)
  texts.add(packTexts([text(0, { end: 5, text: 'of the second unit' })]), 2)
  expect([...texts].map(([failure, { text: row }]) => [failure, row])).toEqual([
    [0, 'row 0'],
    [1, 'row 1'],
    [2, 'of the second unit'],
  ])
})

/** One unit, of failures that end at these times. */
function unitOf(ends: readonly number[], isLoose: (n: number) => boolean = () => true): PackedTexts {
  const packed = packTexts(ends.map((end, index) => text(index, { end, text: `row at ${end}` })))
  for (const n of ends.keys()) packed.isLoose[n] = isLoose(n) ? 1 : 0
  return packed
}

const from = (first: number, length: number): number[] => Array.from({ length }, (_, n) => first + n)
const kept = (texts: FailureTexts): number[] => [...texts].map(([, { end }]) => end).sort((a, b) => a - b)

describe('texts of a run', () => {
  test('are all kept while there are few', () => {
    const texts = new FailureTexts(100)
    texts.add(unitOf(from(0, 400)), 0)
    texts.add(unitOf(from(100, 200)), 400)
    expect(texts.lateAfter).toBe(Number.POSITIVE_INFINITY)
    expect(kept(texts)).toHaveLength(600)
    expect(texts.get(400)?.text).toBe('row at 100')
  })

  test('are those of the earliest failures when there are many, in whichever order they come', () => {
    const texts = new FailureTexts(100)
    texts.add(unitOf(from(5_000, 1_000)), 0)
    texts.add(unitOf(from(1_000, 1_000)), 1_000)
    expect(texts.lateAfter).toBe(1_099)
    texts.add(unitOf(from(0, 50)), 2_000)
    texts.add(unitOf(from(7_000, 1_000)), 2_050)
    expect(kept(texts)).toEqual([...from(0, 50), ...from(1_000, 100)])
    expect(texts.get(1_000)?.text).toBe('row at 1000')
    expect(texts.get(2_049)?.text).toBe('row at 49')
    expect(texts.has(2_050)).toBe(false)
  })

  test('are there for some of the first of their kind, however late and however many', () => {
    const texts = new FailureTexts(100)
    texts.add(unitOf(from(0, 2_000)), 0)
    for (let unit = 1; unit <= 500; unit++)
      texts.add(
        unitOf(from(unit * 10_000, 200), (n) => n >= 100),
        unit * 10_000,
      )
    const late = kept(texts).slice(100)
    expect(late.length).toBeGreaterThan(400)
    expect(late.length).toBeLessThanOrEqual(1_000)
    expect(late.at(-1)).toBeGreaterThan(4_900_000)
    expect(late.every((end) => end % 10_000 < 100)).toBe(true)
  })

  test('may be left out by whoever makes them when they are loose and late, to the same result', () => {
    const all = new FailureTexts(100)
    const some = new FailureTexts(100)
    for (let unit = 0; unit < 50; unit++) {
      const ends = from(unit * 40, 100)
      const isLoose = (n: number) => n % 7 > 0
      all.add(unitOf(ends, isLoose), unit * 100)
      const wanted = ends.map((_, n) => n).filter((n) => !isLoose(n) || (ends[n] as number) <= some.lateAfter)
      const packed = packTexts(wanted.map((n) => text(n, { end: ends[n] as number, text: `row at ${ends[n]}` })))
      for (const [place, n] of wanted.entries()) packed.isLoose[place] = isLoose(n) ? 1 : 0
      some.add(packed, unit * 100)
    }
    expect([...some]).toEqual([...all])
  })
})
