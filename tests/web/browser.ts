/// <reference lib="dom" />
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import type { Diagnosis } from '../../src/core/diagnosis.ts'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** Debian's Chromium, without anything that talks to the network by itself. */
export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

export interface Opened {
  readonly page: Page
  readonly context: BrowserContext
  /** What went wrong in the page: exceptions, console errors (a broken policy is one), and requests to anywhere. */
  readonly troubles: string[]
  readonly requests: string[]
}

export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(8_000)
  const troubles: string[] = []
  const requests: string[] = []
  page.on('pageerror', (error) => troubles.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') troubles.push(message.text())
  })
  page.on('request', (request) => requests.push(request.url()))
  page.on('dialog', (dialog) => {
    troubles.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  await page.goto(url)
  return { page, context, troubles, requests }
}

/** Unfolds every finding. */
export async function openFindings(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const toggle of document.querySelectorAll<HTMLElement>('.finding-toggle[aria-expanded=false]')) toggle.click()
  })
  await page.waitForFunction(() => document.querySelector('.finding-toggle[aria-expanded=false]') === null)
}

/** Waits until every failure row has arrived. */
export async function rowsLoaded(page: Page, kept: number): Promise<void> {
  await page.waitForFunction(
    (text) => document.querySelector('.filter-state')?.textContent?.includes(text),
    `of ${kept.toLocaleString('en-US')} failure`,
  )
}

export interface ReportFile {
  readonly url: string
  readonly folder: string
  readonly remove: () => void
}

/** The one-file report as a file, made by the built renderer. */
export async function reportFile(diagnosis: Diagnosis): Promise<ReportFile> {
  const { renderHtml } = (await import(pathToFileURL(join(root, 'dist/report/html.js')).href)) as {
    renderHtml: (diagnosis: Diagnosis, options?: { markdown?: string }) => string
  }
  const folder = mkdtempSync(join(tmpdir(), 'why5xx-web-'))
  const path = join(folder, 'why5xx-report.html')
  writeFileSync(path, renderHtml(diagnosis, { markdown: '# report\n' }))
  return { url: pathToFileURL(path).href, folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
