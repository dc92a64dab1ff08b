import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { type ByteRange, type ReadOptions, type ReadResult, readBlocks } from './byte-chunks.ts'

const folder = mkdtempSync(join(tmpdir(), 'why5xx-read-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0

function fileOf(bytes: Uint8Array | string): string {
  const path = join(folder, `f${files++}`)
  writeFileSync(path, bytes)
  return path
}

async function read(
  path: string,
  range: ByteRange | null = null,
  options: ReadOptions = {},
): Promise<ReadResult & { text: string }> {
  const parts: Buffer[] = []
  let isEnded = false
  const result = await readBlocks(
    path,
    range,
    (block, isLast) => {
      expect(isEnded).toBe(false)
      parts.push(Buffer.from(block))
      isEnded = isLast
    },
    options,
  )
  expect(isEnded).toBe(true)
  return { ...result, text: Buffer.concat(parts).toString('latin1') }
}

/** Rows that gzip does not shrink to nothing. */
function rows(count: number, seed = 1): string {
  let state = seed
  let text = ''
  for (let index = 0; index < count; index++) {
    state = (state * 48_271) % 2_147_483_647
    text += `row ${index} ${state.toString(36)} ${(state * 7919).toString(16)}\n`
  }
  return text
}

const whole = rows(60_000)
const packed = gzipSync(whole)

describe.each([
  ['by the synchronous way into zlib', {}],
  ['by streams', { byStream: true }],
] as const)('gzip, %s', (_, options) => {
  test('one member, several members, an empty member', async () => {
    const path = fileOf(packed)
    expect(await read(path, null, options)).toEqual({
      text: whole,
      bytes: packed.length,
      truncated: null,
      endlessRows: 0,
      endsWithoutNewline: false,
      isStopped: false,
    })
    const members = Buffer.concat([packed, gzipSync(''), gzipSync('x\n'), packed])
    expect(await read(fileOf(members), null, options)).toMatchObject({ text: `${whole}x\n${whole}`, truncated: null })
    expect(await read(fileOf(gzipSync('')), null, options)).toMatchObject({ text: '', truncated: null })
  })

  test('cut in the middle: what came before is read, and the result says so', async () => {
    const result = await read(fileOf(packed.subarray(0, packed.length / 2)), null, options)
    expect(result.truncated).toMatch(/^the gzip data ends in the middle/)
    expect(result.text.length).toBeGreaterThan(whole.length / 3)
    expect(whole.startsWith(result.text)).toBe(true)
  })

  test('cut within the head or the trailer', async () => {
    for (const length of [2, 5, 12, packed.length - 1, packed.length - 7]) {
      const result = await read(fileOf(packed.subarray(0, length)), null, options)
      expect(result.truncated).toMatch(/^the gzip data ends in the middle/)
      expect(result.text).toBe(length > 20 ? whole : result.text)
    }
  })
})

describe('bytes after the gzip data', () => {
  test.each([
    ['text', Buffer.from('<html>not gzip</html>\n'), 22],
    ['two bytes', Buffer.from('ab'), 2],
    ['one newline', Buffer.from('\n'), 1],
    ['zeros, then text', Buffer.concat([Buffer.alloc(600), Buffer.from('text')]), 604],
  ])('%s: counted, and no row before them is lost', async (_, rest, bytes) => {
    const result = await read(fileOf(Buffer.concat([packed, rest])))
    expect(result.text).toBe(whole)
    expect(result.truncated).toBe(`${bytes} bytes after the end of the gzip data are no gzip: not read`)
  })

  test('zeros are padding', async () => {
    const result = await read(fileOf(Buffer.concat([packed, Buffer.alloc(1024)])))
    expect(result).toMatchObject({ text: whole, truncated: null })
  })
})

test('damage in the middle: every row before it is read, and the place is named', async () => {
  const damaged = Buffer.from(packed)
  const at = Math.floor(packed.length * 0.6)
  damaged.fill(0xff, at, at + 200)
  const result = await read(fileOf(damaged))
  expect(result.truncated).toMatch(
    /^the gzip data is damaged at byte [\d,]+ \(.+\): what came before was read, the last [\d,]+ compressed bytes are lost$/,
  )
  const place = Number(/byte ([\d,]+)/.exec(result.truncated ?? '')?.[1]?.replaceAll(',', ''))
  expect(place).toBeGreaterThanOrEqual(at)
  expect(place).toBeLessThan(at + 40_000)
  expect(result.text.length).toBeGreaterThan(whole.length * 0.5)
  expect(result.text.slice(0, whole.length * 0.5)).toBe(whole.slice(0, whole.length * 0.5))
})

test('a checksum that does not fit is damage, after all rows', async () => {
  const damaged = Buffer.from(packed)
  damaged.writeUInt32LE(1, damaged.length - 8)
  const result = await read(fileOf(damaged))
  expect(result.text).toBe(whole)
  expect(result.truncated).toContain('incorrect data check')
})

describe('plain files', () => {
  test('are read as they are, and an open last row is said', async () => {
    expect(await read(fileOf('a\r\nb'))).toEqual({
      text: 'a\r\nb',
      bytes: 4,
      truncated: null,
      endlessRows: 0,
      endsWithoutNewline: true,
      isStopped: false,
    })
    expect(await read(fileOf(''))).toMatchObject({ text: '', bytes: 0, endsWithoutNewline: false })
    expect(await read(fileOf('\n'))).toMatchObject({ text: '\n', bytes: 1 })
    expect((await read(fileOf(whole))).text).toBe(whole)
  })

  test('a picture named .gz comes as its bytes', async () => {
    expect((await read(fileOf(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 10)))).bytes).toBe(5)
  })

  test('a row of 50 MB is skipped in bounded memory', async () => {
    const path = fileOf(Buffer.concat([Buffer.from('a\n'), Buffer.alloc(50_000_000, 'x'), Buffer.from('\nb\n')]))
    const sizes: number[] = []
    const before = process.memoryUsage().arrayBuffers
    const result = await read(path, null, { onEndlessRow: (bytes) => sizes.push(bytes) })
    expect(result).toMatchObject({ text: 'a\nb\n', endlessRows: 1 })
    expect(sizes).toEqual([50_000_001])
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8_000_000)
  })

  test('ranges: every line once, in whichever range it begins', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom('a', '\n', 'bcd') }),
        fc.array(fc.nat({ max: 60 }), { maxLength: 5 }),
        async (text, cuts) => {
          const path = fileOf(text)
          const size = Buffer.byteLength(text)
          const edges = [0, ...cuts.filter((cut) => cut < size).sort((a, b) => a - b), size]
          const parts: string[] = []
          for (let index = 0; index + 1 < edges.length; index++) {
            const range = { start: edges[index] ?? 0, end: edges[index + 1] ?? 0 }
            if (range.start < range.end) parts.push((await read(path, range)).text)
          }
          expect(parts.join('')).toBe(text)
          for (const part of parts.slice(0, -1))
            expect(part === '' || part.endsWith('\n') || text.endsWith(part)).toBe(true)
        },
      ),
      { numRuns: 200 },
    )
  })

  test('ranges of a large file', async () => {
    const path = fileOf(whole)
    const parts = await Promise.all(
      [0, 1, 2, 3].map((part) =>
        read(path, { start: Math.floor((whole.length * part) / 4), end: Math.floor((whole.length * (part + 1)) / 4) }),
      ),
    )
    expect(parts.map((part) => part.text).join('')).toBe(whole)
    expect(parts.reduce((sum, part) => sum + part.bytes, 0)).toBe(whole.length)
  })
})

test('a missing file is an error of the operating system', async () => {
  await expect(read(join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' })
})
