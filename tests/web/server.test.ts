import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Diagnosis } from '../../src/core/diagnosis.ts'
import { launch, openPage, root, rowsLoaded } from './browser.ts'
import { makeDiagnosis } from './make-diagnosis.mjs'

const diagnosis = makeDiagnosis()
const logs = join(root, 'examples/missing-502')
let browser: Browser
let folder = ''
let file = ''
const running: Served[] = []

beforeAll(async () => {
  browser = await launch()
  folder = mkdtempSync(join(tmpdir(), 'why5xx-ui-'))
  file = join(folder, 'diagnosis.json')
  writeFileSync(file, JSON.stringify(diagnosis))
})
afterEach(async () => {
  for (const each of running.splice(0)) await each.stop()
})
afterAll(async () => {
  await browser.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Served {
  readonly url: string
  readonly child: ChildProcess
  readonly stop: () => Promise<number | null>
}

/** `why5xx ui` as its user starts it; ends with Ctrl-C. */
async function serve(...args: string[]): Promise<Served> {
  const child = spawn(process.execPath, [join(root, 'dist/cli/main.js'), 'ui', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let errors = ''
  child.stderr?.on('data', (chunk) => {
    errors += String(chunk)
  })
  const ended = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)))
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', (chunk) => resolve(String(chunk).trim()))
    child.on('exit', () => reject(new Error(errors)))
  })
  const served: Served = {
    url,
    child,
    stop: () => {
      child.kill('SIGINT')
      return ended
    },
  }
  running.push(served)
  return served
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** fetch does not let a test choose its Host. */
function ask(url: string, headers: Record<string, string> = {}, method = 'GET', body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += String(chunk)
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** As the API tells it, once the first reading has ended. */
async function diagnosisOf(url: string): Promise<Diagnosis> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const answer = await ask(`${url}api/diagnosis`)
    if (answer.status === 200) return JSON.parse(answer.body)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('the reading did not end')
}

describe('who may ask', () => {
  test('the token is random, and without it every path is the same 404', async () => {
    const [first, second] = [await serve(file), await serve(file)]
    const tokens = [first, second].map((each) => new URL(each.url).pathname.split('/')[1] ?? '')
    expect(tokens[0]).toMatch(/^[0-9a-f]{32}$/)
    expect(tokens[0]).not.toBe(tokens[1])
    const { origin } = new URL(first.url)
    const answers = await Promise.all(
      ['/', '/x/', '/x/api/diagnosis', `/${tokens[1]}/`, `/${tokens[0]?.slice(0, 31)}/api/state`, '/favicon.ico'].map(
        (path) => ask(origin + path),
      ),
    )
    expect(new Set(answers.map((answer) => `${answer.status} ${answer.body}`)).size).toBe(1)
    expect(answers[0]?.status).toBe(404)
    expect(answers[0]?.body).not.toContain(tokens[0])
  })

  test('a name that was rebound to 127.0.0.1 is refused', async () => {
    const { url } = await serve(file)
    for (const host of ['evil.example', 'evil.example:5055', '127.0.0.1', 'localhost:1', '0.0.0.0:5055'])
      expect((await ask(`${url}api/diagnosis`, { host })).status).toBe(403)
    expect((await ask(`${url}api/state`, { host: `localhost:${new URL(url).port}` })).status).toBe(200)
  })

  test('another origin and another site are refused, and nothing says otherwise to a browser', async () => {
    const { url } = await serve(file)
    expect((await ask(`${url}api/diagnosis`, { origin: 'https://evil.example' })).status).toBe(403)
    expect(
      (await ask(`${url}api/diagnosis`, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' })).status,
    ).toBe(403)
    expect((await ask(`${url}api/diagnosis`, { 'sec-fetch-site': 'same-site' })).status).toBe(403)
    const answer = await ask(`${url}api/diagnosis`)
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
  })

  test('the policy allows one script and one stylesheet by hash, and requests to the same server', async () => {
    const { url } = await serve(file)
    const { headers } = await ask(url)
    const policy = String(headers['content-security-policy'])
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-[\w+/=]+'; style-src 'sha256-[\w+/=]+'; connect-src 'self'/,
    )
    expect(policy).not.toContain('unsafe')
    expect(policy).toContain("frame-ancestors 'none'")
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
    })
  })

  test('only 127.0.0.1 is bound', async () => {
    const { url } = await serve(file)
    await expect(ask(url.replace('127.0.0.1', '127.0.0.2'))).rejects.toThrow('ECONNREFUSED')
  })
})

