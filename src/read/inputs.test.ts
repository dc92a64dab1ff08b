import { chmodSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { expandGlob } from './glob.ts'
import { findInputs as findInputsOf, type Inputs, type Seen } from './inputs.ts'
import { whatWasSeen } from './what-was-seen.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'why5xx-inputs-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const row =
  'https 2026-11-23T02:18:54.962585Z app/shop/7e13d860e39e867e 203.0.113.18:41759 10.28.1.1:8000 0.002 0.013 0.001 200 200 120 865 "GET https://www.shop.example:443/api/products/3125?page=2 HTTP/1.1" "curl/8.5.0"\n'
const at = (name: string): string => join(folder, name)
const write = (name: string, bytes: string | Uint8Array): string => {
  mkdirSync(join(at(name), '..'), { recursive: true })
  writeFileSync(at(name), bytes)
  return at(name)
}
const logOf = (number: number): string => row.replace('203.0.113.18', `203.0.113.${number}`).repeat(3)

/** Stands for the detection of src/formats, which this folder may not know. */
function detect(head: Uint8Array): Seen {
  const text = Buffer.from(head).toString('latin1')
  if (text.startsWith('https 2026')) return { kind: 'log' }
  if (text === '') return { kind: 'empty', seen: 'an empty file' }
  if (text.startsWith('Enable')) return { kind: 'test-file', seen: "AWS's test file" }
  return { kind: 'other', seen: text.startsWith('INFO') ? `text that begins "${text.trim()}"` : 'a PNG image' }
}
const findInputs = (paths: readonly string[]): Promise<Inputs> => findInputsOf(paths, detect)
const names = (inputs: Inputs): string[] => inputs.files.map((file) => relative(folder, file.path))

describe('findInputs', () => {
  test('a folder is read to its depth, sorted, without names that begin with a dot', async () => {
    write('b/2.log', logOf(1))
    write('a/deep/er/1.log.gz', gzipSync(logOf(2)))
    write('c.log', logOf(3))
    write('.hidden/x.log', logOf(4))
    const inputs = await findInputs([folder])
    expect(names(inputs)).toEqual(['a/deep/er/1.log.gz', 'b/2.log', 'c.log'])
    expect(inputs.files.map((file) => [file.isGzip, file.detection?.kind])).toEqual([
      [true, 'log'],
      [false, 'log'],
      [false, 'log'],
    ])
  })

  test('links are followed, and a loop ends', async () => {
    write('logs/1.log', logOf(1))
    symlinkSync(folder, at('logs/up'))
    symlinkSync(at('logs'), at('again'))
    symlinkSync(at('nowhere'), at('broken'))
    const inputs = await findInputs([folder])
    expect(names(inputs)).toHaveLength(1)
    expect(inputs.unreadable).toEqual([{ name: at('broken'), why: 'a link to nothing' }])
    expect(inputs.leftOut.length).toBeGreaterThan(0)
  })

  test('the same file by path, link and hard link is kept once, and the others say of which', async () => {
    const first = write('1.log', logOf(1))
    symlinkSync(first, at('2.log'))
    linkSync(first, at('3.log'))
    const inputs = await findInputs([first, first, at('2.log'), at('3.log')])
    expect(names(inputs)).toEqual(['1.log'])
    expect(inputs.leftOut.map(({ note }) => note)).toEqual([
      'given twice: counted once',
      `the same as ${first}: counted once`,
      `the same as ${first}: counted once`,
    ])
  })

  test('the same rows as plain text, gzip, several members and under another name are kept once', async () => {
    const first = write('1.log', logOf(1))
    write('2.log.gz', gzipSync(logOf(1)))
    write('3.txt', logOf(1))
    write('4.gz', Buffer.concat([gzipSync(logOf(1).slice(0, 900)), gzipSync(logOf(1).slice(900))]))
    const inputs = await findInputs([folder])
    expect(names(inputs)).toEqual(['1.log'])
    expect(inputs.leftOut.map(({ note }) => note)).toEqual([
      `the same rows as ${first}, compressed: counted once`,
      `the same rows as ${first}: counted once`,
      `the same rows as ${first}, compressed: counted once`,
    ])
  })

  test('files that only begin alike are both kept', async () => {
    write('1.log', logOf(1) + logOf(2))
    write('2.log.gz', gzipSync(logOf(1) + logOf(3)))
    write('3.log', logOf(1))
    expect(names(await findInputs([folder]))).toEqual(['1.log', '2.log.gz', '3.log'])
  })

  test('what is no log is listed with what it is', async () => {
    write('a.png.gz', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 1, 2))
    write('b.log', 'INFO started\n')
    write('c.log', 'INFO stopped\n')
    write('ELBAccessLogTestFile', 'Enable AccessLog for ELB: app/elb-name/abc123456 at 2025-05-30T16:47:00.781Z')
    write('empty', '')
    const inputs = await findInputs([folder])
    expect(inputs.files.map(({ detection }) => detection?.kind)).toEqual([
      'test-file',
      'other',
      'other',
      'other',
      'empty',
    ])
    expect(whatWasSeen(inputs)).toBe("2 × other text, 1 × AWS's test file, 1 × a PNG image, 1 × an empty file")
    expect(whatWasSeen(await findInputs([at('b.log')]))).toBe('text that begins "INFO started"')
  })

  test('an empty folder', async () => {
    const inputs = await findInputs([folder])
    expect(inputs.files).toEqual([])
    expect(whatWasSeen(inputs)).toBe('no file is there')
  })

  test('gzip that is cut, or followed by rubbish, is still recognised', async () => {
    const packed = gzipSync(Array.from({ length: 300 }, (_, index) => logOf(index % 250)).join(''))
    write('cut.gz', packed.subarray(0, 900))
    write('tail.gz', Buffer.concat([gzipSync(logOf(2)), Buffer.from('rubbish')]))
    const inputs = await findInputs([folder])
    expect(inputs.files.map(({ detection }) => detection?.kind)).toEqual(['log', 'log'])
  })

  test('a path that does not exist is an error with its name', async () => {
    await expect(findInputs([at('none')])).rejects.toMatchObject({ code: 'INPUT_MISSING', exit: 3 })
    await expect(findInputs([at('*.none')])).rejects.toThrow(at('*.none'))
  })

  test.skipIf(process.getuid?.() === 0)('a file without permission is listed, the others are read', async () => {
    write('1.log', logOf(1))
    chmodSync(write('2.log', logOf(2)), 0)
    const inputs = await findInputs([folder])
    expect(names(inputs)).toEqual(['1.log'])
    expect(inputs.unreadable).toEqual([{ name: at('2.log'), why: 'permission denied' }])
  })

  test('standard input and pipes are not touched', async () => {
    expect((await findInputs(['-', '-'])).files).toEqual([
      { name: '(standard input)', path: '-', bytes: null, isGzip: false, detection: null, fileName: null },
    ])
  })

  test('the file name gives the node', async () => {
    const name =
      '123456789012_elasticloadbalancing_eu-west-1_app.quiet.55d05b6572efdc9b_20261123T0220Z_10.28.0.11_c548baee.log'
    write(name, row)
    expect((await findInputs([folder])).files[0]?.fileName?.node).toBe('10.28.0.11')
  })
})

