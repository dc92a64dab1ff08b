import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HashIndex } from '../core/hash-index.ts'
import { FLAG_CLASSIC, FLAG_GRPC, FLAG_WEBSOCKET, type RequestBatch } from '../core/request-batch.ts'
import { detailTexts, type RowDetails } from '../core/row-details.ts'
import { readRequestFields } from './request-fields.ts'
import { createRequestScanner } from './request-scanner.ts'
import { createRowKernel, type RowKernel } from './row-kernel.ts'

/** Small tables are emptied soon. */
const smallKernel = createRowKernel(256)

interface SeenRow {
  readonly row: number
  readonly [column: string]: unknown
}

interface Scanned {
  readonly rows: readonly SeenRow[]
  readonly bad: readonly { readonly text: string; readonly row: number }[]
}

interface Setup {
  readonly format?: 'alb' | 'classic'
  readonly node?: string
  /** Bytes per block; whole lines, as the reader gives them. Default: all at once. */
  readonly cuts?: readonly number[]
  readonly isSlow?: boolean
  readonly kernel?: RowKernel
}

/** What the scanner makes of a log, with the ids replaced by what they stand for. */
function scan(
  log: Uint8Array,
  { format = 'alb', node = '', cuts = [], isSlow = false, kernel = smallKernel }: Setup = {},
): Scanned {
  const rows: SeenRow[] = []
  const bad: { text: string; row: number }[] = []
  kernel.clear()
  const scanner = createRequestScanner(
    {
      onBatch: (batch) => rows.push(...plainRows(batch, scanner.entities)),
      onBad: (text, row) => bad.push({ text, row }),
      onSkipped: () => undefined,
    },
    { kernel, ...(isSlow && { acceptsRequest: () => true }) },
  )
  scanner.beginInput(format, node)
  let row = 1
  for (const block of blocksOf(log, cuts)) row += scanner.scanLines(block, row)
  scanner.flush()
  return { rows, bad }
}

function plainRows(batch: RequestBatch, { flows, routes }: ReturnType<typeof createRequestScanner>['entities']) {
  return Array.from({ length: batch.length }, (_, i) => ({
    row: batch.row[i] as number,
    start: batch.start[i],
    end: batch.end[i],
    requestMs: batch.requestMs[i],
    targetMs: batch.targetMs[i],
    responseMs: batch.responseMs[i],
    elbStatus: batch.elbStatus[i],
    targetStatus: batch.targetStatus[i],
    receivedBytes: batch.receivedBytes[i],
    sentBytes: batch.sentBytes[i],
    flow: flows[batch.flow[i] as number],
    route: routes[batch.route[i] as number],
    flags: batch.flags[i],
    detail: detailOf(batch.details, i),
  }))
}

function detailOf(details: RowDetails, row: number) {
  const n = Array.from({ length: details.length }, (_, d) => details.rowOf(d)).indexOf(row)
  if (n === -1) return undefined
  const texts = detailTexts.map((name) => [name, details.textOf(n, name)])
  return { ...Object.fromEntries(texts), ...details.labelsOf(n) }
}

/** Whole lines, in the reader's kind of memory: one buffer that is used again, with old bytes behind the block. */
function* blocksOf(log: Uint8Array, cuts: readonly number[]): Iterable<Buffer> {
  const memory = Buffer.alloc(log.length + 700, 'h2 2026-11-23T02:00:00.000000Z "x" ')
  let from = 0
  for (const cut of [...cuts, log.length]) {
    const newline = cut >= log.length ? log.length : Buffer.from(log).lastIndexOf(10, cut) + 1
    if (newline <= from) continue
    memory.set(log.subarray(from, newline))
    yield memory.subarray(0, newline - from)
    from = newline
  }
}

const bytesOf = (lines: readonly string[], end = '\n'): Buffer => Buffer.from(lines.map((line) => line + end).join(''))

// --- rows ---------------------------------------------------------------------------------------------------------

