import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { AccessLogFiles, intervalEnd, logFileName } from './access-log-files.ts'

const name = {
  account: '123456789012',
  region: 'eu-west-1',
  loadBalancer: 'app/quiet/55d05b6572efdc9b',
  nodeAddress: '10.28.0.11',
}

test('files are named as AWS names them, with the end of the interval in UTC', () => {
  const endMs = intervalEnd(Date.UTC(2026, 10, 23, 2, 18, 56), 300_000)
  expect(logFileName({ ...name, endMs }, 'c548baee')).toBe(
    '123456789012_elasticloadbalancing_eu-west-1_app.quiet.55d05b6572efdc9b_20261123T0220Z_10.28.0.11_c548baee.log.gz',
  )
})

test('a moment on the boundary belongs to the next interval', () => {
  const boundary = Date.UTC(2026, 10, 23, 2, 20)
  expect(intervalEnd(boundary, 300_000)).toBe(boundary + 300_000)
  expect(intervalEnd(boundary - 1, 300_000)).toBe(boundary)
})

test('each interval becomes one whole gzip file and no row is lost', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'alb-files-'))
  const errors: Error[] = []
  const files = new AccessLogFiles(directory, name, 300, (error) => errors.push(error))
  const boundary = Date.UTC(2026, 10, 23, 2, 20)
  files.add('first', boundary - 2)
  files.add('second', boundary - 1)
  files.add('third', boundary)
  await files.flush()
  await files.flush()
  const found = readdirSync(directory).sort()
  expect(found.map((file) => file.split('_')[4])).toEqual(['20261123T0220Z', '20261123T0225Z'])
  expect(found.map((file) => gunzipSync(readFileSync(join(directory, file))).toString())).toEqual([
    'first\nsecond\n',
    'third\n',
  ])
  expect(errors).toEqual([])
})

test('a folder that went away is reported, not thrown', async () => {
  const errors: Error[] = []
  const files = new AccessLogFiles('/nonexistent/logs', name, 300, (error) => errors.push(error))
  files.add('row', Date.now())
  await files.flush()
  expect(errors).toHaveLength(1)
})
