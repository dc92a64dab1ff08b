import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Diagnosis } from '../../src/core/diagnosis.ts'
import { launch, openFindings, openPage, type ReportFile, reportFile, root, rowsLoaded } from './browser.ts'
import { makeDiagnosis } from './make-diagnosis.mjs'

const diagnosis: Diagnosis = makeDiagnosis()
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

async function open(options?: Parameters<typeof openPage>[2]) {
  const opened = await openPage(browser, report.url, options)
  await rowsLoaded(opened.page, kept)
  return opened
}

/** The number that the list says it holds. */
async function listed(page: Page): Promise<number> {
  const text = await page.locator('.list-count').innerText()
  return Number(/[\d,]+/.exec(text)?.[0].replaceAll(',', ''))
}

describe('the one-file report', () => {
  test('opens from disk, asks the network for nothing and meets no error', async () => {
    const { page, context, troubles, requests } = await open()
    expect(await page.locator('h1').innerText()).toContain('5XX')
    expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([report.url])
    expect(troubles).toEqual([])
    await context.close()
  })

  test('is under 1 MB without its data', async () => {
    const empty = await reportFile({ ...diagnosis, failureRows: null, findings: [], series: null })
    expect(statSync(fileURLToPath(empty.url)).size).toBeLessThan(1_000_000)
    empty.remove()
  })

  test('says every number of the books', async () => {
    const { page, context } = await open()
    const figures = await page.locator('.figures').innerText()
    const { books } = diagnosis
    for (const value of [
      books.requests,
      books.failures,
      books.elb5xx,
      books.target5xx,
      books.clientLeft,
      books.explained,
    ])
      expect(figures).toContain(value.toLocaleString('en-US'))
    expect(await page.locator('#books').innerText()).toContain(`${books.rows.toLocaleString('en-US')} rows read`)
    await context.close()
  })

  test('places every failure at a hop, or says that its hop is open', async () => {
    const { page, context } = await open()
    const numbers = await page.locator('.hop-number').allInnerTexts()
    const placed = numbers.reduce((all, text) => all + Number(text.replaceAll(',', '')), 0)
    const open_ = diagnosis.findings
      .filter((finding) => finding.hop === null)
      .reduce((all, finding) => all + finding.failures, 0)
    expect(placed + open_).toBe(diagnosis.books.failures)
    expect(await page.locator('.hops-undetermined').innerText()).toContain(`${open_} failures`)
    await context.close()
  })

  test('keeps its layout while rows arrive', async () => {
    const { page, context } = await openPage(browser, report.url)
    const shift = await page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          let sum = 0
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) sum += (entry as unknown as { value: number }).value
          }).observe({ type: 'layout-shift', buffered: true } as PerformanceObserverInit as never)
          setTimeout(() => resolve(sum), 1500)
        }),
    )
    expect(shift).toBeLessThan(0.01)
    await context.close()
  })
})