const arn = (name: string): string => `arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/${name}`
const certificateArn = 'arn:aws:acm:eu-west-1:123456789012:certificate/5e2f7a10-3c9b-4b60-8b1a-6f0d2c4e8a91'
const WEB = arn('k8s-shop-web-1a2b3c4d5e/0f1e2d3c4b5a6978')
/** As long as WEB, and the same at its end. */
const API = arn('k8s-shop-api-1a2b3c4d5e/0f1e2d3c4b5a6978')

/** One row as its 36 fields, quotes included. */
function healthyFields(): string[] {
  return [
    'https',
    '2026-11-23T02:00:00.208423Z',
    'app/shop/7e13d860e39e867e',
    '203.0.113.22:55580',
    '10.0.2.3:8080',
    '0.000',
    '0.202',
    '0.001',
    '200',
    '200',
    '255',
    '413',
    '"GET https://www.shop.example:443/orders/1552/history?page=2 HTTP/1.1"',
    '"Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'TLSv1.2',
    WEB,
    '"Root=1-6b038200-4aab68f392af19b6f657c59d"',
    '"www.shop.example"',
    `"${certificateArn}"`,
    '1',
    '2026-11-23T02:00:00.006000Z',
    '"forward"',
    '"-"',
    '"-"',
    '"10.0.2.3:8080"',
    '"200"',
    '"-"',
    '"-"',
    'TID_03f58a58c79e09d74d601d4a5235ec21',
    '"-"',
    '"-"',
    '"-"',
    '10.29.0.11',
    '-',
    '-',
  ]
}

const row = (changes: Readonly<Record<number, string>> = {}, fields = 34): string =>
  healthyFields()
    .map((value, index) => changes[index] ?? value)
    .slice(0, fields)
    .join(' ')

const oneOf = (...values: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...values)
const time = fc
  .integer({ min: Date.UTC(2026, 10, 23, 1, 59, 30), max: Date.UTC(2026, 10, 23, 2, 1, 30) })
  .chain((ms) => fc.integer({ min: 0, max: 999 }).map((micros) => stamp(ms, micros)))
const stamp = (ms: number, micros: number): string =>
  `${new Date(ms).toISOString().slice(0, 23)}${String(micros).padStart(3, '0')}Z`
