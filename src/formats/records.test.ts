import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { alb } from './alb.ts'
import { classic } from './classic.ts'
import type { FormatId, LogFormat } from './define-format.ts'
import { detectFormat } from './detect.ts'
import { formatById } from './index.ts'
import { fieldValue, parseRow, rowField } from './parse-row.ts'
import { createRowConverter } from './records.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Detects, converts in chunks of `size`, and returns the rows. */
function convert(text: string, size = 1 << 20): { name: string; format: LogFormat; rows: string[] } {
  const bytes = encoder.encode(text)
  const detection = detectFormat(bytes)
  if (detection.kind !== 'log') throw new Error(`not a log: ${'seen' in detection ? detection.seen : detection.kind}`)
  const converter = createRowConverter(detection)
  let out = ''
  for (let at = detection.bomBytes; at < bytes.length; at += size)
    out += decoder.decode(converter.push(bytes.subarray(at, at + size)))
  out += decoder.decode(converter.end())
  return {
    name: detection.name,
    format: formatById(detection.format),
    rows: out.split('\n').filter((row) => row !== ''),
  }
}

const albLine = alb.samples[2]?.line ?? ''
const albTokens = parseRow(alb, albLine).fields.map((field) => field.raw)
const key = (name: string): string => name.replace(':', '_')

const athenaHeader =
  'type,time,elb,client_ip,client_port,target_ip,target_port,request_processing_time,target_processing_time,response_processing_time,elb_status_code,target_status_code,received_bytes,sent_bytes,request_verb,request_url,request_proto,user_agent,ssl_cipher,ssl_protocol,target_group_arn,trace_id,domain_name,chosen_cert_arn,matched_rule_priority,request_creation_time,actions_executed,redirect_url,lambda_error_reason,target_port_list,target_status_code_list,classification,classification_reason,conn_trace_id'
const quoted = (header: string): string =>
  `${header
    .split(',')
    .map((name) => `"${name}"`)
    .join(',')}\n`

describe('JSON lines', () => {
  test('a vended record becomes the row it was made from', () => {
    const record: Record<string, unknown> = {}
    alb.fields.forEach((field, index) => {
      if (index < albTokens.length)
        record[field.name === 'request' ? 'request_line' : key(field.name)] = albTokens[index]
    })
    record.request_processing_time = 0.001
    record.elb_status_code = 200
    record.something_new = { deep: true }
    const { name, rows } = convert(`${JSON.stringify(record)}\n${JSON.stringify(record)}`)
    expect(name).toBe('alb-json')
    expect(rows).toEqual([albLine, albLine])
  })

  test('absent is null, left out is empty: both are no value, and only the first is a dash', () => {
    const record = {
      type: 'http',
      time: '2026-11-23T02:19:59.646366Z',
      elb: 'app/shop/7e13d860e39e867e',
      client_port: '203.0.113.38:39833',
      target_port: null,
      request_processing_time: -1,
      target_processing_time: -1,
      response_processing_time: -1,
      elb_status_code: 503,
      target_status_code: '-',
      trace_id: 'Root=1-6b03a2cf-4fc1e4d7cde1d5f0db409f0a',
      error_reason: null,
    }
    const { rows } = convert(`${JSON.stringify(record)}\n`)
    const row = parseRow(alb, rows[0] ?? '')
    expect(row.isBad).toBe(false)
    expect(row.fields).toHaveLength(25)
    expect(fieldValue(row, 'target:port')).toBeUndefined()
    expect(rowField(row, 'target:port')?.raw).toBe('-')
    expect(rowField(row, 'target_group_arn')?.raw).toBe('')
    expect(rowField(row, 'actions_executed')?.raw).toBe('')
    expect(rowField(row, 'error_reason')?.raw).toBe('-')
    expect(fieldValue(row, 'trace_id')).toBe('Root=1-6b03a2cf-4fc1e4d7cde1d5f0db409f0a')
  })

  test('a row wrapped in message by CloudWatch Logs comes out as it was', () => {
    const { name, rows } = convert(
      `${JSON.stringify({ timestamp: 1, message: albLine })}\n{"timestamp":2,"message":"not a row"}\n`,
    )
    expect(name).toBe('alb-json')
    expect(rows).toEqual([albLine, 'not a row'])
  })

  test('a record that is no JSON stays one row, which does not parse', () => {
    const good = JSON.stringify({ timestamp: 1, message: albLine })
    const { rows } = convert(`${good}\n{"timestamp": 1, "mess\n[1]\n`)
    expect(rows).toHaveLength(3)
    expect(rows.map((row) => parseRow(alb, row).isBad)).toEqual([false, true, true])
  })

  test('quotes and line breaks in a value cannot break out of their field', () => {
    const record = {
      type: 'http',
      time: '2026-11-23T02:19:59.646366Z',
      elb: 'app/shop/1',
      client_port: '203.0.113.38:39833',
      target_port: '10.0.0.1:80',
      request_processing_time: 0,
      target_processing_time: 0,
      response_processing_time: 0,
      elb_status_code: 200,
      target_status_code: 200,
      request: 'GET http://a/" 502 - HTTP/1.1',
      user_agent: 'a\nb "c"',
      ssl_cipher: 'a b',
    }
    const { rows } = convert(JSON.stringify(record))
    const row = parseRow(alb, rows[0] ?? '')
    expect(fieldValue(row, 'request')).toBe('GET http://a/" 502 - HTTP/1.1')
    expect(fieldValue(row, 'user_agent')).toBe('a\nb "c"')
    expect(fieldValue(row, 'ssl_cipher')).toBe('a b')
  })
})

