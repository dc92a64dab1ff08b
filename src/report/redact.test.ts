import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Diagnosis } from '../core/diagnosis.ts'
import { shopDiagnosis } from '../testing/shop-diagnosis.ts'
import { renderJson } from './json.ts'
import { renderMarkdown } from './markdown.ts'
import { redact } from './redact.ts'
import { readDiagnosis } from './schema.ts'
import { rowTokens } from './shorten-row.ts'
import { renderTerminal } from './terminal.ts'

/** The shop diagnosis with one thing in the places where a stranger's words end up. */
function withSecret(words: string, row = words): Diagnosis {
  const [first, second, ...rest] = shopDiagnosis.findings
  const failureRows = shopDiagnosis.failureRows
  if (!first || !second || !failureRows) throw new Error('the shop has findings')
  const samples = second.samples.map((sample) => ({ ...sample, raw: sample.raw.replace('"GET ', `"GET ${row} `) }))
  return {
    ...shopDiagnosis,
    inputs: shopDiagnosis.inputs.map((input) => ({ ...input, badSamples: [`https garbage ${words}`] })),
    findings: [
      { ...first, title: `about ${words} here`, because: [`3 of 4 had ${words} in them`] },
      { ...second, samples, scope: { ...second.scope, routes: [`GET /a/${words}`] } },
      ...rest,
    ],
    top: {
      ...shopDiagnosis.top,
      routes: [{ key: `GET /u/${words}`, requests: 2, failures: 1, elb5xx: 1, target5xx: 0 }],
    },
    failureRows: {
      ...failureRows,
      columns: {
        ...failureRows.columns,
        request: [`GET https://www.shop.example:443/${words} HTTP/2.0`, null],
        userAgent: [`agent (${words})`, null],
        traceId: [`Root=1-6b03a2cf-5b40496cb3924a882edc640e;Extra=${words}`, null],
      },
    },
    contradictions: [{ what: `odd: ${words}`, rows: 1, samples }],
    missing: [{ what: words, why: words }],
    errors: [{ where: 'row', message: `bad ${words}`, hint: words }],
  }
}

function everything(diagnosis: Diagnosis): string {
  return [
    renderJson(diagnosis),
    renderTerminal(diagnosis, { columns: 120, color: false }),
    renderMarkdown(diagnosis),
  ].join('\n')
}

const word = (alphabet: string, minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength })
const LOWER = 'abcdefghijklmnopqrstuvwxyz'
const DIGITS = '0123456789'
const BASE64 = `${LOWER}${LOWER.toUpperCase()}${DIGITS}_`

describe('hidden everywhere, whatever it is', () => {
  test('e-mail addresses, also percent-encoded', () => {
    const email = fc.tuple(
      word(`${LOWER}.`, 3, 12).map((name) => `q${name}q`),
      fc.constantFrom('@', '%40'),
      word(LOWER, 4, 10),
    )
    fc.assert(
      fc.property(email, ([name, at, host]) => {
        const text = everything(redact(withSecret(`${name}${at}${host}.example`), { on: true }))
        expect(text).not.toContain(`${name}${at}`)
        expect(text).not.toContain(`${host}.example`)
      }),
      { numRuns: 40 },
    )
  })

  test('client addresses of both kinds, also where they stand in a sentence or a path', () => {
    const v4 = fc
      .tuple(fc.integer({ min: 11, max: 223 }), fc.nat(255), fc.nat(255), fc.integer({ min: 1, max: 254 }))
      .map((parts) => parts.join('.'))
    const group = fc.integer({ min: 0x1000, max: 0xffff }).map((value) => value.toString(16))
    const v6 = fc.oneof(
      fc.tuple(group, group, group).map(([a, b, c]) => `2001:${a}:${b}::${c}`),
      fc.array(group, { minLength: 7, maxLength: 7 }).map((groups) => `2001:${groups.join(':')}`),
    )
    fc.assert(
      fc.property(fc.oneof(v4, v6), (address) => {
        fc.pre(!shopDiagnosis.findings.some((finding) => JSON.stringify(finding.scope).includes(address)))
        expect(everything(redact(withSecret(address), { on: true }))).not.toContain(address)
      }),
      { numRuns: 60 },
    )
  })

  test('bearer tokens, JWTs, keys of known vendors, long hex and long base64', () => {
    const secret = fc.oneof(
      word(BASE64, 20, 60).map((token) => `Bearer Q7x${token}`),
      fc
        .tuple(word(BASE64, 12, 30), word(BASE64, 12, 60), word(BASE64, 20, 43))
        .map((parts) => `eyJ${parts.join('.')}`),
      word(`${DIGITS}abcdef`, 32, 64),
      word(BASE64, 40, 80).map((token) => `aZ9${token}`),
      word(BASE64, 16, 36).map((token) => `ghp_x${token}`),
      word(`${DIGITS}ABCDEFGH`, 16, 16).map((token) => `AKIA${token}`),
    )
    fc.assert(
      fc.property(secret, (text) => {
        const token = text.split(' ').at(-1) ?? ''
        expect(everything(redact(withSecret(text), { on: true }))).not.toContain(token)
      }),
      { numRuns: 60 },
    )
  })

  test.each([
    ['password=Zq7hunter', 'Zq7hunter'],
    ['{"api_key": "Zq7short"}', 'Zq7short'],
    ["login failed, db_password='Zq7x'", 'Zq7x'],
    ['session_id=Zq7abc; path=/', 'Zq7abc'],
  ])('what an app assigns in its log: %s', (text, secret) => {
    expect(everything(redact(withSecret(text), { on: true }))).not.toContain(secret)
  })

  test('query values, also in a broken request with spaces', () => {
    const value = word(`${LOWER}${DIGITS}-.%+`, 6, 30).map((text) => `Zq${text}`)
    fc.assert(
      fc.property(value, (text) => {
        expect(everything(redact(withSecret(`p?name=${text}&x=1`), { on: true }))).not.toContain(text)
        const rows = { ...shopDiagnosis.failureRows } as NonNullable<Diagnosis['failureRows']>
        const request = `GET https://www.shop.example:443/find?q=lamp shade ${text} HTTP/1.1`
        const broken = {
          ...shopDiagnosis,
          failureRows: { ...rows, columns: { ...rows.columns, request: [request, null] } },
        }
        const [hidden] = redact(broken, { on: true }).failureRows?.columns.request ?? []
        expect(hidden).not.toContain(text)
        expect(hidden).toMatch(/^GET https:\/\/www\.shop\.example:443\/find\?q=\[v\d+\] HTTP\/1\.1$/)
      }),
      { numRuns: 40 },
    )
  })
})

