import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shopDiagnosis } from '../testing/shop-diagnosis.ts'
import { jsonLine, renderJson, writeJson } from './json.ts'
import { formatVerdict, type VerdictRow } from './verdict.ts'

test('the JSON report is the diagnosis', () => {
  expect(JSON.parse(renderJson(shopDiagnosis))).toEqual(JSON.parse(JSON.stringify(shopDiagnosis)))
})

test('in pieces it is the same text', () => {
  const large = { ...shopDiagnosis, findings: Array.from({ length: 300 }, () => shopDiagnosis.findings).flat() }
  const pieces: string[] = []
  writeJson(large, (piece) => pieces.push(piece))
  expect(pieces.length).toBeGreaterThan(3)
  expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(400_000)
  expect(pieces.join('') === renderJson(large)).toBe(true)
})

test('a column of numbers is one line', () => {
  expect(renderJson(shopDiagnosis)).toContain('"row": [2207,31090]')
})

test('no control, bidi or zero-width character leaves the JSON raw, and none is lost', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const line = jsonLine({ text })
      expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
      expect(JSON.parse(line)).toEqual({ text })
    }),
  )
})

test('a verdict is one line with its keys in the published order', () => {
  const row: VerdictRow = {
    candidates: ['a', 'b', 'c', 'd', 'e'],
    confidence: null,
    cause: null,
    symptom: 'connect-refused',
    answeredBy: 'load-balancer',
    elapsedMs: 1.366,
    targetStatus: null,
    elbStatus: 502,
    target: '10.0.1.17:30080',
    node: '10.0.4.11',
    loadBalancer: 'app/k8s-shop-edge-4f1c2a9b7d/50dc6c495c0c9188',
    time: '2026-11-23T14:02:11.646366Z',
    traceId: 'Root=1-6b03a2cf-4fc1e4d7cde1d5f0db409f0a\u009b',
    row: 20_411,
    input: 'a\nb.log',
  }
  expect(formatVerdict(row)).toBe(
    '{"input":"a\\nb.log","row":20411,"traceId":"Root=1-6b03a2cf-4fc1e4d7cde1d5f0db409f0a\\u009b","time":"2026-11-23T14:02:11.646366Z",' +
      '"loadBalancer":"app/k8s-shop-edge-4f1c2a9b7d/50dc6c495c0c9188","node":"10.0.4.11","target":"10.0.1.17:30080","elbStatus":502,' +
      '"targetStatus":null,"elapsedMs":1.366,"answeredBy":"load-balancer","symptom":"connect-refused","cause":null,"confidence":null,' +
      '"candidates":["a","b","c","d"]}\n',
  )
})