describe('filters', () => {
  test('a symptom narrows the list, the hops and the findings', async () => {
    const { page, context } = await open()
    const wanted = diagnosis.symptoms.find((each) => each.symptom === 'connect-refused')
    await page.getByLabel('Symptom').selectOption({ label: 'connection refused at once' })
    expect(await listed(page)).toBe(wanted?.failures)
    const numbers = await page.locator('.finding-number').allInnerTexts()
    expect(numbers.reduce((all, text) => all + Number(text.replaceAll(',', '')), 0)).toBe(wanted?.failures)
    await page.getByRole('button', { name: 'Clear' }).click()
    expect(await listed(page)).toBe(kept)
    await context.close()
  })

  test('offer only what occurs', async () => {
    const { page, context } = await open()
    const options = await page.getByLabel('Symptom').locator('option').count()
    expect(options).toBe(1 + diagnosis.symptoms.length)
    await context.close()
  })

  test('the figures at the top follow, each beside the whole', async () => {
    const { page, context } = await open()
    await page.getByLabel('Status', { exact: true }).selectOption('502')
    const rows = diagnosis.failureRows?.columns
    const passes = rows?.elbStatus.map((status) => status === 502) ?? []
    const by = (who: string): number => passes.filter((yes, row) => yes && rows?.answeredBy[row] === who).length
    const all = passes.filter(Boolean).length
    const figures = (await page.locator('.figures').innerText()).replace(/\s+/g, ' ')
    const n = (value: number): string => value.toLocaleString('en-US')
    expect(figures).toContain(`failures in the filter ${n(all)} of ${n(diagnosis.books.failures)}`)
    expect(figures).toContain(`ELB 5XX ${n(by('load-balancer'))} of ${n(diagnosis.books.elb5xx)}`)
    expect(figures).toContain(`target 5XX ${n(by('target'))} of ${n(diagnosis.books.target5xx)}`)
    await context.close()
  })

  test('a hop and an answer are filters', async () => {
    const { page, context } = await open()
    await page.locator('.hop-button', { hasText: 'Node and network' }).click()
    const network = diagnosis.findings
      .filter((each) => each.hop === 'network')
      .reduce((all, each) => all + each.failures, 0)
    expect(await listed(page)).toBe(network)
    await page.getByRole('button', { name: 'Clear' }).click()
    await page.locator('.answer-target').click()
    expect(await listed(page)).toBe(diagnosis.books.target5xx)
    await context.close()
  })

  test('two filters together count what passes both', async () => {
    const { page, context } = await open()
    await page.getByLabel('Status', { exact: true }).selectOption('502')
    await page.getByLabel('Node', { exact: true }).selectOption({ index: 1 })
    const rows = diagnosis.failureRows
    const both = rows?.columns.elbStatus.filter((status, row) => status === 502 && rows.columns.node[row] === 0).length
    expect(await listed(page)).toBe(both)
    await context.close()
  })
})

describe('the time brush', () => {
  test('a drag over the chart narrows the page, Escape widens it again', async () => {
    const { page, context } = await open()
    await page.locator('.brush').scrollIntoViewIfNeeded()
    const box = await page.locator('.brush').boundingBox()
    if (!box) throw new Error('no brush')
    await page.mouse.move(box.x + box.width * 0.55, box.y + 60)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.6, box.y + 60, { steps: 4 })
    await page.mouse.move(box.x + box.width * 0.66, box.y + 60, { steps: 4 })
    await page.mouse.up()
    const inside = await listed(page)
    expect(inside).toBeGreaterThan(400)
    expect(inside).toBeLessThan(kept)
    expect(await page.locator('.readout').innerText()).toMatch(/13:49:\d\d to 13:59:\d\d UTC/)
    await page.locator('.brush-start').focus()
    await page.keyboard.press('Escape')
    expect(await listed(page)).toBe(kept)
    await context.close()
  })

  test('the handles move with the arrow keys and say where they are', async () => {
    const { page, context } = await open()
    const start = page.getByRole('slider', { name: 'Start of the time range' })
    await start.focus()
    for (let press = 0; press < 5; press += 1) await page.keyboard.press('Shift+ArrowRight')
    expect(await start.getAttribute('aria-valuetext')).toBe('13:50:00 UTC')
    const later = diagnosis.failureRows?.columns.time.filter((time) => (time ?? '') >= '2026-11-23T13:50').length
    expect(await listed(page)).toBe(later)
    await context.close()
  })
})

describe('findings', () => {
  test('open with the keyboard and show reasons, drawings, what was ruled out and what would settle it', async () => {
    const { page, context } = await open()
    const finding = page.locator('#finding-listen-backlog-overflow-1')
    const toggle = finding.locator('.finding-toggle')
    await toggle.focus()
    await page.keyboard.press('Enter')
    expect(await toggle.getAttribute('aria-expanded')).toBe('true')
    const text = await finding.innerText()
    expect(text).toContain('none was refused')
    expect(text).toContain('Ruled out')
    expect(text).toContain('conntrack-table-full')
    expect(text).toContain('limit 12 requests')
    expect(await finding.locator('svg.chart').getAttribute('aria-label')).toContain('Open requests on the target')
    await context.close()
  })

  test('every drawing has a table with its numbers', async () => {
    const { page, context } = await open()
    const finding = page.locator('#finding-keepalive-shorter-than-idle-timeout-1')
    await finding.locator('.finding-toggle').click()
    const figures = finding.locator('figure:has(svg.chart)')
    await figures.first().locator('summary').click()
    const echo = diagnosis.findings.find((each) => each.cause === 'keepalive-shorter-than-idle-timeout')?.evidence[0]
    const spike = echo?.kind === 'histogram' ? Math.max(...echo.counts) : 0
    expect(await figures.first().locator('table').innerText()).toContain(String(spike))
    await context.close()
  })

  test('a fix is copied as it stands', async () => {
    const { page, context } = await open({ permissions: ['clipboard-read', 'clipboard-write'] })
    const finding = page.locator('#finding-keepalive-shorter-than-idle-timeout-1')
    await finding.locator('.finding-toggle').click()
    await finding.getByRole('button', { name: 'Copy the fix' }).click()
    // The page says so when the clipboard has it, not when the button is pressed.
    await finding.getByRole('button', { name: 'Copy the fix' }).filter({ hasText: 'Copied' }).waitFor()
    const copied = await page.evaluate(() => navigator.clipboard.readText())
    expect(copied).toBe('uvicorn app.main:app --host 0.0.0.0 --port 8080 --timeout-keep-alive 75\n')
    await context.close()
  })
})

