// Golden texts: `npx vitest run --project unit src/report -u` rewrites them; read the difference as behaviour.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Diagnosis } from '../core/diagnosis.ts'
import { shopDiagnosis } from '../testing/shop-diagnosis.ts'
import { renderMarkdown } from './markdown.ts'
import { renderTerminal } from './terminal.ts'
import { widthOf } from './width.ts'

const golden = (name: string): string => `../../fixtures/report/${name}`

test('the shop incident at 80 columns without colour', async () => {
  await expect(renderTerminal(shopDiagnosis, { columns: 80, color: false })).toMatchFileSnapshot(golden('shop-80.txt'))
})

test('the shop incident at 120 columns without colour', async () => {
  await expect(renderTerminal(shopDiagnosis, { columns: 120, color: false })).toMatchFileSnapshot(
    golden('shop-120.txt'),
  )
})

test('the shop incident in ASCII at 60 columns', async () => {
  const text = renderTerminal(shopDiagnosis, { columns: 60, color: false, unicode: false })
  expect(text).toMatch(/^[\n\x20-\x7E]*$/)
  const witness = { name: 'events.json', kind: 'kubernetes', rows: 1, window: null, because: [] }
  const events = [{ time: '2026-11-23T14:00:00.000Z', what: `api-1: ${'a long tale '.repeat(12)}` }]
  const told = renderTerminal(
    { ...shopDiagnosis, witnesses: [{ ...witness, events }] },
    { columns: 60, color: false, unicode: false },
  )
  expect(told).toContain('api-1: a long tale')
  expect(told).toMatch(/^[\n\x20-\x7E]*$/)
  await expect(text).toMatchFileSnapshot(golden('shop-60-ascii.txt'))
})

