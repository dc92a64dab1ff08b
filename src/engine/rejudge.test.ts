import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it, test } from 'vitest'
import { diagnose } from './diagnose.ts'
import { openEvidenceFolder } from './evidence-folder.ts'
import type { Gathered } from './gathered.ts'
import { rejudge } from './rejudge.ts'
import { EVIDENCE_VERSION } from './saved-evidence.ts'

const folder = mkdtempSync(join(tmpdir(), 'why5xx-evidence-'))
afterAll(() => rmSync(folder, { recursive: true }))
let made = 0
const now = (): Date => new Date('2026-11-23T08:00:00Z')

async function saveFrom(paths: readonly string[], more: Partial<Parameters<typeof diagnose>[0]> = {}) {
  const into = join(folder, `${made++}`)
  const result = await diagnose({ paths, jobs: 0, version: '0', now, isSaved: true, ...more })
  await openEvidenceFolder(into).save(result.gathered as Gathered, '0', now())
  return { into, result }
}

const again = (into: string, more: Partial<Parameters<typeof rejudge>[0]> = {}) =>
  rejudge({ folder: into, version: '0', now, ...more })

const recordings = readdirSync('fixtures/accuracy')
  .filter((name) => existsSync(join('fixtures/accuracy', name, 'logs')))
  .filter((_, index) => index % 12 === 0)
  .map((name) => join('fixtures/accuracy', name, 'logs'))
const incidents = readdirSync('fixtures/incidents').map((name) => join('fixtures/incidents', name))

describe('evidence that was saved', () => {
  it.each([...incidents, 'examples/missing-502', ...recordings])('gives the same diagnosis again: %s', async (path) => {
    const { into, result } = await saveFrom([path])
    const second = await again(into)
    expect(second.diagnosis).toStrictEqual(result.diagnosis)
    expect([...second.verdicts()]).toStrictEqual([...result.verdicts()])
    expect(second.hasUnreadable).toBe(result.hasUnreadable)
  })

  it('holds what the operator gave, and takes it anew', async () => {
    const { into, result } = await saveFrom(['fixtures/incidents/idle-timeout'], {
      idleTimeoutSeconds: 77,
      failureRows: 3,
    })
    expect((await again(into)).diagnosis).toStrictEqual(result.diagnosis)
    const { diagnosis } = await again(into, { idleTimeoutSeconds: 10, failureRows: 5 })
    expect(diagnosis.settings.byLoadBalancer[0]?.idleTimeoutSeconds).toMatchObject({ value: 10, source: 'given' })
    expect(diagnosis.failureRows?.kept).toBe(5)
  })

  it('hears a witness that turns up when the logs are gone', async () => {
    const logs = readdirSync('examples/missing-502').filter((name) => name.includes('_elasticloadbalancing_'))
    const paths = logs.map((name) => join('examples/missing-502', name))
    const { into, result } = await saveFrom(paths)
    expect(result.diagnosis.witnesses).toEqual([])
    const witnesses = ['examples/missing-502/app.log.gz', 'examples/missing-502/kubernetes']
    const asked = await diagnose({ paths, witnesses, jobs: 0, version: '0', now })
    expect((await again(into, { witnesses })).diagnosis).toStrictEqual(asked.diagnosis)
  })

  it('is judged without its witnesses when nobody else is wanted', async () => {
    const { into } = await saveFrom(['examples/missing-502'])
    const { diagnosis } = await again(into, { useWitnesses: false })
    expect(diagnosis.witnesses).toEqual([])
    expect(diagnosis.books.failures).toBe(247)
  })

  it('of an interrupted run stays incomplete', async () => {
    const stop = new AbortController()
    stop.abort()
    const { into, result } = await saveFrom(['examples/missing-502'], { signal: stop.signal })
    expect(result.diagnosis.complete).toBe(false)
    expect((await again(into)).diagnosis).toStrictEqual(result.diagnosis)
  })
})