describe('globs, as a quoted argument brings them', () => {
  test.each([
    ['*.log', ['a.log', 'b.log']],
    ['**/*.log', ['a.log', 'b.log', 'x/c.log', 'x/y/d.log']],
    ['x/**', ['x', 'x/y']],
    ['?.log', ['a.log', 'b.log']],
    ['[!a].log', ['b.log']],
    ['{a,x/c}.log', ['a.log', 'x/c.log']],
    ['*/y/*.log', ['x/y/d.log']],
    ['[z-a]*', []],
    ['.*.log', ['.e.log']],
  ])('%s', (pattern, expected) => {
    for (const name of ['a.log', 'b.log', 'x/c.log', 'x/y/d.log', '.e.log', 'f.txt']) write(name, row)
    expect(expandGlob(`${folder}/${pattern}`).map((path) => relative(folder, path))).toEqual(expected)
  })

  test('a file whose name looks like a glob is itself', async () => {
    write('[1].log', logOf(1))
    write('1.log', logOf(2))
    expect(names(await findInputs([at('[1].log')]))).toEqual(['[1].log'])
  })

  test('a folder that matches is read as a folder', async () => {
    write('day1/1.log', logOf(1))
    write('day2/2.log', logOf(2))
    expect(names(await findInputs([at('day*')]))).toEqual(['day1/1.log', 'day2/2.log'])
  })
})
