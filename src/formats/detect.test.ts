import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Detection, detectFormat } from './detect.ts'
import { formats } from './index.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const detect = (text: string): Detection => detectFormat(bytes(text))
const seen = (detection: Detection): string => ('seen' in detection ? detection.seen : detection.kind)
const rowOf = (id: string): string => formats.find((format) => format.id === id)?.samples[0]?.line ?? ''

describe.each(formats.map((format) => [format.id, format] as const))('%s', (id, format) => {
  test('is recognised from one row of any vintage', () => {
    for (const sample of format.samples.filter((each) => !each.isCut))
      expect([sample.title, detect(sample.line)]).toEqual([
        sample.title,
        expect.objectContaining({ kind: 'log', format: id, carrier: 'rows' }),
      ])
  })

  test('is recognised with CRLF, a byte order mark, blank lines and a cut last row', () => {
    const text = `\uFEFF\r\n${rowOf(id)}\r\n${rowOf(id)}\r\n${rowOf(id).slice(0, 30)}`
    expect(detect(text)).toMatchObject({ format: id, bomBytes: 3 })
  })
})

describe('what is no log says what it is', () => {
  test.each([
    ['an empty file', '', 'an empty file'],
    ['blank lines', '\n\r\n\n', 'a file of blank lines'],
    [
      "AWS's test file",
      'Enable AccessLog for ELB: app/elb-name/abc123456 at 2025-05-30T16:47:00.781Z',
      "AWS's test file (ELBAccessLogTestFile)",
    ],
    [
      'an application log',
      'INFO:     Started server process [12243]\nINFO:     Waiting\n',
      'text that begins "INFO:     Started server process [12243]"',
    ],
    ['a web page', '<!DOCTYPE html>\n<html></html>', 'a web page or XML'],
    ['a JSON array', '[\n  {"time": 1}\n]', "JSON, one array: jq -c '.[]' makes JSON lines of it"],
    [
      'saved evidence',
      '{\n  "format": "why5xx-evidence",\n  "version": 1\n}\n',
      'evidence that why5xx saved: --from-evidence FOLDER judges it',
    ],
    [
      'a diagnosis',
      '{\n  "schemaVersion": 1,\n  "tool": { "name": "why5xx" }\n}\n',
      'a diagnosis that why5xx wrote: why5xx compare, fix and ui read it',
    ],
    ['other JSON', '{"a": 1}\n{"a": 2}\n', 'JSON that holds no load balancer rows'],
    ['a W3C log', '#Version: 1.0\n#Fields: date time\n', 'a W3C log: deliver it as plain text or JSON'],
  ])('%s', (_, text, what) => {
    expect(seen(detect(text))).toBe(what)
  })

  test('pictures, archives, gzip and rubbish, whatever their name', () => {
    expect(seen(detectFormat(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10)))).toBe('a PNG image')
    expect(seen(detectFormat(Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0)))).toMatch(/^a zip archive/)
    expect(detectFormat(gzipSync('x')).kind).toBe('gzip')
    expect(seen(detectFormat(Uint8Array.from({ length: 2000 }, (_, index) => (index * 7919) % 256)))).toBe(
      'binary data',
    )
  })

  test('one row quoted in a long text does not make it a log, and is mentioned', () => {
    const text = `${'a line of a story\n'.repeat(30)}${rowOf('alb')}\nthe end\n`
    expect(seen(detect(text))).toBe(
      'text in which 1 of the first 32 lines look like an Application Load Balancer access log',
    )
  })
})

test('a log with rubbish between its rows is still a log', () => {
  expect(detect(`\0\0\0\n${rowOf('alb')}\n###\n${rowOf('alb')}\n`)).toMatchObject({ format: 'alb' })
})

test('rows too long for a look at the first of them are recognised by a longer one', () => {
  const path = 'a'.repeat(3_000)
  const row = rowOf('alb').replace(/https?:\/\/[^/]+\//, (url) => `${url}${path}`)
  expect(row).toContain(path)
  expect(detect(`no row\n${`${row}\n`.repeat(6)}`)).toMatchObject({ format: 'alb', carrier: 'rows' })
})

test('an endless row is looked at by its first bytes', () => {
  expect(detect(`${rowOf('alb').slice(0, -1)} "${'x'.repeat(200_000)}`)).toMatchObject({ format: 'alb' })
  expect(detect('x'.repeat(200_000)).kind).toBe('other')
})

test('any bytes: no throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (head) => {
      expect(detectFormat(head)).toHaveProperty('kind')
    }),
  )
})