const hostile = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => text.replace(/[\n\r]/g, '')),
  oneOf(
    '',
    '-',
    '\\"',
    '\\x22',
    'a"b',
    'a" "b',
    '\0\0\0\0\0\0\0\0',
    '*****(((',
    '\u00ff\u007f',
    ' ',
    '\t',
    'é'.repeat(30),
  ),
)
const seconds = fc.oneof(
  fc.integer({ min: 0, max: 99_999 }).map((ms) => (ms / 1000).toFixed(3)),
  oneOf('-1', '-', '0.0', '1', '1.5', '12345678.000', 'NaN', ''),
)
const change: fc.Arbitrary<readonly [number, string]> = fc.oneof(
  oneOf('http', 'https', 'h2', 'ws', 'wss', 'grpcs', 'grpc', 'w', 'h3', '', '\ufeffh2').map(
    (value) => [0, value] as const,
  ),
  fc.tuple(
    fc.constantFrom(1, 21),
    fc.oneof(
      time,
      oneOf(
        '-',
        '2026-02-30T02:00:00.208423Z',
        '2026-11-23T02:00:60.000000Z',
        '2026-11-23 02:00:00',
        '2026-11-23T02:00:0:.208423Z',
      ),
    ),
  ),
  oneOf('app/shop/7e13d860e39e867e', 'app/bi/0000000000000001', 'app/x/1', 'shop').map((value) => [2, value] as const),
  oneOf('203.0.113.22:55580', '2001:db8::7:443', '[2001:db8::7]:443', '-', '', '"a b"').map(
    (value) => [3, value] as const,
  ),
  oneOf('10.0.2.3:8080', '10.0.2.4:8080', '-', '', '2001:db8:0:1:2:3:4:5:8080', 'a', '"10.0.2.3:8080"').map(
    (value) => [4, value] as const,
  ),
  fc.tuple(fc.constantFrom(5, 6, 7), seconds),
  fc.tuple(
    fc.constantFrom(8, 9),
    oneOf('200', '304', '404', '460', '502', '504', '000', '0', '-', '20', '2000', 'abc', '099'),
  ),
  fc.tuple(fc.constantFrom(10, 11), oneOf('0', '1', '999999999999999', '1234567890123456', '-', '', 'x')),
  fc
    .oneof(
      hostile,
      fc.webUrl({ withQueryParameters: true }),
      oneOf('/', '/api/cart/60b2e', 'https://[2001:db8::1]:443/a b?c', 'https://host:80', '//x//y'),
    )
    .map((url) => [12, `"GET ${url} HTTP/1.1"`] as const),
  oneOf(
    '"- http://host:80- -"',
    '"-"',
    '- -',
    '-',
    '"POST"',
    '"GET  /x HTTP/2.0"',
    '"G?T /x HTTP/1.1"',
    '"(*) /(*)?( HTTP/1.1"',
    '"GET /\\"',
    '"GET /a\\" b HTTP/1.1"',
  ).map((value) => [12, value] as const),
  fc
    .oneof(
      hostile.map((agent) => `"${agent}"`),
      oneOf('-', '""', '"\\x22beta\\x22"', '"curl/8.5.0"'),
    )
    .map((value) => [13, value] as const),
  oneOf('ECDHE-RSA-AES128-GCM-SHA256', 'TLS_AES_128_GCM_SHA256', '-').map((value) => [14, value] as const),
  oneOf(WEB, API, arn('k8s-bi-reports-0a9b8c7d6e/bda7e7a9f7215291'), '-').map((value) => [16, value] as const),
  oneOf(
    '"Root=1-6b038200-4aab68f392af19b6f657c59d"',
    '"-"',
    '-',
    '"Self=1-a;Root=1-b"',
    '"Root=1-6b0382" 4aab68f392af19b6f657c5"',
  ).map((value) => [17, value] as const),
  hostile.map((domain) => [18, `"${domain}"`] as const),
  oneOf('"-"', '"session-reused"', `"${certificateArn}"`).map((value) => [19, value] as const),
  oneOf('0', '12', '50000', '-', '-1', '"1"', '').map((value) => [20, value] as const),
  fc.tuple(
    fc.constantFrom(22, 23, 24, 26, 27, 28),
    fc.oneof(
      oneOf('"waf,forward"', '"-"', '-', '"Ambiguous"', '"200"'),
      hostile.map((text) => `"${text}"`),
    ),
  ),
  oneOf('"10.0.2.3:8080"', '"10.0.2.3:8080 10.0.2.4:8080"', '"-"', '-').map((value) => [25, value] as const),
  oneOf('TID_03f58a58c79e09d74d601d4a5235ec21', '"-"', '-', '').map((value) => [29, value] as const),
  oneOf('10.29.0.11', '10.29.0.12', '2001:db8::29', '-', '', 'none', '"10.29.0.11"').map(
    (value) => [33, value] as const,
  ),
)

const line: fc.Arbitrary<string> = fc
  .record({
    changes: fc.array(change, { maxLength: 3 }),
    fields: fc.oneof({ weight: 3, arbitrary: fc.constant(34) }, fc.integer({ min: 0, max: 38 })),
    cut: fc.option(fc.integer({ min: 0, max: 700 }), { freq: 12 }),
    end: fc.option(oneOf(' ', '"', ' "', '\r', '\t', ' - - "later field"'), { freq: 12 }),
  })
  .map(({ changes, fields, cut, end }) => {
    const text = row(Object.fromEntries(changes), fields)
    return `${cut === null ? text : text.slice(0, cut)}${end ?? ''}`
  })

