// node tests/web/screenshots.mjs: the pictures of docs/images/, taken of the bundled incident. Needs a build and Chromium;
// with Debian's fonts-inter they look as on most people's screens.
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'

const root = fileURLToPath(new URL('../..', import.meta.url))
// Input names stand in the page as they were given.
process.chdir(root)
const images = join(root, 'docs/images')
mkdirSync(images, { recursive: true })
const folder = mkdtempSync(join(tmpdir(), 'why5xx-pictures-'))
const fonts = join(folder, 'fonts.conf')
const sans = existsSync('/usr/share/fonts/opentype/inter') ? 'Inter' : 'DejaVu Sans'
const matches = ['system-ui', 'sans', 'sans-serif'].map(
  (family) =>
    `<match target="pattern"><test name="family"><string>${family}</string></test><edit name="family" mode="assign" binding="strong"><string>${sans}</string></edit></match>`,
)
writeFileSync(
  fonts,
  `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include>${matches.join('')}</fontconfig>`,
)

const { diagnose } = await import(pathToFileURL(join(root, 'dist/engine/diagnose.js')).href)
const { renderHtml } = await import(pathToFileURL(join(root, 'dist/report/html.js')).href)
const { renderMarkdown } = await import(pathToFileURL(join(root, 'dist/report/markdown.js')).href)
const { redact } = await import(pathToFileURL(join(root, 'dist/report/redact.js')).href)
const { diagnosis } = await diagnose({ paths: ['examples/missing-502'], version: '0.1.0', jobs: 0 })
const report = join(folder, 'report.html')
const shown = redact(diagnosis, { on: true })
writeFileSync(report, renderHtml(shown, { markdown: renderMarkdown(shown) }))

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync'],
  env: { ...process.env, FONTCONFIG_FILE: fonts },
})
try {
  await picture('report', { width: 1440, height: 1540 })
  await picture('report-dark', { width: 1440, height: 1540 }, { colorScheme: 'dark' })
  await picture('finding', { width: 1440, height: 1060 }, {}, async (page) => {
    await page.evaluate(() => document.querySelector('.finding:has([aria-expanded=true])')?.scrollIntoView())
  })
  await picture('failure', { width: 1440, height: 860 }, {}, async (page) => {
    await page.getByLabel('Status', { exact: true }).selectOption('504')
    await page.locator('#failures').scrollIntoViewIfNeeded()
    await page.locator('.grid-all .grid-row').nth(3).click()
  })
  await picture('narrow', { width: 360, height: 1500 })
} finally {
  await browser.close()
  rmSync(folder, { recursive: true, force: true })
}

async function picture(name, viewport, options = {}, prepare = undefined) {
  const context = await browser.newContext({ viewport, ...options })
  const page = await context.newPage()
  await page.goto(pathToFileURL(report).href)
  await page.waitForFunction(() => /^All of/.test(document.querySelector('.filter-state')?.textContent ?? ''))
  // The filter bar would cover what is shown.
  await page.evaluate(() => document.documentElement.style.setProperty('scroll-behavior', 'auto'))
  await prepare?.(page)
  await page.waitForTimeout(400)
  const path = join(images, `${name}.png`)
  await page.screenshot({ path })
  await context.close()
  process.stdout.write(`${path}: ${Math.round(statSync(path).size / 1000)} kB\n`)
}
