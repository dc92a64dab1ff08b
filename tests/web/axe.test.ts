import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launch, openFindings, openPage, type ReportFile, reportFile, rowsLoaded } from './browser.ts'
import { makeDiagnosis } from './make-diagnosis.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const diagnosis = makeDiagnosis()
let browser: Browser
let report: ReportFile

beforeAll(async () => {
  browser = await launch()
  report = await reportFile(diagnosis)
})
afterAll(async () => {
  await browser.close()
  report.remove()
})

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  const results = await page.evaluate(() =>
    (window as unknown as { axe: { run: () => Promise<AxeResults> } }).axe.run(),
  )
  return results.violations.flatMap((each) =>
    each.nodes.slice(0, 5).map((node) => `${each.id}: ${node.html.slice(0, 140)}`),
  )
}

test.each([
  ['light', 1440],
  ['dark', 1440],
  ['light', 360],
] as const)('axe finds nothing, %s at %i px, with everything open', async (colorScheme, width) => {
  const { page, context } = await openPage(browser, report.url, { colorScheme, viewport: { width, height: 900 } })
  await rowsLoaded(page, diagnosis.failureRows?.kept ?? 0)
  await openFindings(page)
  await page.evaluate(() => {
    for (const details of document.querySelectorAll<HTMLDetailsElement>('details')) details.open = true
  })
  expect(await violations(page)).toEqual([])
  await context.close()
})

test('axe finds nothing in an open row and a filtered page', async () => {
  const { page, context } = await openPage(browser, report.url)
  await rowsLoaded(page, diagnosis.failureRows?.kept ?? 0)
  await page.getByLabel('Status', { exact: true }).selectOption('502')
  await page.locator('.grid-all .grid-row').nth(2).click()
  expect(await violations(page)).toEqual([])
  await context.close()
})

test('the keyboard walks through the page in reading order', async () => {
  const { page, context } = await openPage(browser, report.url)
  await rowsLoaded(page, diagnosis.failureRows?.kept ?? 0)
  const tops: number[] = []
  for (let press = 0; press < 26; press += 1) {
    await page.keyboard.press('Tab')
    const place = await page.evaluate(() => {
      const element = document.activeElement
      if (!element || element === document.body || element.matches('.skip, .filters *')) return null
      const section = element.closest('section, header.top, .hero')
      return section ? section.getBoundingClientRect().top + window.scrollY : null
    })
    if (place !== null) tops.push(Math.round(place))
  }
  expect(tops.length).toBeGreaterThan(12)
  expect(tops).toEqual([...tops].sort((a, b) => a - b))
  await context.close()
})