describe('the list of failures', () => {
  test('holds only the rows in view, and the keyboard reaches the last one', async () => {
    const { page, context } = await open()
    expect(await page.locator('.grid-all .grid-row').count()).toBeLessThan(60)
    await page.locator('.grid').focus()
    await page.keyboard.press('End')
    await page.waitForSelector(`#failure-${kept - 1}`)
    await page.keyboard.press('Enter')
    const last = diagnosis.failureRows?.columns.request.at(-1) ?? ''
    expect(await page.locator('dialog').innerText()).toContain(last)
    await page.keyboard.press('Escape')
    expect(await page.locator('dialog').isVisible()).toBe(false)
    expect(await page.evaluate(() => document.activeElement?.className)).toContain('grid')
    await context.close()
  })

  test('a row shows how its time was spent', async () => {
    const { page, context } = await open()
    await page.getByLabel('Cause', { exact: true }).selectOption('service-without-endpoints-1')
    await page.getByLabel('Status', { exact: true }).selectOption('504')
    await page.locator('.grid-all .grid-row').first().click()
    const text = await page.locator('dialog').innerText()
    expect(text).toContain('504 by the load balancer')
    expect(text).toContain('trying to connect')
    expect(text).toContain('connect timeout 10 s')
    expect(text).toMatch(/10\.0\d\s+s/)
    expect(text).toContain('NodePort')
    await context.close()
  })

  test('sorts by elapsed time', async () => {
    const { page, context } = await open()
    await page.getByRole('button', { name: 'elapsed' }).click()
    await page.getByRole('button', { name: /elapsed/ }).click()
    const first = await page.locator('.grid-all .grid-row').first().locator('.c-elapsed').innerText()
    expect(first.replace(/\s/g, ' ')).toMatch(/^60\.\d\d s$/)
    await context.close()
  })
})

describe('downloads', () => {
  test('JSON is the whole diagnosis again', async () => {
    const { page, context } = await open()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'JSON' }).click(),
    ])
    expect(JSON.parse(readFileSync(await download.path(), 'utf8'))).toEqual(JSON.parse(JSON.stringify(diagnosis)))
    await context.close()
  })

  test('CSV is the filtered list', async () => {
    const { page, context } = await open()
    await page.getByLabel('Status', { exact: true }).selectOption('460')
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'CSV' }).click(),
    ])
    const lines = readFileSync(await download.path(), 'utf8')
      .trimEnd()
      .split('\r\n')
    expect(lines.length).toBe(1 + diagnosis.books.clientLeft)
    expect(lines.slice(1).every((line) => line.includes(',460,'))).toBe(true)
    await context.close()
  })

  test('Markdown is the report that the file carries', async () => {
    const { page, context } = await open()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Markdown' }).click(),
    ])
    expect(readFileSync(await download.path(), 'utf8')).toBe('# report\n')
    await context.close()
  })
})

