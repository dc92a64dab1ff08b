import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { AppError } from '../core/errors.ts'
import { shopDiagnosis } from '../testing/shop-diagnosis.ts'
import { renderJson } from './json.ts'
import { diagnosisJsonSchema, readDiagnosis } from './schema.ts'

const published = JSON.parse(readFileSync(new URL('../../schema/diagnosis.schema.json', import.meta.url), 'utf8'))

describe('the published schema', () => {
  test('is what npm run gen would write', () => {
    expect(published).toEqual(JSON.parse(JSON.stringify(diagnosisJsonSchema())))
  })

  test('accepts the JSON report, as draft 2020-12', () => {
    const validate = new Ajv2020({ strict: true, strictTuples: false }).compile(published)
    validate(JSON.parse(renderJson(shopDiagnosis)))
    expect(validate.errors).toBeNull()
    expect(published.$schema).toBe('https://json-schema.org/draft/2020-12/schema')
  })

  test.each([
    ['an unknown symptom', { symptoms: [{ symptom: 'gremlins', failures: 1 }] }],
    ['a count below zero', { books: { ...shopDiagnosis.books, bad: -1 } }],
    ['another schemaVersion', { schemaVersion: 2 }],
    ['no findings', { findings: undefined }],
  ])('refuses %s', (_, change) => {
    const validate = new Ajv2020().compile(published)
    expect(validate(JSON.parse(JSON.stringify({ ...shopDiagnosis, ...change })))).toBe(false)
  })
})

describe('reading a diagnosis', () => {
  test('gives back what was written', () => {
    expect(readDiagnosis(renderJson(shopDiagnosis))).toEqual(JSON.parse(JSON.stringify(shopDiagnosis)))
  })

  test('ignores keys of a later version', () => {
    expect(readDiagnosis(JSON.stringify({ ...shopDiagnosis, weather: 'rain' }))).not.toHaveProperty('weather')
  })

  test.each([
    ['text that is not JSON', 'https 2026-11-23T14:02:11Z app/shop', 'a.log: it is not JSON'],
    ['JSON of something else', '{"name":"shop"}', 'no schemaVersion'],
    ['a list', '[1]', 'no schemaVersion'],
    ['another schemaVersion', JSON.stringify({ ...shopDiagnosis, schemaVersion: 7 }), 'schemaVersion 7'],
    ['a broken finding', JSON.stringify({ ...shopDiagnosis, findings: [{}] }), 'findings.0'],
    [
      'columns of different lengths',
      JSON.stringify({ ...shopDiagnosis, failureRows: { ...shopDiagnosis.failureRows, kept: 3 } }),
      'has 2 rows, kept says 3',
    ],
    [
      'an index that points at no name',
      JSON.stringify({
        ...shopDiagnosis,
        failureRows: { ...shopDiagnosis.failureRows, names: { ...shopDiagnosis.failureRows?.names, nodes: [] } },
      }),
      'node points past its names',
    ],
  ])('says what is wrong with %s', (_, content, message) => {
    let error: unknown
    try {
      readDiagnosis(content, 'a.log')
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(AppError)
    expect((error as AppError).message).toContain(message)
    expect((error as AppError).exit).toBe(3)
  })
})