describe('the API', () => {
  test('pages through failures with filters, and names what it does not know', async () => {
    const { url } = await serve(file, '--redact', 'off')
    const first = JSON.parse((await ask(`${url}api/failures?symptom=connect-refused&limit=2`)).body)
    const second = JSON.parse((await ask(`${url}api/failures?symptom=connect-refused&limit=2&offset=2`)).body)
    expect(first.total).toBe(diagnosis.symptoms.find((each) => each.symptom === 'connect-refused')?.failures)
    expect(first.failures).toHaveLength(2)
    expect(second.failures[0].index).toBeGreaterThan(first.failures[1].index)
    expect(first.failures[0].request).toBe(diagnosis.failureRows?.columns.request[first.failures[0].index])
    const wrong = JSON.parse((await ask(`${url}api/failures?colour=red&since=never&target=nothing`)).body)
    expect(wrong).toMatchObject({
      total: 0,
      problems: ['unknown parameter colour', 'no failure has this target', 'since is not a time'],
    })
  })

  test('rows of another revision are refused', async () => {
    const { url } = await serve(file)
    expect((await ask(`${url}api/rows?revision=1&from=0&count=5`)).status).toBe(200)
    expect((await ask(`${url}api/rows?revision=2&from=0&count=5`)).status).toBe(409)
  })

  test('downloads are attachments', async () => {
    const { url } = await serve(file, '--redact', 'off')
    const json = await ask(`${url}api/download/why5xx-diagnosis.json`)
    expect(json.headers['content-disposition']).toContain('attachment')
    expect(JSON.parse(json.body)).toEqual(JSON.parse(JSON.stringify(diagnosis)))
    expect((await ask(`${url}api/download/why5xx-report.md`)).body).toContain('5XX')
    expect((await ask(`${url}api/download/why5xx-report.html`)).body).toContain('Content-Security-Policy')
    expect((await ask(`${url}api/download/..%2f..%2fpackage.json`)).status).toBe(404)
  })

  test('a request to read again needs JSON of the right shape, and logs', async () => {
    const saved = await serve(file)
    const read = { 'content-type': 'application/json' }
    expect((await ask(`${saved.url}api/read`, read, 'POST', '{"where":[]}')).status).toBe(409)
    const { url } = await serve(logs)
    expect((await ask(`${url}api/read`, { 'content-type': 'text/plain' }, 'POST', '{"where":[]}')).status).toBe(415)
    expect((await ask(`${url}api/read`, read, 'POST', '{"where":"x"}')).status).toBe(400)
    expect((await ask(`${url}api/read`, read, 'POST', 'x'.repeat(30_000))).status).toBe(413)
  })
})

describe('the live page', () => {
  test('shows a saved diagnosis, and meets no error', async () => {
    const { url } = await serve(file)
    const { page, context, troubles, requests } = await openPage(browser, url)
    await rowsLoaded(page, diagnosis.failureRows?.kept ?? 0)
    expect(troubles).toEqual([])
    expect(requests.filter((each) => !each.startsWith(url) && !each.startsWith('data:'))).toEqual([])
    await context.close()
  })

  test('reads the logs again for a part of them, and everything follows', async () => {
    const { url } = await serve(logs)
    const whole = await diagnosisOf(url)
    const all = whole.books.failures
    const { page, context, troubles } = await openPage(browser, url)
    await rowsLoaded(page, all)
    const target = whole.failureRows?.names.targets[0] ?? ''
    await page.getByLabel('Target', { exact: true }).selectOption({ label: target })
    await page.getByRole('button', { name: `Diagnose only target ${target}` }).click()
    await page.getByText(`Diagnosed: only target ${target}.`).waitFor()
    const part = await diagnosisOf(url)
    expect(part.books.failures).toBeGreaterThan(0)
    expect(part.books.failures).toBeLessThan(all)
    await rowsLoaded(page, part.books.failures)
    expect(await page.locator('.figures').innerText()).toContain(part.books.requests.toLocaleString('en-US'))
    await page.getByRole('button', { name: 'Diagnose everything' }).click()
    await rowsLoaded(page, all)
    expect(troubles).toEqual([])
    await context.close()
  })

  test('a reading that finds nothing is said, and what was shown stays', async () => {
    const { url } = await serve(logs)
    const { page, context } = await openPage(browser, url)
    await rowsLoaded(page, (await diagnosisOf(url)).books.failures)
    await ask(`${url}api/read`, { 'content-type': 'application/json' }, 'POST', '{"where":["colour=red"]}')
    expect(await page.getByRole('alert').innerText()).toContain('colour=red')
    expect(await page.locator('h1').isVisible()).toBe(true)
    await context.close()
  })

  test('a page that lost its server says so', async () => {
    const served = await serve(file)
    const { page, context } = await openPage(browser, served.url)
    await rowsLoaded(page, diagnosis.failureRows?.kept ?? 0)
    await served.stop()
    await page.getByText('no longer answers').waitFor()
    expect(await page.locator('h1').isVisible()).toBe(true)
    await context.close()
  })
})

describe('the process', () => {
  test('ends with Ctrl-C at once, although a page listens', async () => {
    const served = await serve(file)
    const { context, page } = await openPage(browser, served.url)
    await rowsLoaded(page, diagnosis.failureRows?.kept ?? 0)
    const asked = Date.now()
    expect(await served.stop()).toBe(0)
    expect(Date.now() - asked).toBeLessThan(3_000)
    await context.close()
  })

  test('a second instance takes another port; a port that was asked for and is taken is an error', async () => {
    const [first, second] = [await serve(file), await serve(file)]
    expect(new URL(first.url).port).not.toBe(new URL(second.url).port)
    await expect(serve(file, '--port', new URL(first.url).port)).rejects.toThrow('the port is taken')
  })

  test('logs that are not there end it before it prints an address', async () => {
    await expect(serve(join(folder, 'nothing'))).rejects.toThrow('No such file or folder')
  })
})
