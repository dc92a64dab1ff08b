import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, expect, it } from 'vitest'
import { diagnose } from './diagnose.ts'

const folder = mkdtempSync(join(tmpdir(), 'why5xx-failure-rows-'))
afterAll(() => rmSync(folder, { recursive: true }))

it('texts of failures are shown as the client sent them, escapes undone', async () => {
  const from = 'fixtures/incidents/idle-timeout'
  const log = readdirSync(from).find((name) => name.includes('_elasticloadbalancing_')) as string
  const agents = ['ShopApp \\x22beta\\x22', '\\xEC\\x97\\x90 \\x5Cx22', 'curl/8.5.0']
  let failures = 0
  const rows = gunzipSync(readFileSync(join(from, log)))
    .toString()
    .trimEnd()
    .split('\n')
    .map((row) => {
      if (!/ 504 - /.test(row)) return row
      const parts = row.split('"')
      parts[3] = agents[failures++ % 3] as string
      return parts.join('"')
    })
  const path = join(folder, 'a.log')
  writeFileSync(path, `${rows.join('\n')}\n`)
  const { diagnosis } = await diagnose({ paths: [path], jobs: 0, version: '0' })
  const columns = diagnosis.failureRows?.columns
  expect(failures).toBeGreaterThan(5)
  expect(columns?.userAgent.slice(0, 3)).toEqual(['ShopApp "beta"', '에 \\x22', 'curl/8.5.0'])
  expect(new Set(columns?.userAgent).size).toBe(3)
  expect(columns?.request.every((request) => request?.startsWith('GET ') || request?.startsWith('POST '))).toBe(true)
})