/** Rows in runs, so that both paths are taken, and mixed, so that guesses fail. */
const log: fc.Arbitrary<Buffer> = fc
  .record({
    lines: fc.array(fc.oneof({ weight: 2, arbitrary: fc.constant(row()) }, line), { minLength: 1, maxLength: 30 }),
    end: fc.constantFrom('\n', '\n', '\r\n'),
    isCut: fc.boolean(),
  })
  .map(({ lines, end, isCut }) => {
    const bytes = bytesOf(lines, end)
    return isCut ? bytes.subarray(0, bytes.length - end.length) : bytes
  })

describe('the fast path says what the exact one says', () => {
  test('for rows of every kind, in any order', () => {
    fc.assert(
      fc.property(log, oneOf('', '10.29.0.99'), (bytes, node) => {
        expect(scan(bytes, { node })).toEqual(scan(bytes, { node, isSlow: true }))
      }),
      { numRuns: 1_500 },
    )
  })

  test('for any bytes in the middle of a row', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), fc.nat({ max: 700 }), fc.nat({ max: 12 }), (noise, at, drop) => {
        const plain = bytesOf([row(), row()])
        const broken = Buffer.concat([plain.subarray(0, at), noise, plain.subarray(at + drop)])
        const bytes = Buffer.concat([plain, broken, plain])
        const [fast, slow] = [scan(bytes), scan(bytes, { isSlow: true })]
        // Bytes that are no UTF-8 become U+FFFD in both; the exact path counts them as three when it names a route.
        const isText = !bytes.toString('utf8').includes('\ufffd')
        const withoutRoutes = ({ rows, bad }: Scanned) => ({ rows: rows.map((one) => ({ ...one, route: null })), bad })
        expect(isText ? fast : withoutRoutes(fast)).toEqual(isText ? slow : withoutRoutes(slow))
      }),
      { numRuns: 1_500 },
    )
  })

  test('for every vintage from 18 to 38 fields', () => {
    for (let fields = 12; fields <= 38; fields++) {
      const bytes = bytesOf([row({}, fields), row({ 1: '2026-11-23T02:00:01.000001Z' }, fields), row({}, fields)])
      expect(scan(bytes)).toEqual(scan(bytes, { isSlow: true }))
      expect(scan(bytes).rows).toHaveLength(fields < 17 ? 0 : 3)
    }
  })

  test('however the log is cut into blocks', () => {
    fc.assert(
      fc.property(log, fc.array(fc.nat({ max: 12_000 }), { maxLength: 6 }), (bytes, cuts) => {
        expect(scan(bytes, { cuts: cuts.sort((a, b) => a - b) })).toEqual(scan(bytes))
      }),
      { numRuns: 500 },
    )
  })

  test('for paths of ids, hashes and files, whichever came before them', () => {
    const word = fc.string({ unit: fc.constantFrom('0', '7', 'a', 'f', 'g', '-', '.', 'Z'), maxLength: 45 })
    const path = fc.array(
      fc.oneof(
        { weight: 3, arbitrary: oneOf('app.fe9f13.js', 'app.faecbd.js', 'ff5b7', 'ffabc', 'cart', '1.2') },
        word,
      ),
      {
        minLength: 1,
        maxLength: 5,
      },
    )
    fc.assert(
      fc.property(fc.array(path, { minLength: 2, maxLength: 12 }), (paths) => {
        const bytes = bytesOf(
          paths.map((parts) => row({ 12: `"GET https://shop:443/${parts.join('/')}?a=1 HTTP/1.1"` })),
        )
        expect(scan(bytes)).toEqual(scan(bytes, { isSlow: true }))
      }),
      { numRuns: 500 },
    )
  })

  test('a hash that happens to have letters only is one of those seen before, in the same place', () => {
    const paths = [
      'js/app.faecbd.js',
      'js/app.fe9f13.js',
      'js/app.abcdef.js',
      'css/app.abcdef.js',
      'cart/12345',
      'cart/facade',
      'facade',
    ]
    const bytes = bytesOf(paths.map((path) => row({ 12: `"GET https://shop:443/${path}?a=1 HTTP/1.1"` })))
    const texts = scan(bytes).rows.map((one) => (one.route as { text: string }).text)
    expect(texts).toEqual([
      'GET /js/app.faecbd.js',
      'GET /js/app.*.js',
      'GET /js/app.*.js',
      'GET /css/app.abcdef.js',
      'GET /cart/*',
      'GET /cart/*',
      'GET /facade',
    ])
    expect(scan(bytes)).toEqual(scan(bytes, { isSlow: true }))
  })

  test('when there are more routes than are kept apart', () => {
    const word = (n: number): string =>
      [17_576, 676, 26, 1].map((d) => 'abcdefghijklmnopqrstuvwxyz'[Math.floor(n / d) % 26]).join('')
    const lines = Array.from({ length: 20_040 }, (_, n) =>
      row({ 12: `"GET https://shop:443/${word(n % 20_020)} HTTP/1.1"` }),
    )
    const bytes = bytesOf(lines)
    const kernel = createRowKernel()
    const [fast, slow] = [scan(bytes, { kernel }), scan(bytes, { isSlow: true })]
    const texts = ({ rows }: Scanned): string[] => rows.map((one) => (one.route as { text: string }).text)
    expect(texts(fast).join('\n')).toBe(texts(slow).join('\n'))
    expect(fast.rows.at(-21)?.route).toEqual({ text: '(other routes)', targetGroup: '' })
    expect(fast.rows.at(-1)?.route).toMatchObject({ text: `GET /${word(19)}` })
  })

  test('when every byte of a row is where the log ends', () => {
    const bytes = bytesOf([row(), row(), row()])
    for (let length = bytes.length - 720; length <= bytes.length; length++) {
      const cut = bytes.subarray(0, length)
      expect(scan(cut)).toEqual(scan(cut, { isSlow: true }))
    }
  })
})

