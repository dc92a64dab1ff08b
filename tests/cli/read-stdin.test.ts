import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { ReadResult } from '../../src/read/byte-chunks.ts'

const whole = Array.from(
  { length: 60_000 },
  (_, index) => `row ${index} ${((index * 48_271) % 2_147_483_647).toString(36)}\n`,
).join('')
const packed = gzipSync(whole)

test.each([
  ['plain', Buffer.from(whole), null],
  ['gzip', packed, null],
  ['cut gzip', packed.subarray(0, packed.length - 9_000), 'the gzip data ends in the middle'],
])('standard input, %s', async (_, bytes, truncated) => {
  const script = `
    import { readBlocks } from ${JSON.stringify(new URL('../../dist/read/byte-chunks.js', import.meta.url).href)}
    process.stdin
    let length = 0
    const result = await readBlocks('-', null, (block) => { length += block.length })
    process.stdout.write(JSON.stringify({ ...result, length }))`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
  })
  child.stdin.write(bytes.subarray(0, 100))
  setTimeout(() => child.stdin.end(bytes.subarray(100)), 150)
  await once(child, 'close')
  const result = JSON.parse(out) as ReadResult & { length: number }
  expect(result.truncated ?? '').toContain(truncated ?? '')
  if (truncated === null) expect(result).toMatchObject({ length: whole.length, truncated: null, bytes: bytes.length })
  else expect(result.length).toBeGreaterThan(whole.length / 2)
})
