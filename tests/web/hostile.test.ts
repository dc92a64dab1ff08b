import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launch, openFindings, openPage, type ReportFile, reportFile, rowsLoaded } from './browser.ts'
import { hostileTexts, makeDiagnosis } from './make-diagnosis.mjs'

const diagnosis = makeDiagnosis({ hostile: true })
const kept = diagnosis.failureRows?.kept ?? 0
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

async function hasActed(page: Page): Promise<boolean> {
  return page.evaluate(() => '__hostile' in window)
}

test('what strangers wrote never runs, loads, styles or moves anything', async () => {
  const { page, context, troubles, requests } = await openPage(browser, report.url)
  await rowsLoaded(page, kept)
  await openFindings(page)
  for (let row = 0; row < hostileTexts.length; row += 1) {
    await page.locator(`#failure-${row}`).click()
    const text = await page.locator('dialog').innerText()
    expect(text).toContain('user_agent')
    await page.keyboard.press('Escape')
    await page.locator('.grid').focus()
    await page.keyboard.press('ArrowDown')
  }
  expect(await hasActed(page)).toBe(false)
  expect(troubles).toEqual([])
  expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([report.url])
  // Elements that only a log could have brought.
  expect(
    await page
      .locator('#root img, #root iframe, #root script, #root style, #root b, #root [onerror], #root [onload]')
      .count(),
  ).toBe(0)
  await context.close()
})

test('the text stands there as it was logged, acting characters by name', async () => {
  const { page, context } = await openPage(browser, report.url)
  await rowsLoaded(page, kept)
  const seen = new Map<string, string>()
  for (let row = 0; row < hostileTexts.length; row += 1) {
    await page.locator(`#failure-${row}`).click()
    const field = page.locator('.fields > div', { has: page.locator('code', { hasText: /^user_agent$/ }) })
    seen.set(hostileTexts[row] ?? '', (await field.locator('.field-value').textContent()) ?? '')
    await page.keyboard.press('Escape')
    await page.locator('.grid').focus()
    await page.keyboard.press('ArrowDown')
  }
  expect(seen.get('<script>window.__hostile = 1</script>')).toBe('<script>window.__hostile = 1</script>')
  expect(seen.get('\u202Egnp.exe\u202C')).toBe('U+202Egnp.exeU+202C')
  expect(seen.get('zero\u200Bwidth\u2060\uFEFF')).toBe('zeroU+200BwidthU+2060U+FEFF')
  expect(seen.get('\u2028line\u2029separators')).toBe('U+2028lineU+2029separators')
  expect(seen.get('\u001b[31mred\u001b[0m\u0007')).toBe('U+001B[31mredU+001B[0mU+0007')
  const whole = await page.evaluate(() => document.body.innerText)
  expect(whole).not.toMatch(/[\u202A-\u202E\u2066-\u2069\u200B-\u200F\u2060\uFEFF]/)
  await context.close()
})

test('the data cannot end its script element', () => {
  const html = readFileSync(new URL(report.url), 'utf8')
  const [, data = ''] = /<script type="application\/json" id="diagnosis">(.*?)<\/script>/s.exec(html) ?? []
  expect(data).not.toMatch(/[<\u2028\u2029]/)
  expect(JSON.parse(data).books).toEqual(diagnosis.books)
})

test('a spreadsheet takes no cell of the CSV for a formula', async () => {
  const { page, context } = await openPage(browser, report.url)
  await rowsLoaded(page, kept)
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'CSV' }).click(),
  ])
  const csv = readFileSync(await download.path(), 'utf8').replace(/^\uFEFF/, '')
  const cells = [...csv.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",\r\n]*))/gm)].map(
    (found) => found[1] ?? found[2] ?? '',
  )
  expect(cells.filter((cell) => /^[\s]*[=+\-@\t\r|%＝＋－＠]/.test(cell))).toEqual([])
  expect(csv).toContain(`"'=HYPERLINK(""http://evil.example"",""x"")"`)
  expect(csv.split('\r\n').length).toBe(kept + 2)
  await context.close()
})
