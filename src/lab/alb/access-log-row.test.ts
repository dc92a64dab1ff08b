import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AccessLogRow, escapeField, formatAccessLogRow } from './access-log-row.ts'

const row: AccessLogRow = {
  type: 'http',
  timeMs: Date.UTC(2026, 10, 23, 2, 20, 0, 381) + 0.125,
  loadBalancer: 'app/shop/7e13d860e39e867e',
  client: '203.0.113.37:45185',
  target: '10.37.1.1:30080',
  requestMs: 0.4,
  targetMs: 6.9,
  responseMs: 0,
  elbStatus: 200,
  targetStatus: 200,
  receivedBytes: 176,
  sentBytes: 867,
  requestLine: 'GET http://www.shop.example:80/cart?id=1 HTTP/1.1',
  userAgent: 'ShopApp/7.3.1 "beta" (Android 15)',
  targetGroupArn: 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/shop/bda7e7a9f7215291',
  traceId: 'Root=1-6b03a2d0-a7e8996ac667bcfd4d783423',
  rulePriority: 0,
  createdMs: Date.UTC(2026, 10, 23, 2, 20, 0, 372) + 0.9,
  actions: 'forward',
  errorReason: undefined,
  classification: undefined,
  classificationReason: undefined,
  connectionTraceId: 'TID_207686fc50d7019aa1552f80fee5a881',
  nodeAddress: '10.37.0.11',
}

describe('a row of the access log', () => {
  test('has the 34 fields, times in milliseconds and the quotes of a real row', () => {
    expect(formatAccessLogRow(row)).toBe(
      'http 2026-11-23T02:20:00.381125Z app/shop/7e13d860e39e867e 203.0.113.37:45185 10.37.1.1:30080 0.000 0.006 0.000 ' +
        '200 200 176 867 "GET http://www.shop.example:80/cart?id=1 HTTP/1.1" "ShopApp/7.3.1 \\x22beta\\x22 (Android 15)" ' +
        '- - arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/shop/bda7e7a9f7215291 ' +
        '"Root=1-6b03a2d0-a7e8996ac667bcfd4d783423" "-" "-" 0 2026-11-23T02:20:00.372000Z "forward" "-" "-" ' +
        '"10.37.1.1:30080" "200" "-" "-" TID_207686fc50d7019aa1552f80fee5a881 "-" "-" "-" 10.37.0.11',
    )
  })

  test('shows -1 and dashes for what did not happen', () => {
    const fields = tokens(
      formatAccessLogRow({
        ...row,
        target: undefined,
        requestMs: undefined,
        targetMs: undefined,
        responseMs: undefined,
        elbStatus: 400,
        targetStatus: undefined,
        userAgent: undefined,
        targetGroupArn: undefined,
        traceId: undefined,
        rulePriority: undefined,
        actions: undefined,
        classification: 'Severe',
        classificationReason: 'BadContentLength',
      }),
    )
    expect(fields.slice(4, 10)).toEqual(['-', '-1', '-1', '-1', '400', '-'])
    expect(fields.slice(13, 24)).toEqual([
      '"-"',
      '-',
      '-',
      '-',
      '"-"',
      '"-"',
      '"-"',
      '-',
      '2026-11-23T02:20:00.372000Z',
      '"-"',
      '"-"',
    ])
    expect(fields.slice(25, 29)).toEqual(['"-"', '"-"', '"Severe"', '"BadContentLength"'])
  })

  test('escapes quotes, backslashes and every byte outside printable ASCII, in upper case', () => {
    expect(escapeField('a"b\\c\u00ec\u0097\t\n')).toBe('a\\x22b\\x5Cc\\xEC\\x97\\x09\\x0A')
  })

  test('whatever a stranger sends, a row is one line of 34 fields', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (uri, agent) => {
        const text = formatAccessLogRow({
          ...row,
          requestLine: `GET ${Buffer.from(uri).toString('latin1')} HTTP/1.1`,
          userAgent: Buffer.from(agent).toString('latin1'),
        })
        expect(text).toMatch(/^[\x20-\x7e]+$/)
        expect(tokens(text)).toHaveLength(34)
      }),
    )
  })

  test('cuts a user agent at 8 KB', () => {
    expect(tokens(formatAccessLogRow({ ...row, userAgent: 'x'.repeat(9000) }))[13]).toHaveLength(8194)
  })
})

function tokens(text: string): string[] {
  return text.match(/"[^"]*"|\S+/g) ?? []
}
