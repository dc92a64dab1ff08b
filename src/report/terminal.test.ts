// Golden texts: `npx vitest run --project unit src/report -u` rewrites them; read the difference as behaviour.
import { expect, test } from 'vitest'
import type { Diagnosis } from '../core/diagnosis.ts'
import { shopDiagnosis } from '../testing/shop-diagnosis.ts'
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

test('a log without failures says so and says what was looked at', () => {
  const text = renderTerminal(quiet, { columns: 80, color: false })
  expect(text).toMatch(/^No failures: none of 412,882 requests ended in 5XX or 460\.\n/)
  expect(text).toContain('2026-11-23 13:40–14:24 UTC (45 min)')
  expect(text).toContain('412,934 rows read from 4 inputs')
})

test('logs without a request end with how to get them', () => {
  const text = renderTerminal(
    { ...quiet, books: { ...quiet.books, requests: 0, rows: 0, parsed: 0 }, window: null, series: null },
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
