import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formats } from '../formats/index.ts'
import { widthOf } from '../report/width.ts'
import { explainRow, type RowExplanation } from './explain-row.ts'
import { explanationText } from './explanation-text.ts'

const story = readFileSync(new URL('../../fixtures/explain/lost-spaces.txt', import.meta.url), 'utf8')
const plain = { columns: 80, color: false, unicode: true }

function explain(text: string): RowExplanation {
  const explanation = explainRow(text)
  if (!explanation) throw new Error(`not understood: ${text}`)
  return explanation
}

/** A row with the given fields, by number. */
function row(fields: Readonly<Record<number, string>>): string {
  const usual =
    'http 2026-11-23T02:19:59.646366Z app/k8s-bi-reports-0a9b8c7d6e/7e13d860e39e867e 203.0.113.38:39833 10.37.1.1:30080 -1 -1 -1 502 - 127 272 "GET http://www.shop.example:80/api/products/1591 HTTP/1.1" "python-requests/2.32.3" - - arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/k8s-bi-reports-0a9b8c7d6e/bda7e7a9f7215291 "Root=1-6b03a2cf-4fc1e4d7cde1d5f0db409f0a" "-" "-" 0 2026-11-23T02:19:59.645000Z "forward" "-" "-" "10.37.1.1:30080" "-" "-" "-" TID_f7f5d68851a56504fd843d8521a3fc7b "-" "-" "-" 10.37.0.11'
  const tokens = usual.match(/"[^"]*"|\S+/g) ?? []
  return tokens.map((token, index) => fields[index + 1] ?? token).join(' ')
}

describe('the published row', () => {
  const explanation = explain(story)

  test('the load balancer answered, the target gave no answer', () => {
    expect(explanation.conclusion[0]).toBe(
      'The load balancer answered 502 itself. The target, 10.0.0.1:80, gave no answer.',
    )
    expect(explanation.verdict).toMatchObject({
      answeredBy: 'load-balancer',
      symptom: 'closed-before-response',
      cause: null,
    })
    expect(explanation.candidates[0]?.cause).toBe('keepalive-shorter-than-idle-timeout')
    expect(explanation.settledBy.length).toBeGreaterThan(1)
  })

  test('every contradiction is pointed out', () => {
    expect(explanation.contradictions.map((sentence) => sentence.slice(0, 60))).toEqual([
      'The target gave no answer (target_status_code is -), yet all',
      'target_status_code is -, target_status_code_list says 200: t',
      'From received to answered is 11.823 s, yet the three times a',
      'trace_id was made at 2016-11-21T22:17:37Z, 588 days before t',
      "received_bytes is 0, yet it counts the request's headers, an",
      "The load balancer's name and id are those of the sample in A",
    ])
  })

  test('every field has its number, name, value and meaning', () => {
    expect(explanation.fields).toHaveLength(30)
    expect(explanation.fields[8]).toEqual({
      number: 9,
      name: 'elb_status_code',
      value: '502',
      raw: '502',
      meaning: 'The status the client got.',
      note: null,
      decides: true,
    })
    expect(explanation.fields[9]).toMatchObject({ name: 'target_status_code', value: null, raw: '-', decides: true })
    expect(explanation.notInRow[0]).toBe('transformed_host')
  })
})