describe('a folder of evidence', () => {
  test('that holds other files is left alone', () => {
    expect(() => openEvidenceFolder('src')).toThrow('Cannot save evidence in src: it holds other files')
  })

  test('with the remains of an interrupted saving takes another one', async () => {
    const { into, result } = await saveFrom(['fixtures/incidents/healthy-control'])
    rmSync(join(into, 'why5xx-evidence.json'))
    const again = openEvidenceFolder(into)
    expect(again.savedAt).toBeNull()
    await again.save(result.gathered as Gathered, '0', now())
    expect(openEvidenceFolder(into).savedAt).not.toBeNull()
  })

  test('says when the evidence that it holds was saved', async () => {
    const { into } = await saveFrom(['fixtures/incidents/healthy-control'])
    expect(openEvidenceFolder(into).savedAt).toBe('2026-11-23T08:00:00.000Z')
    expect(openEvidenceFolder(join(folder, 'new')).savedAt).toBeNull()
  })

  const damage: [string, (into: string) => void, string][] = [
    ['without its manifest', (into) => rmSync(join(into, 'why5xx-evidence.json')), 'no why5xx-evidence.json in it'],
    ['without its columns', (into) => rmSync(join(into, 'columns.bin.gz')), 'columns.bin.gz is missing'],
    ['cut short', (into) => truncateSync(join(into, 'values.json.gz'), 500), 'values.json.gz is damaged'],
    [
      'of two savings',
      (into) => writeFileSync(join(into, 'columns.bin.gz'), gzipSync(Buffer.alloc(16))),
      'columns.bin.gz is not the one that was saved',
    ],
    [
      'of a later version',
      (into) => edit(into, (manifest) => ({ ...manifest, version: EVIDENCE_VERSION + 1, savedBy: '9.0.0' })),
      `holds evidence of version ${EVIDENCE_VERSION + 1}; this why5xx reads ${EVIDENCE_VERSION}`,
    ],
    ['with a manifest of nobody', (into) => edit(into, () => ({ hello: 1 })), 'is not what why5xx writes'],
    [
      'whose columns are longer than its files can hold',
      (into) =>
        rewrite(into, (values) => values.replace(/"Float64Array","length":\d+/, '"Float64Array","length":9e14')),
      'more columns than were saved',
    ],
    [
      'whose failures point past the targets',
      (into) => rewrite(into, (values) => values.replace(/"flows":\[\{.*?\}\]/, '"flows":[]')),
      'points past its names',
    ],
    [
      'with a word that is none',
      (into) => rewrite(into, (values) => values.replaceAll('"kind":"app-log"', '"kind":"gremlins"')),
      'testimonies.0.kind',
    ],
  ]
  test.each(damage)('%s is refused', async (_, harm, message) => {
    const { into } = await saveFrom(['examples/missing-502'])
    const copy = join(folder, `copy-${made++}`)
    cpSync(into, copy, { recursive: true })
    harm(copy)
    await expect(again(copy)).rejects.toThrow(message)
  })
})

function edit(into: string, change: (manifest: Record<string, unknown>) => unknown): void {
  const path = join(into, 'why5xx-evidence.json')
  writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')))))
}

/** Values that were changed by somebody who knows the format: sizes and sums are right. */
function rewrite(into: string, change: (values: string) => string): void {
  const path = join(into, 'values.json.gz')
  const before = gunzipSync(readFileSync(path)).toString()
  const after = change(before)
  expect(after).not.toBe(before)
  const packed = gzipSync(after)
  writeFileSync(path, packed)
  edit(into, (manifest) => ({
    ...manifest,
    files: {
      ...(manifest.files as object),
      'values.json.gz': {
        bytes: packed.length,
        inflatedBytes: Buffer.byteLength(after),
        sha256: createHash('sha256').update(packed).digest('hex'),
      },
    },
  }))
}
