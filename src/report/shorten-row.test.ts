import { expect, test } from 'vitest'
import { shopDiagnosis } from '../testing/shop-diagnosis.ts'
import { elapsedSeconds, rowTokens, shortenRow } from './shorten-row.ts'
import { widthOf } from './width.ts'

const raw = shopDiagnosis.findings[1]?.samples[0]?.raw ?? ''

function show(row: string, decidedBy: readonly string[], columns: number): string[] {
  const pieces = shortenRow(row, decidedBy, columns)
  return [
    pieces.map((piece) => piece.text).join(''),
    pieces
      .map((piece) => (piece.isDeciding ? '^' : ' ').repeat(widthOf(piece.text)))
      .join('')
      .trimEnd(),
  ]
}

test('the deciding fields are marked and the fields beside them shown', () => {
  expect(show(raw, ['elb_status_code', 'target_status_code'], 76)).toEqual([
    '… 10.0.1.17:30080 -1 -1 -1 502 - … "GET /checkout?cart=8f14e45f&email=a…" …',
    '                           ^^^ ^',
  ])
})

test("AWS's own spelling of a field's name is known too", () => {
  const [row, marks] = show(raw, ['target:port'], 40)
  expect(row?.slice(marks?.indexOf('^'), marks?.length)).toBe('10.0.1.17:30080')
})

test('a Classic row has its own field names', () => {
  const classic =
    '2026-11-23T14:02:11.646366Z shop-classic 203.0.113.38:39833 10.0.1.17:80 0.000 0.001 -1 502 0 0 0 "GET http://www.shop.example:80/ HTTP/1.1" "curl/8" - -'
  expect(show(classic, ['elb_status_code', 'backend_status_code'], 60)).toEqual([
    '… 10.0.1.17:80 0.000 0.001 -1 502 0 … "GET / HTTP/1.1" …',
    '                              ^^^ ^',
  ])
})

test('a row as JSON is marked by its keys', () => {
  const json =
    '{"type":"https","elb_status_code":502,"target_status_code":"-","request":"GET https://www.shop.example:443/ HTTP/2.0"}'
  const [row, marks] = show(json, ['elb_status_code'], 60)
  expect(row?.slice(marks?.indexOf('^'), marks?.length)).toBe('"elb_status_code":502')
})

test('no row is wider than asked, and none throws', () => {
  for (const text of [raw, '', '-', '"', '{', 'x'.repeat(4000), `${raw} "${'y'.repeat(500)}"`])
    for (const columns of [20, 48, 68, 108]) {
      const width = widthOf(show(text, ['elb_status_code', 'request', 'user_agent', 'type'], columns)[0] ?? '')
      expect(width).toBeLessThanOrEqual(columns)
    }
})

test('a quoted field with spaces is one field', () => {
  expect(rowTokens(raw).map((token) => token.name)).toContain('ip_address')
  expect(rowTokens(raw).at(-1)).toEqual({ name: 'ip_address', text: '10.0.4.11' })
})

test('elapsed is what lies between creation and response', () => {
  expect(elapsedSeconds(raw)).toBeCloseTo(0.001)
  expect(elapsedSeconds('https 2026-11-23T14:02:11Z app/shop')).toBeUndefined()
})