describe('CSV', () => {
  const athenaRow = [
    'http',
    '2026-11-23T02:19:59.646366Z',
    'app/shop/1',
    '203.0.113.38',
    '39833',
    '10.37.1.1',
    '30080',
    '-1.0',
    '-1',
    '-1',
    '502',
    '-',
    '127',
    '272.0',
    'GET',
    'http://www.shop.example:80/?q=""a""',
    'HTTP/1.1',
    'two\nlines',
    '-',
    '-',
    'arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/a/b',
    'Root=1-6b03a2cf-4fc1e4d7cde1d5f0db409f0a',
    '-',
    '-',
    '0',
    '2026-11-23 02:19:59.645 UTC',
    'forward',
    '-',
    '',
    '10.37.1.1:30080',
    '-',
    '-',
    '-',
    'TID_1',
  ]
    .map((value) => `"${value}"`)
    .join(',')

  test('an Athena result: split addresses and request, quoted fields over two lines, a timestamp column', () => {
    for (const size of [1, 7, 100_000]) {
      const { name, rows } = convert(`${quoted(athenaHeader)}${athenaRow}\r\n${athenaRow}\r\n`, size)
      expect(name).toBe('alb-csv')
      expect(rows).toHaveLength(2)
      const row = parseRow(alb, rows[0] ?? '')
      expect(row.problems).toEqual([])
      expect(fieldValue(row, 'client:port')).toBe('203.0.113.38:39833')
      expect(fieldValue(row, 'target:port')).toBe('10.37.1.1:30080')
      expect(fieldValue(row, 'request_processing_time')).toBeUndefined()
      expect(fieldValue(row, 'request')).toBe('GET http://www.shop.example:80/?q="a" HTTP/1.1')
      expect(fieldValue(row, 'user_agent')).toBe('two\nlines')
      expect(fieldValue(row, 'sent_bytes')).toBe('272')
      expect(fieldValue(row, 'request_creation_time')).toBe('2026-11-23T02:19:59.645Z')
      expect(fieldValue(row, 'error_reason')).toBeUndefined()
      expect(fieldValue(row, 'conn_trace_id')).toBe('TID_1')
    }
  })

  test('no target: Athena writes a dash and an empty port', () => {
    const line = athenaRow.replace('"10.37.1.1","30080"', '"-",""')
    const { rows } = convert(`${quoted(athenaHeader)}${line}\n`)
    expect(fieldValue(parseRow(alb, rows[0] ?? ''), 'target:port')).toBeUndefined()
  })

  test('columns in another order, separated by tabs', () => {
    const names = athenaHeader.split(',').reverse()
    const values = athenaRow.slice(1, -1).replace('""a""', "'a'").split('","').reverse()
    const { name, rows } = convert(
      `${names.join('\t')}\n${values.map((value) => value.replace('\n', ' ')).join('\t')}\n`,
    )
    expect(name).toBe('alb-tsv')
    expect(fieldValue(parseRow(alb, rows[0] ?? ''), 'elb_status_code')).toBe('502')
  })

  test('a record with too few columns is one bad row; an unclosed quote does not eat the memory', () => {
    const { rows } = convert(
      `${quoted(athenaHeader)}${athenaRow}\na,b\n"${'x'.repeat(3_000_000)}\n${athenaRow}\n`,
      65_536,
    )
    const bad = rows.filter((row) => parseRow(alb, row).isBad)
    expect(rows.length - bad.length).toBe(2)
    expect(bad.length).toBeGreaterThanOrEqual(2)
  })

  test('an export without the columns that decide says which', () => {
    const detection = detectFormat(
      encoder.encode('time,elb,elb_status_code,client_ip,client_port,request_url,user_agent\n1,2,3,4,5,6,7\n'),
    )
    expect(detection).toEqual({
      kind: 'other',
      seen: 'CSV with 5 fields of an Application Load Balancer access log, but without target:port, target_status_code, request_processing_time: export those too',
    })
  })

  test.each(['classic', 'nlb', 'alb-connection', 'alb-health-check'] as FormatId[])('an export of %s', (id) => {
    const format = formatById(id)
    const line = format.samples[0]?.line ?? ''
    const values = parseRow(format, line).fields.map((field) => `"${field.raw.replaceAll('"', '""')}"`)
    const header = format.fields.slice(0, values.length).map((field) => key(field.name))
    const { name, rows } = convert(`${header.join(',')}\n${values.join(',')}\n`)
    expect(name).toBe(`${id}-csv`)
    expect(fieldValue(parseRow(format, rows[0] ?? ''), format.fields[0]?.name ?? '')).toBe(
      fieldValue(parseRow(format, line), format.fields[0]?.name ?? ''),
    )
    expect(parseRow(format, rows[0] ?? '').fields).toHaveLength(values.length)
  })
})

test('any text after a header: no throw, and the same rows however it is cut', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', 'a', '-') }),
      fc.integer({ min: 1, max: 9 }),
      (text, size) => {
        const whole = convert(`${athenaHeader}\n${text}`)
        expect(convert(`${athenaHeader}\n${text}`, size).rows).toEqual(whole.rows)
      },
    ),
  )
})

test('a Classic export keeps its own field names', () => {
  const { format, rows } = convert(
    'time,elb,client_ip,client_port,backend_ip,backend_port,request_processing_time,backend_processing_time,response_processing_time,elb_status_code,backend_status_code\n' +
      '2026-11-23T02:19:59.646366Z,my-lb,203.0.113.38,39833,10.0.0.1,80,0.1,-1,-1,504,0\n',
  )
  expect(format).toBe(classic)
  expect(fieldValue(parseRow(classic, `${rows[0]}`), 'backend:port')).toBe('10.0.0.1:80')
})