test('colour adds escape sequences and changes no word', () => {
  const plain = renderTerminal(shopDiagnosis, { columns: 80, color: false })
  const coloured = renderTerminal(shopDiagnosis, { columns: 80, color: true })
  const esc = String.fromCharCode(27)
  expect(coloured).toContain(esc)
  const bare = coloured
    .split(esc)
    .map((part, index) => (index === 0 ? part : part.replace(/^\[\d+m/, '')))
    .join('')
  const withoutCarets = plain
    .split('\n')
    .filter((line) => !/^ +\^[ ^]*$/.test(line))
    .join('\n')
  expect(bare).toBe(withoutCarets)
})

test.each([60, 72, 80, 100, 120])('no line is wider than %i columns', (columns) => {
  for (const line of renderTerminal(shopDiagnosis, { columns, color: false }).split('\n'))
    expect(widthOf(line)).toBeLessThanOrEqual(columns)
})

const quiet: Diagnosis = {
  ...shopDiagnosis,
  books: {
    ...shopDiagnosis.books,
    failures: 0,
    elb5xx: 0,
    target5xx: 0,
    clientLeft: 0,
    rejected: 0,
    explained: 0,
    undetermined: 0,
  },
  answeredBy: { 'load-balancer': 0, target: 0, nobody: 0 },
  symptoms: [],
  findings: [],
  top: { targets: [], routes: [], minutes: [], targetGroups: [] },
  contradictions: [],
}

test('advice of one line goes on after its title', () => {
  const [finding] = shopDiagnosis.findings.filter((each) => each.fixes.length > 0)
  const [fix] = finding?.fixes ?? []
  if (!finding || !fix) throw new Error('no fix')
  const fixes = [{ ...fix, title: 'Fewer connections', patch: '# keep-alive, or more targets' }]
  const text = renderTerminal({ ...shopDiagnosis, findings: [{ ...finding, fixes }] }, { columns: 80, color: false })
  expect(text).toContain('Fewer connections: keep-alive, or more targets')
})

test('a log without failures says so and says what was looked at', () => {
  const text = renderTerminal(quiet, { columns: 80, color: false })
  expect(text).toMatch(/^No failures: none of 412,882 requests ended in 5XX or 460\.\n/)
  expect(text).toContain('2026-11-23 13:40–14:24 UTC (45 min)')
  expect(text).toContain('412,934 rows read from 4 inputs')
})

test('without a failure, what the load balancer rejected is told in full', () => {
  const rejected = shopDiagnosis.findings.filter((finding) => finding.failures === 0)
  const text = renderTerminal({ ...quiet, findings: rejected }, { columns: 80, color: false })
  expect(text).toContain('44 requests rejected')
  expect(text).toMatch(/ {4}because /)
})

test('logs without a request end with how to get them', () => {
  const text = renderTerminal(
    { ...quiet, books: { ...quiet.books, requests: 0, rows: 0, parsed: 0, skipped: 0 }, window: null, series: null },
    { columns: 80, color: false },
  )
  expect(text).toContain('why5xx logs --load-balancer k8s-shop-edge-4f1c2a9b7d')
})

test('an interrupted run says so first', () => {
  const text = renderTerminal({ ...shopDiagnosis, complete: false }, { columns: 80, color: false })
  expect(text).toMatch(/^Interrupted: /)
})

test('the first twelve lines tell who answered, why, and when', () => {
  const first = renderTerminal(shopDiagnosis, { columns: 80, color: false }).split('\n').slice(0, 12).join('\n')
  expect(first).toContain('the load balancer answered')
  expect(first).toContain('no ready')
  expect(first).toContain('max 499/min')
})

test('several load balancers are told apart', () => {
  const { settings, top } = shopDiagnosis
  const [balancer] = settings.byLoadBalancer
  if (!balancer) throw new Error('the shop has a load balancer')
  const other = { ...balancer, loadBalancer: 'app/payments/1111', kubernetes: null }
  const text = renderTerminal(
    {
      ...shopDiagnosis,
      settings: {
        byLoadBalancer: [balancer, other],
        byTargetGroup: settings.byTargetGroup.map((group, index) =>
          index === 2 ? { ...group, loadBalancer: other.loadBalancer } : group,
        ),
      },
      top,
    },
    { columns: 80, color: false },
  )
  expect(text).toContain('2 load balancers · 3 target groups')
  expect(text).toMatch(/ {2}balancer +shop\/edge\n {4}group +shop\/storefro/)
  expect(text).toMatch(/ {12}payments > bi\/reports +255 /)
  expect(text).toContain('payments: idle timeout 60 s')
})

/** Lists emptied, numbers changed, nullable things null: whatever the engine may hand over. */
function mutate(value: unknown, random: () => number, path = ''): unknown {
  if (typeof value === 'number' && path !== '/schemaVersion') {
    const dice = random()
    return dice < 0.1 ? 0 : dice < 0.15 ? 1 : dice < 0.2 ? 987_654_321_012 : value
  }
  if (Array.isArray(value)) {
    if (random() < 0.15) return []
    return value.filter(() => random() > 0.1).map((part) => mutate(part, random, path))
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => {
      const here = `${path}/${key}`
      return [key, NULLABLE.test(here) && random() < 0.2 ? null : mutate(part, random, here)]
    }),
  )
}

const NULLABLE =
  /^\/(window|series|failureRows)$|^\/findings\/(cause|confidence|hop)$|\/(control|kubernetes|keepAliveSeconds|concurrencyLimit|truncated|note|of)$/

/** Mulberry32: the same seed, the same diagnosis. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

test('any diagnosis has a report, and no line of it is too wide', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 200 }), (seed, columns) => {
      const diagnosis = mutate(shopDiagnosis, randomFrom(seed)) as Diagnosis
      const text = renderTerminal(diagnosis, { columns, color: false })
      const used = Math.min(120, Math.max(60, columns))
      for (const line of text.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(used)
      expect(text).not.toMatch(/undefined|NaN|null/)
      expect(renderMarkdown(diagnosis)).not.toMatch(/undefined|NaN|null/)
    }),
    { numRuns: 100 },
  )
})

test('over several days the axis has dates', () => {
  const { series } = shopDiagnosis
  if (!series) throw new Error('the shop has a series')
  const stretched = { ...shopDiagnosis, series: { ...series, start: '2026-11-18T03:00:00Z', stepSeconds: 7_200 } }
  const axis = renderTerminal(stretched, { columns: 80, color: false })
    .split('\n')
    .find((line) => line.startsWith('  UTC'))
  expect(axis).toMatch(/11-\d\d/)
  expect(axis).not.toContain('00:00:00')
})