describe('shapes and colours', () => {
  test.each([360, 768, 1024, 1440, 2200])('at %i px nothing is wider than the page', async (width) => {
    const { page, context } = await open({ viewport: { width, height: 800 } })
    await openFindings(page)
    const wide = await page.evaluate(() => {
      const limit = document.documentElement.clientWidth
      const inScroller = (element: Element): boolean =>
        element.closest('.table-scroll, pre, .grid, .time-plots') !== null
      return [...document.querySelectorAll('#root *')]
        .filter((element) => !inScroller(element) && !element.closest('.visually-hidden, .skip, svg'))
        .filter((element) => element.getBoundingClientRect().right > limit + 1)
        .map((element) => `${element.tagName}.${element.className}`)
    })
    expect(wide).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    await context.close()
  })

  test('follows the system into the dark, and the button turns it back', async () => {
    const { page, context } = await open({ colorScheme: 'dark' })
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    expect(await ground()).toBe('rgb(20, 23, 26)')
    await page.getByRole('button', { name: 'Dark' }).click()
    expect(await ground()).toBe('rgb(252, 251, 249)')
    await context.close()
  })

  test('prints with every finding open', async () => {
    const { page, context } = await open()
    const pdf = await page.pdf({ format: 'A4' })
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
    const pages = pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0
    expect(pages).toBeGreaterThan(2)
    expect(pages).toBeLessThan(30)
    await context.close()
  })

  test('without scripts the findings are there as text', async () => {
    const { page, context } = await openPage(browser, report.url, { javaScriptEnabled: false })
    const text = await page.locator('body').innerText()
    for (const finding of diagnosis.findings) expect(text).toContain(finding.title)
    await context.close()
  })
})

describe('half a minute', () => {
  test('the top says why, where and what to do first, and leads there', async () => {
    const { page, context } = await open()
    const brief = page.locator('.brief')
    const ranked = [...diagnosis.findings].sort((a, b) => b.failures - a.failures)
    const text = (await brief.innerText()).replace(/\s+/g, ' ')
    expect(text).toContain(ranked[0]?.title.replace(/[.\s]+$/, '') ?? '')
    expect(text).toContain(`${ranked[0]?.failures.toLocaleString('en-US')} failures`)
    const fixable = ranked.find((each) => each.fixes.length > 0)
    const fix = fixable?.fixes[0]?.title ?? ''
    await brief.getByRole('link', { name: fix }).click()
    await page.waitForSelector(`#finding-${fixable?.id}-fixes:visible`)
    await context.close()
  })

  test('where: every failure at its hop, or not settled', async () => {
    const { page, context } = await open()
    const where = page.locator('.brief > div', { has: page.locator('dt', { hasText: 'where' }) }).locator('dd')
    const numbers = (await where.innerText()).match(/[\d,]+(?=[^,]*\))/g) ?? []
    const placed = numbers.reduce((all, text) => all + Number(text.replaceAll(',', '')), 0)
    expect(placed).toBe(diagnosis.books.failures)
    await context.close()
  })
})

describe('a screen of 360 px', () => {
  test('names each line of the blast matrix beside it', async () => {
    const { page, context } = await open({ viewport: { width: 360, height: 800 } })
    await openFindings(page)
    const matrix = page.locator('.matrix').first()
    const canvas = await matrix.locator('canvas').boundingBox()
    const names = await matrix.locator('.matrix-names li').all()
    if (!canvas) throw new Error('no canvas')
    const height = canvas.height / names.length
    for (const [row, name] of names.entries()) {
      const box = await name.boundingBox()
      expect(box?.x ?? 999).toBeLessThan(canvas.x)
      expect((box?.y ?? 0) - canvas.y).toBeCloseTo(row * height, 0)
    }
    await context.close()
  })

  test('shows every cell of a table', async () => {
    const { page, context } = await open({ viewport: { width: 360, height: 800 } })
    const hidden = await page.evaluate(() =>
      [...document.querySelectorAll('.table-scroll:has(.stacking) td')]
        .filter((cell) => cell.getBoundingClientRect().right > innerWidth)
        .map((cell) => cell.textContent),
    )
    expect(hidden).toEqual([])
    const cell = page.locator('#shares td[data-column="failures"]').first()
    expect(await cell.evaluate((each) => getComputedStyle(each, '::before').content)).toContain('failures')
    await context.close()
  })

  test('shows the symptom of a failure whole', async () => {
    const { page, context } = await open({ viewport: { width: 360, height: 800 } })
    const cut = await page
      .locator('.grid-all .c-symptom')
      .evaluateAll((cells) =>
        cells.filter((cell) => cell.scrollWidth > cell.clientWidth).map((cell) => cell.textContent),
      )
    expect(cut).toEqual([])
    await page.locator('.grid').focus()
    await page.keyboard.press('End')
    await page.waitForSelector(`#failure-${kept - 1}`)
    // Both at one moment: the page may still scroll.
    const below = await page.evaluate(
      (id) => {
        const bottom = (selector: string): number =>
          document.querySelector(selector)?.getBoundingClientRect().bottom ?? NaN
        return bottom(id) - bottom('.grid')
      },
      `#failure-${kept - 1}`,
    )
    expect(below).toBeLessThanOrEqual(1)
    await context.close()
  })

  test('a mark without room on its chart stands below it', async () => {
    const file = await reportFile({
      ...diagnosis,
      findings: diagnosis.findings.map((finding) => ({
        ...finding,
        evidence: finding.evidence.map((each) =>
          each.id === 'open-requests' && each.kind === 'histogram'
            ? { ...each, marks: [{ at: 12, label: '12 or more: 100 % of failures, 64 % of answered requests' }] }
            : each,
        ),
      })),
    })
    const { page, context } = await openPage(browser, file.url, { viewport: { width: 360, height: 800 } })
    await openFindings(page)
    expect(await page.locator('.chart-note', { hasText: '12 or more: 100 % of failures' }).count()).toBe(1)
    await context.close()
    file.remove()
  })
})

