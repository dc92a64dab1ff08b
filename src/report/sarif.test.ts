import { describe, expect, test } from 'vitest'
import type { Diagnosis } from '../core/diagnosis.ts'
import { sarifErrors } from '../testing/sarif-schema.ts'
import { shopDiagnosis } from '../testing/shop-diagnosis.ts'
import { renderSarif } from './sarif.ts'

const pageOf = (cause: string) => ({
  title: `Title of ${cause}`,
  what: 'What happened.',
  act: 'What to do.',
  source: 'https://docs.aws.amazon.com/elasticloadbalancing/',
})
const runOf = (diagnosis: Diagnosis) => JSON.parse(renderSarif(diagnosis, pageOf)).runs[0]
const finding = shopDiagnosis.findings[0] as Diagnosis['findings'][number]

describe('the SARIF report', () => {
  test('is valid against the published schema', () => {
    expect(sarifErrors(renderSarif(shopDiagnosis, pageOf))).toEqual([])
    expect(sarifErrors(renderSarif({ ...shopDiagnosis, findings: [], complete: false }, pageOf))).toEqual([])
  })

  test('has one result per finding, under the rule of its cause', () => {
    const run = runOf(shopDiagnosis)
    expect(run.results).toHaveLength(shopDiagnosis.findings.length)
    for (const [place, result] of run.results.entries()) {
      const { cause, symptom } = shopDiagnosis.findings[place] as typeof finding
      expect(result.ruleId).toBe(cause ?? `undetermined-${symptom}`)
      expect(run.tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId)
    }
    expect(run.properties.books).toEqual(shopDiagnosis.books)
  })

  test.each([
    ['certain', 'error'],
    ['likely', 'warning'],
    ['possible', 'note'],
    [null, 'note'],
  ] as const)('%s is of level %s', (confidence, level) => {
    expect(runOf({ ...shopDiagnosis, findings: [{ ...finding, confidence }] }).results[0].level).toBe(level)
  })

  test('refused requests are a note, however certain', () => {
    const refused = { ...finding, failures: 0, confidence: 'certain' as const }
    expect(runOf({ ...shopDiagnosis, findings: [refused] }).results[0].level).toBe('note')
  })

  test('stands where its first sample row stands', () => {
    const sample = { input: 'logs/Monday #1/50%.log', row: 17, raw: 'http …', decidedBy: [] }
    const [result] = runOf({ ...shopDiagnosis, findings: [{ ...finding, samples: [sample, sample] }] }).results
    expect(result.locations).toHaveLength(1)
    expect(result.locations[0].physicalLocation).toMatchObject({
      artifactLocation: { uri: 'logs/Monday%20%231/50%25.log' },
      region: { startLine: 17 },
    })
    expect(result.relatedLocations).toHaveLength(1)
    const root = runOf({ ...shopDiagnosis, findings: [{ ...finding, samples: [{ ...sample, input: '/var/a.log' }] }] })
    expect(root.results[0].locations[0].physicalLocation.artifactLocation.uri).toBe('file:///var/a.log')
  })

  test('tells findings apart that share cause and scope', () => {
    const { results } = runOf({ ...shopDiagnosis, findings: [finding, finding] })
    expect(
      new Set(results.map((each: { partialFingerprints: object }) => JSON.stringify(each.partialFingerprints))).size,
    ).toBe(2)
  })

  test('says what could not be read, and that the run was cut short', () => {
    const run = runOf({
      ...shopDiagnosis,
      complete: false,
      errors: [{ where: 'b.log', message: 'permission denied', hint: null }],
    })
    expect(run.invocations).toEqual([
      {
        executionSuccessful: false,
        toolExecutionNotifications: [{ level: 'warning', message: { text: 'b.log: permission denied' } }],
      },
    ])
  })

  test('a terminal escape in a title or a row is inert', () => {
    const hostile = '\u001b]0;owned\u0007\u202e'
    const text = renderSarif(
      {
        ...shopDiagnosis,
        findings: [{ ...finding, title: hostile, samples: [{ input: hostile, row: 1, raw: hostile, decidedBy: [] }] }],
      },
      pageOf,
    )
    for (const unsafe of ['\\u001b', '\\u0007', '\u202e']) expect(text).not.toContain(unsafe)
  })
})
