// The fast path is a guess about the next row: whatever the order of rows, it must say what the exact path says.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RequestBatch } from '../core/request-batch.ts'
import { createRequestScanner } from './request-scanner.ts'
import { createRowKernel } from './row-kernel.ts'

/** Small tables are emptied soon. */
const kernel = createRowKernel(256)

interface Shape {
  readonly type: string
  readonly loadBalancer: string
  readonly target: string
  readonly times: string
  readonly statuses: string
  readonly request: string
  readonly userAgent: string
  readonly tls: string
  readonly group: string
  readonly sni: string
  readonly priority: string
  readonly rest: string
}

const arn = (name: string): string => `arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/${name}`
const certificate = 'arn:aws:acm:eu-west-1:123456789012:certificate/5e2f7a10-3c9b-4b60-8b1a-6f0d2c4e8a91'

const shape: fc.Arbitrary<Shape> = fc.record({
  type: fc.constantFrom('http', 'https', 'h2', 'grpcs', 'ws', 'wss', 'new-type'),
  loadBalancer: fc.constantFrom(
    'app/shop/9d3c2b1a0f4e5d6c',
    'app/shop-long/0d3c2b1a0f4e5d6c',
    'app/shop/9d3c2b1a0f4e5d6d',
  ),
  target: fc.constantFrom('10.0.0.1:80', '10.20.1.62:30080', '-', '2001:db8::7:8080', '[2001:db8::7]:8080'),
  times: fc.constantFrom(
    '0.001 0.020 0.000',
    '-1 -1 -1',
    '0.001 -1 -1',
    '0.000 12.345 0.001',
    'NaN 1 2',
    '0.1 0.2 0.3',
  ),
  statuses: fc.constantFrom(
    '200 200',
    '304 304',
    '404 404',
    '502 -',
    '504 -',
    '500 500',
    '502 503',
    '460 -',
    '403 -',
    '- -',
  ),
  request: fc.oneof(
    fc.constantFrom(
      'GET https://www.shop.example:443/ HTTP/2.0',
      'GET https://www.shop.example:443/api/products/4711?currency=EUR HTTP/1.1',
      'POST http://www.shop.example:80/api/cart/60b2e HTTP/1.1',
      'GET http://www.shop.example:80/a b c HTTP/1.1',
      'GET http://www.shop.example:80/say/\\x22hi\\x22 HTTP/1.1',
      '- http://www.shop.example:80- -',
      'GET /relative HTTP/1.1',
      '-',
    ),
    fc.webPath().map((path) => `GET https://www.shop.example:443${path.replaceAll('"', '%22')} HTTP/2.0`),
  ),
  userAgent: fc.constantFrom(
    'curl/8.5.0',
    'Mozilla/5.0 (X11; Linux x86_64; rv:143.0)',
    'ShopApp \\x22beta\\x22',
    '-',
    '',
  ),
  tls: fc.constantFrom('TLS_AES_128_GCM_SHA256 TLSv1.3', 'ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2', '- -', 'X Y'),
  group: fc.constantFrom(
    arn('k8s-shop-web-1a2b3c4d5e/0f1e2d3c4b5a6978'),
    arn('k8s-shop-api-6f7a8b9c0d/8796a5b4c3d2e1f0'),
    arn('short/bda7e7a9f7215291'),
    ...Array.from({ length: 20 }, (_, n) => arn(`many/0f1e2d3c4b5a69${String(n).padStart(2, '0')}`)),
    '-',
  ),
  sni: fc.constantFrom(`"www.shop.example" "${certificate}"`, '"-" "-"', '"www.shop.example" "session-reused"'),
  priority: fc.constantFrom('0', '1', '100', 'default'),
  rest: fc.constantFrom(
    ' "forward" "-" "-" "10.0.0.1:80" "200" "-" "-" TID_ce59c48568cf590d71dc5e4801fed7f5 "-" "-" "-" 10.20.0.200',
    ' "forward" "-" "-" "10.0.0.1:80" "200" "-" "-" TID_ce59c48568cf590d71dc5e4801fed7f5 "-" "-" "-" 10.20.0.201',
    ' "waf,forward" "-" "-" "10.0.0.1:80" "200" "-" "-" TID_ce59c48568cf590d71dc5e4801fed7f5',
    ' "forward" "-" "-" "10.0.0.1:80" "200" "-" "-" TID_1 "-" "-" "-" 10.20.0.200 - -',
    ' "forward" "-" "-"',
    '',
  ),
})

function rowOf(s: Shape, index: number): string {
  const second = String(index % 60).padStart(2, '0')
  return (
    `${s.type} 2026-11-23T02:00:${second}.123456Z ${s.loadBalancer} 198.51.100.7:2817 ${s.target} ${s.times} ${s.statuses} ` +
    `34 366 "${s.request}" "${s.userAgent}" ${s.tls} ${s.group} "Root=1-58337262-36d228ad5d99923122bbe354" ${s.sni} ` +
    `${s.priority} 2026-11-23T02:00:${second}.100000Z${s.rest}`
  )
}

function scan(rows: readonly string[], options: Parameters<typeof createRequestScanner>[1]): unknown {
  const seen: unknown[] = []
  const bad: number[] = []
  kernel.clear()
  const scanner = createRequestScanner(
    {
      onBatch(batch: RequestBatch) {
        for (let i = 0; i < batch.length; i++)
          seen.push([
            batch.row[i],
            scanner.entities.flows[batch.flow[i] as number],
            scanner.entities.routes[batch.route[i] as number],
            ...[batch.start, batch.end, batch.requestMs, batch.targetMs, batch.responseMs].map((column) => column[i]),
            ...[batch.elbStatus, batch.targetStatus, batch.receivedBytes, batch.sentBytes, batch.flags].map(
              (column) => column[i],
            ),
            Array.from({ length: batch.details.length }, (_, n) => n)
              .filter((n) => batch.details.rowOf(n) === i)
              .map((n) => batch.details.textOf(n, 'text')),
          ])
      },
      onBad: (_text, row) => bad.push(row),
      onSkipped: () => expect.unreachable(),
    },
    options,
  )
  scanner.beginInput('alb', '10.20.0.200')
  scanner.scanLines(Buffer.from(rows.join('\n')), 1)
  scanner.flush()
  return { seen, bad }
}

test('rows in any order mean the same on the fast path and on the exact one', () => {
  // Runs of few shapes, so that the fast path is taken, and switches between them.
  const run = fc.tuple(
    fc.array(shape, { minLength: 1, maxLength: 4 }),
    fc.array(fc.nat(3), { minLength: 2, maxLength: 30 }),
  )
  fc.assert(
    fc.property(fc.array(run, { maxLength: 4 }), (runs) => {
      const rows = runs
        .flatMap(([shapes, order]) => order.map((pick) => shapes[pick % shapes.length] as Shape))
        .map(rowOf)
      expect(scan(rows, {})).toEqual(scan(rows, { acceptsRequest: () => true }))
    }),
    { numRuns: 400 },
  )
})