test('a cause that two sources rule out is named once, with both reasons', async () => {
  const [first, ...others] = diagnosis.findings
  if (!first) throw new Error('no finding')
  const file = await reportFile({
    ...diagnosis,
    findings: [
      {
        ...first,
        ruledOut: [
          { cause: 'deregistration-race', why: 'the targets answer before and after' },
          { cause: 'deregistration-race', why: 'no pod stopped in that time' },
        ],
      },
      ...others,
    ],
  })
  const { page, context } = await openPage(browser, file.url)
  await openFindings(page)
  const reasons = page.locator(`#finding-${first.id} .causes > div`, {
    has: page.locator('dt', { hasText: 'deregistration-race' }),
  })
  expect(await reasons.count()).toBe(1)
  expect(await reasons.locator('dd').count()).toBe(2)
  await context.close()
  file.remove()
})

test('over several days every moment has its day', async () => {
  const week = 6 * 86_400_000
  const end = new Date(Date.parse(diagnosis.window?.end ?? '') + week).toISOString()
  const file = await reportFile({
    ...diagnosis,
    window: diagnosis.window && { ...diagnosis.window, end },
  })
  const { page, context } = await openPage(browser, file.url)
  await rowsLoaded(page, kept)
  expect(await page.locator('.grid-all .c-time').first().innerText()).toMatch(/^\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/)
  await context.close()
  file.remove()
})

test('a diagnosis without failures says so', async () => {
  const calm: Diagnosis = {
    ...diagnosis,
    books: {
      ...diagnosis.books,
      failures: 0,
      elb5xx: 0,
      target5xx: 0,
      clientLeft: 0,
      explained: 0,
      undetermined: 0,
      rejected: 0,
    },
    answeredBy: { 'load-balancer': 0, target: 0, nobody: 0 },
    symptoms: [],
    findings: [],
    failureRows: null,
  }
  const file = await reportFile(calm)
  const { page, context, troubles } = await openPage(browser, file.url)
  expect(await page.locator('h1').innerText()).toContain('No failures')
  expect(troubles).toEqual([])
  await context.close()
  file.remove()
})

test('a diagnosis that kept only some failures says of how many', async () => {
  const file = await reportFile(makeDiagnosis({ failures: 1_482, kept: 500 }))
  const { page, context } = await openPage(browser, file.url)
  await rowsLoaded(page, 500)
  expect(await page.locator('.filter-state').innerText()).toContain('500 failures kept of 1,482')
  await context.close()
  file.remove()
})

test('the example of the repository becomes a report', async () => {
  const { diagnose } = (await import(
    join(root, 'dist/engine/diagnose.js')
  )) as typeof import('../../src/engine/diagnose.ts')
  const { diagnosis: found } = await diagnose({ paths: [join(root, 'examples/missing-502')], version: '0', jobs: 0 })
  const file = await reportFile(found)
  const { page, context, troubles } = await openPage(browser, file.url)
  await rowsLoaded(page, found.books.failures)
  expect(troubles).toEqual([])
  await context.close()
  file.remove()
})
