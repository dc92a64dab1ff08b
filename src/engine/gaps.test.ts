import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, expect, it } from 'vitest'
import { diagnose } from './diagnose.ts'

const folder = mkdtempSync(join(tmpdir(), 'why5xx-gaps-'))
afterAll(() => rmSync(folder, { recursive: true }))

const from = 'fixtures/incidents/keepalive-race-uvicorn'
const names = readdirSync(from).filter((name) => name.includes('_elasticloadbalancing_'))

async function missingOf(paths: readonly string[]): Promise<string[]> {
  const { diagnosis } = await diagnose({ paths, jobs: 0, version: '0' })
  return diagnosis.missing.map((each) => each.what)
}

it('a node without its file is named', async () => {
  const [dropped = '', ...kept] = names
  const missing = await missingOf(kept.map((name) => join(from, name)))
  expect(missing.join()).toContain(`1 of 2 five-minute files of node ${/_(10[0-9.]+)_/.exec(dropped)?.[1]}`)
})

it('a whole folder misses no file', async () => {
  expect((await missingOf([from])).join()).not.toContain('five-minute files')
})

it('failures alone are called one-sided', async () => {
  const rows = names.flatMap((name) =>
    gunzipSync(readFileSync(join(from, name)))
      .toString()
      .split('\n'),
  )
  const path = join(folder, 'failed.log')
  writeFileSync(path, `${rows.filter((row) => / 502 - /.test(row)).join('\n')}\n`)
  expect(await missingOf([path])).toContain('healthy requests')
})

it('a stretch without any row is named', async () => {
  const rows = names.flatMap((name) =>
    gunzipSync(readFileSync(join(from, name)))
      .toString()
      .trimEnd()
      .split('\n'),
  )
  const busy = rows.flatMap((row) =>
    [0, 1, 2, 3].map((n) => row.replace(/203\.0\.113\.\d+:\d+/, `203.0.113.9:${40_000 + n}`)),
  )
  const path = join(folder, 'gap.log')
  writeFileSync(path, `${busy.filter((row) => !/ 2026-11-23T02:2[12]:/.test(row)).join('\n')}\n`)
  expect((await missingOf([path])).join()).toContain('any request from 2026-11-23T02:21')
})