describe('columns', () => {
  test('two target groups that differ in the middle of their ARN only are two', () => {
    const lines = Array.from({ length: 40 }, (_, n) => row({ 16: n % 2 === 0 ? WEB : API }))
    const { rows } = scan(bytesOf(lines))
    expect(rows.map((one) => (one.flow as { targetGroup: string }).targetGroup)).toEqual(
      lines.map((_, n) => (n % 2 === 0 ? WEB : API)),
    )
  })

  test('load balancer, target group and node may change in the middle of a file', () => {
    const later = { 2: 'app/bi/0000000000000001', 16: API, 33: '10.29.0.12' }
    const { rows } = scan(bytesOf([row(), row(), row(later), row(later), row()]))
    expect(rows.map((one) => one.flow)).toEqual(
      [false, false, true, true, false].map((isLater) => ({
        loadBalancer: isLater ? 'app/bi/0000000000000001' : 'app/shop/7e13d860e39e867e',
        targetGroup: isLater ? API : WEB,
        target: '10.0.2.3:8080',
        node: isLater ? '10.29.0.12' : '10.29.0.11',
      })),
    )
  })

  test('a row without a node has the node of its file', () => {
    const { rows } = scan(bytesOf([row({}, 29), row({}, 29)]), { node: '10.29.0.99' })
    expect(rows.map((one) => (one.flow as { node: string }).node)).toEqual(['10.29.0.99', '10.29.0.99'])
  })

  test('numbers come out as the fields say', () => {
    for (const one of scan(bytesOf([row(), row(), row()])).rows)
      expect(one).toMatchObject({
        end: Date.UTC(2026, 10, 23, 2, 0, 0, 208) + 0.423,
        start: Date.UTC(2026, 10, 23, 2, 0, 0, 6),
        requestMs: 0,
        targetMs: 202,
        responseMs: 1,
        elbStatus: 200,
        targetStatus: 200,
        receivedBytes: 255,
        sentBytes: 413,
        route: { text: 'GET /orders/*/history', targetGroup: WEB },
        flags: 0,
      })
  })

  test('WebSocket, gRPC and Classic rows are marked', () => {
    const types = ['wss', 'ws', 'grpcs', 'h2']
    const flags = scan(bytesOf([row(), ...types.map((type) => row({ 0: type }))])).rows.map((one) => one.flags)
    expect(flags).toEqual([0, FLAG_WEBSOCKET, FLAG_WEBSOCKET, FLAG_GRPC, 0])
    const classic =
      '2026-11-23T02:00:00.208423Z my-loadbalancer 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 "GET http://www.shop.example:80/ HTTP/1.1" "curl/8.5.0" - -'
    expect(scan(bytesOf([classic]), { format: 'classic' }).rows).toMatchObject([{ flags: FLAG_CLASSIC, targetMs: 1 }])
  })

  test('failures keep their text and fields, healthy rows nothing', () => {
    const failed = row({ 6: '-1', 7: '-1', 8: '502', 9: '-', 25: '"10.0.2.3:8080"', 26: '"-"' })
    const { rows } = scan(bytesOf([row(), row(), failed, row()]))
    expect(rows.map((one) => (one.detail as { text: string } | undefined)?.text)).toEqual([
      undefined,
      undefined,
      failed,
      undefined,
    ])
    expect(rows[2]?.detail).toMatchObject({
      client: '203.0.113.22:55580',
      userAgent: readRequestFields(failed, false)?.userAgent,
      traceId: 'Root=1-6b038200-4aab68f392af19b6f657c59d',
      actions: 'forward',
      hasTargetGroup: true,
    })
  })

  test('texts of any length are the same on both paths, and so are codes that are new, old, or too many', () => {
    const failed = (changes: Readonly<Record<number, string>>): string =>
      row({ 6: '-1', 7: '-1', 8: '502', 9: '-', 26: '"-"', ...changes })
    const lines = [12, 13, 17, 3].flatMap((field) =>
      [498, 500, 501, 3_900, 9_000].map((size) => failed({ [field]: `"${'x'.repeat(size)}"` })),
    )
    const codes = Array.from({ length: 2_200 }, (_, n) => failed({ 24: `"Reason${n % 2_150}"` }))
    const bytes = bytesOf([...lines, failed({ 13: '"a\\x22b"' }), ...codes, ...codes.slice(0, 20)])
    const [fast, slow] = [scan(bytes), scan(bytes, { isSlow: true })]
    expect(fast.rows.length).toBe(lines.length + 1 + codes.length + 20)
    expect(fast.rows.findIndex((one, n) => !isDeepStrictEqual(one, slow.rows[n]))).toBe(-1)
  })

  test('a batch ends where its texts have no more room', () => {
    const failed = row({ 6: '-1', 7: '-1', 8: '502', 9: '-', 13: `"${'x'.repeat(480)}"`, 26: '"-"' })
    const bytes = bytesOf(Array.from({ length: 5_000 }, () => failed))
    const { rows } = scan(bytes)
    expect(rows).toHaveLength(5_000)
    expect(rows.every((one) => (one.detail as { text: string }).text === failed)).toBe(true)
  })

  test('a row that does not parse is bad, with its line number, and stops nobody', () => {
    const { rows, bad } = scan(bytesOf([row(), 'no log row', '', row(), row().slice(0, 250), row()]))
    expect(rows.map((one) => one.row)).toEqual([1, 4, 6])
    expect(bad.map((one) => one.row)).toEqual([2, 5])
  })

  test('rows seen before are skipped, exactly', () => {
    const skipped: number[] = []
    let kept = 0
    const scanner = createRequestScanner({
      onBatch: (batch) => {
        kept += batch.length
      },
      onBad: () => undefined,
      onSkipped: (why, at) => {
        if (why === 'repeated') skipped.push(at)
      },
    })
    const seen = new HashIndex()
    const other = row({ 11: '414' })
    for (const lines of [
      [row(), other, row()],
      [other, row({ 11: '415' })],
    ]) {
      scanner.beginInput('alb', '', seen)
      scanner.scanLines(bytesOf(lines), 1)
      scanner.flush()
    }
    expect([kept, skipped]).toEqual([3, [3, 1]])
  })
})