describe('what stays', () => {
  const hidden = redact(shopDiagnosis, { on: true })

  test('off is the diagnosis itself', () => {
    expect(redact(shopDiagnosis, { on: false })).toBe(shopDiagnosis)
  })

  test('a redacted diagnosis is a diagnosis, and redacting it again changes nothing', () => {
    expect(readDiagnosis(renderJson(hidden))).toEqual(JSON.parse(JSON.stringify(hidden)))
    expect(redact(hidden, { on: true })).toEqual(hidden)
  })

  test('addresses of targets and nodes, names, times, statuses and trace ids', () => {
    const text = renderJson(hidden)
    for (const kept of [
      '10.0.1.17:30080',
      '10.0.4.11',
      'k8s-shop-edge-4f1c2a9b7d',
      'Root=1-6b03a2cf-4fc1e4d7cde1d5f0db409f0a',
      'TID_4fc1e4d7cde1d5f0db409f0a51856504',
      'Version/18.6 Mobile/15E148 Safari/604.1',
    ])
      expect(text).toContain(kept)
    expect(hidden.top).toEqual(shopDiagnosis.top)
    expect(hidden.books).toEqual(shopDiagnosis.books)
  })

  test('a row keeps its fields, and one client is one stand-in', () => {
    const before = shopDiagnosis.findings.flatMap((finding) => finding.samples)
    const after = hidden.findings.flatMap((finding) => finding.samples)
    for (const [index, sample] of after.entries())
      expect(rowTokens(sample.raw)).toHaveLength(rowTokens(before[index]?.raw ?? '').length)
    const raced = hidden.findings[2]?.samples[0]?.raw ?? ''
    const client = /\[client-\d+\]:40205/.exec(raced)?.[0]
    expect(client).toBeDefined()
    expect(hidden.failureRows?.columns.client[0]).toBe(client)
  })

  test('an IPv6 client without brackets goes, its port stays', () => {
    expect(hidden.findings[1]?.samples[1]?.raw).toMatch(/ \[client-\d+\]:50718 /)
  })

  test('a query keeps its names', () => {
    expect(hidden.findings[1]?.samples[0]?.raw).toMatch(/\/checkout\?cart=\[v\d+\]&email=\[v\d+\] HTTP/)
  })

  test('a version of four numbers is no address, and a time is no IPv6 address', () => {
    const words = redact(withSecret('Chrome/141.0.0.0 at 14:02:11 UTC, ratio 1:2:3'), { on: true })
    expect(words.missing[0]?.what).toBe('Chrome/141.0.0.0 at 14:02:11 UTC, ratio 1:2:3')
  })

  test('the words of a finding', () => {
    expect(hidden.findings.map((finding) => finding.because)).toEqual(
      shopDiagnosis.findings.map((finding) => finding.because),
    )
    expect(hidden.findings.map((finding) => finding.fixes)).toEqual(
      shopDiagnosis.findings.map((finding) => finding.fixes),
    )
    expect(hidden.missing).toEqual(shopDiagnosis.missing)
  })
})

test('a row as JSON keeps its shape', () => {
  const raw =
    '{"type":"https","client_port":"203.0.113.9:4000","target_port":"10.9.9.9:80","request":"GET https://x.example/?a=b HTTP/1.1"}'
  const diagnosis = {
    ...shopDiagnosis,
    contradictions: [{ what: 'x', rows: 1, samples: [{ input: 'a', row: 1, raw, decidedBy: [] }] }],
  }
  const hidden = redact(diagnosis, { on: true }).contradictions[0]?.samples[0]?.raw ?? ''
  expect(JSON.parse(hidden)).toMatchObject({ target_port: '10.9.9.9:80' })
  expect(hidden).not.toContain('203.0.113.9')
  expect(hidden).not.toContain('?a=b')
})