describe('verdicts', () => {
  test.each([
    ['a refused connection', {}, 'connect-refused', 'load-balancer', null],
    ['a connect timeout', { 2: '2026-11-23T02:20:09.646000Z', 9: '504' }, 'connect-timeout', 'load-balancer', null],
    [
      'an idle timeout',
      { 2: '2026-11-23T02:20:59.650000Z', 6: '0.001', 9: '504' },
      'response-timeout',
      'load-balancer',
      null,
    ],
    ['a client that left', { 2: '2026-11-23T02:20:04.645000Z', 6: '0.001', 9: '460' }, 'client-left', 'nobody', null],
    [
      "the target's own 502",
      { 6: '0.001', 7: '0.000', 8: '0.000', 10: '502', 27: '"502"' },
      'target-answered',
      'target',
      null,
    ],
    ['no target', { 5: '-', 9: '503', 26: '"-"' }, 'no-target', 'load-balancer', 'no-registered-targets'],
    [
      'a fixed response',
      { 5: '-', 9: '503', 17: '-', 23: '"fixed-response"', 26: '"-"' },
      'rule-answered',
      'load-balancer',
      'fixed-response-rule',
    ],
    [
      'a Lambda error',
      { 5: '-', 25: '"LambdaInvalidResponse"', 26: '"-"' },
      'lambda-failed',
      'load-balancer',
      'lambda-limits',
    ],
    ['463', { 5: '-', 9: '463', 17: '-', 23: '"-"', 26: '"-"' }, 'rejected-request', 'load-balancer', 'xff-too-long'],
  ] as const)('%s', (_, fields, symptom, answeredBy, cause) => {
    const explanation = explain(row(fields))
    expect(explanation.verdict).toMatchObject({ symptom, answeredBy, cause, confidence: cause ? 'certain' : null })
    expect(explanation.contradictions).toEqual([])
    expect(explanation.repairs).toEqual([])
    if (cause) expect(explanation.candidates).toEqual([])
    else expect(explanation.candidates.length).toBeGreaterThan(0)
  })

  test('a healthy row is no failure', () => {
    const explanation = explain(row({ 6: '0.000', 7: '0.001', 8: '0.000', 9: '200', 10: '200', 27: '"200"' }))
    expect(explanation.verdict).toBeNull()
    expect(explanation.conclusion).toEqual(['No failure: the target answered 200.'])
    expect(explanation.contradictions).toEqual([])
  })

  test('names of the controller, NodePorts and the default rule are told', () => {
    const notes = explain(row({}))
      .fields.map(({ note }) => note ?? '')
      .join(' ')
    expect(notes).toContain('namespace bi, name reports')
    expect(notes).toContain('range of NodePorts')
    expect(notes).toContain('The default rule.')
  })

  test('a request that was refused before any rule has the candidate of its own numbers first', () => {
    const refused = { 5: '-', 17: '-', 21: '-', 23: '"-"', 26: '"-"' }
    expect(explain(row({ ...refused, 9: '503' })).candidates[0]?.cause).toBe('load-balancer-capacity')
    expect(explain(row({ ...refused, 9: '400', 11: '20480' })).candidates[0]?.cause).toBe('request-too-large-for-alb')
    expect(explain(row({ ...refused, 9: '400' })).candidates[0]?.cause).toBe('client-incomplete-request')
  })

  test('a Classic row is judged by its own rules', () => {
    const classic = explain(
      '2019-05-13T23:39:43.945958Z my-loadbalancer 192.168.131.39:2817 - -1 -1 -1 503 0 0 0 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.38.0" - -',
    )
    expect(classic.verdict).toMatchObject({ symptom: 'no-target', cause: null })
    expect(classic.candidates[0]?.cause).toBe('all-targets-unhealthy')
    expect(classic.conclusion.join(' ')).toContain('Classic')
  })

  test('rows that are no requests say what they are', () => {
    const headlines = formats.slice(2).map((format) => explain(format.samples[0]?.line ?? '').conclusion[0])
    expect(headlines).toEqual([
      'A TLS connection of a Network Load Balancer: it has no HTTP status, so it cannot say who answered a 5XX.',
      'A TLS connection that worked; its handshake took 4.036 s.',
      'The health check of 172.31.20.97:80 of target group HCLogsTestIPs passed.',
    ])
    expect(explain(formats[4]?.samples[1]?.line ?? '').conclusion[0]).toContain(
      'failed (TimedOut: no answer within the timeout',
    )
    expect(explain(formats[3]?.samples[1]?.line ?? '').conclusion[0]).toBe(
      'The TLS handshake with the client failed: ClientCertUntrusted.',
    )
  })

  test('fields from the future are kept and named as unknown', () => {
    const future = explain(formats[0]?.samples.find((sample) => sample.fields === 40)?.line ?? '')
    expect(future.fields[38]).toMatchObject({ number: 39, name: null, raw: '-', meaning: null })
  })
})

describe('the text', () => {
  test('is never wider than the terminal, and holds no control character of the row', () => {
    const armed = row({
      13: '"GET http://a/\\x1B[2J\\x07?x=\\x22 HTTP/1.1"',
      14: `"${'wide 漢字 '.repeat(60)}\\x1B]0;owned\\x07"`,
    })
    for (const columns of [60, 80, 100]) {
      const text = explanationText(explain(armed), { ...plain, columns })
      for (const line of text.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(columns)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be there
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
      expect(text).toContain('\\x1B[2J')
    }
  })

  test('opens with the headline and ends with what to type next', () => {
    const lines = explanationText(explain(story), plain).trimEnd().split('\n')
    expect(lines[0]).toBe('The load balancer answered 502 itself. The target, 10.0.0.1:80, gave no answer.')
    expect(lines.at(-1)).toBe('       why5xx explain keepalive-shorter-than-idle-timeout')
  })

  test('colour only adds: without it the words are the same', () => {
    const colored = explanationText(explain(story), { ...plain, color: true })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
    expect(colored.replace(/\u001b\[[0-9;]*m/g, '')).toBe(explanationText(explain(story), plain))
    expect(colored).not.toBe(explanationText(explain(story), plain))
  })

  test('any row of any format can be shown', () => {
    for (const { samples } of formats)
      for (const { line } of samples) {
        const explanation = explainRow(line)
        if (explanation) expect(explanationText(explanation, plain)).toContain(explanation.title)
      }
  })
})

test('any text: explained or not, never a throw', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void explainRow(text)))
})
