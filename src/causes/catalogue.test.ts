import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { symptoms } from '../core/vocabulary.ts'
import { families } from './families.ts'
import { causeById, causes } from './index.ts'
import { symptomPages } from './symptom-pages.ts'

const folder = new URL('.', import.meta.url)

function strings(value: unknown, path: string): [path: string, text: string][] {
  if (typeof value === 'string') return [[path, value]]
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([key, inner]) => strings(inner, `${path}.${key}`))
}

describe('the catalogue', () => {
  it('holds every cause file of the folder once, by number', () => {
    const files = readdirSync(folder).filter(
      (name) =>
        name.endsWith('.ts') &&
        !name.endsWith('.test.ts') &&
        readFileSync(new URL(name, folder), 'utf8').includes('export default defineCause('),
    )
    expect(causes.map(({ meta }) => `${meta.id}.ts`).sort()).toEqual(files.sort())
    expect(causeById.size).toBe(causes.length)
    const numbers = causes.map(({ meta }) => meta.number)
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
  })

  it('covers every number from 1 on without a gap', () => {
    const numbers = new Set(causes.map(({ meta }) => meta.number))
    expect([...numbers]).toEqual(Array.from(numbers, (_, index) => index + 1))
  })

  it('has a cause for every symptom and a family for every cause', () => {
    for (const symptom of symptoms)
      expect(causes.filter(({ meta }) => meta.symptoms.includes(symptom)).length, symptom).toBeGreaterThan(0)
    for (const { meta } of causes) expect(families[meta.family], meta.id).toBeTruthy()
  })
})

describe.each(causes.map((cause) => [cause.meta.id, cause] as const))('%s', (id, { meta, docs }) => {
  it('has no empty text and no stray white space', () => {
    for (const [path, text] of strings({ meta, docs }, id)) {
      expect(text.trim(), path).not.toBe('')
      expect(text, path).not.toMatch(/^\s|\s$|\n| {2}/)
      expect(text.split('`').length % 2, `${path}: unbalanced backticks`).toBe(1)
    }
  })

  it('names look-alikes that exist, each with a measure', () => {
    if (meta.symptoms.length > 0) expect(docs.lookalikes.length).toBeGreaterThan(0)
    for (const { cause, tell } of docs.lookalikes) {
      expect(causeById.has(cause), cause).toBe(true)
      expect(cause).not.toBe(id)
      expect(tell.length, `${cause}: ${tell}`).toBeGreaterThan(30)
    }
    expect(new Set(docs.lookalikes.map(({ cause }) => cause)).size).toBe(docs.lookalikes.length)
  })

  it('says what settles it, how to prove it, how to fix it or why not, and where the facts come from', () => {
    expect(docs.settledBy.length).toBeGreaterThan(0)
    expect(docs.prove.length).toBeGreaterThan(0)
    expect(docs.fix.length > 0 || docs.noFix !== undefined).toBe(true)
    expect(meta.sources.length).toBeGreaterThan(0)
    for (const source of meta.sources)
      expect(source).toMatch(/^(https:\/\/\S+|docs\/\S+, row \d+|RFC \d+.*|lab: [a-z0-9-]+)$/)
    expect(new Set(meta.sources).size).toBe(meta.sources.length)
    if (meta.decidedBy === 'witness') expect(meta.wants.length).toBeGreaterThan(0)
  })

  it('stands on the page of every symptom it can explain', () => {
    const pages = Object.values(symptomPages).filter((page) => page.candidates.some(({ cause }) => cause === id))
    expect(pages.map(({ symptom }) => symptom).sort()).toEqual([...meta.symptoms].sort())
  })
})

describe('measurements', () => {
  it('hold every row that a cause rests on', () => {
    const text = readFileSync(new URL('../../docs/measurements.md', import.meta.url), 'utf8')
    const rows = new Set([...text.matchAll(/^\| (\d+) \|/gm)].map((match) => match[1]))
    for (const { meta } of causes)
      for (const source of meta.sources) {
        const row = /^docs\/measurements\.md, row (\d+)$/.exec(source)?.[1]
        if (row) expect(rows.has(row), `${meta.id}: ${source}`).toBe(true)
      }
  })
})

describe('symptom pages', () => {
  it.each(symptoms)('%s has every part, and candidates that exist', (symptom) => {
    const page = symptomPages[symptom]
    expect(page.symptom).toBe(symptom)
    expect(page.candidates.length).toBeGreaterThan(0)
    expect(page.settledBy.length).toBeGreaterThan(0)
    for (const { cause } of page.candidates) expect(causeById.has(cause), cause).toBe(true)
    for (const [path, text] of strings(page, symptom)) expect(text.trim(), path).not.toBe('')
  })
})

describe('what is never claimed', () => {
  it('says on its page why the log cannot name it', () => {
    // What is left of detectors and joins without lists of candidates and without what they rule out: claims.
    const claims = ['src/causes/detect', 'src/joins']
      .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)))
      .filter((path) => path.endsWith('.ts') && !path.includes('.test.'))
      .map((path) => readFileSync(path, 'utf8'))
      .join('\n')
      .replace(/\{\s*cause: [^{}]*?why:/g, '')
      .replace(/\[[^[\]{}]*\]/g, '')
    const isClaimed = (id: string): boolean =>
      [`'${id}'`, `'${id}\\t`, `\`${id}\\t`].some((text) => claims.includes(text))
    const never = causes.filter(({ meta }) => !isClaimed(meta.id))
    expect(never.length).toBeLessThanOrEqual(2)
    for (const { meta, docs } of never) {
      expect(docs.logAlone, meta.id).toBeDefined()
      expect(meta.decidedBy, meta.id).toBe('witness')
    }
    expect(isClaimed('worker-recycling')).toBe(true)
    expect(isClaimed('load-balancer-capacity')).toBe(true)
  })
})
