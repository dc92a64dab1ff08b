import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { onTestFinished } from 'vitest'
import type { Diagnosis } from '../../src/core/diagnosis.ts'
import { type CliResult, root, runCli } from './run-cli.ts'

export const incidents = join(root, 'fixtures', 'incidents')
export const incidentNames = readdirSync(incidents)

/** What `--verdicts` writes for one failure. */
export interface Verdict {
  readonly input: string
  readonly row: number
  readonly traceId: string | null
  readonly time: string
  readonly answeredBy: string
  readonly symptom: string
  readonly node: string | null
  readonly cause: string | null
  readonly confidence: string | null
  readonly candidates: readonly string[]
}

export interface Run extends CliResult {
  readonly diagnosis: Diagnosis
  readonly verdicts: readonly Verdict[]
}

/** A folder of this test's own, gone when the test ends. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'why5xx-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A diagnosis as JSON with its verdicts. Fails loudly when the run wrote none. */
export function diagnose(...args: string[]): Run {
  const folder = scratchFolder()
  const verdictsPath = join(folder, 'verdicts.ndjson')
  const result = runCli(['diagnose', ...args, '--format', 'json', '--verdicts', verdictsPath])
  if (!result.stdout.startsWith('{')) throw new Error(`exit ${result.exitCode}, no diagnosis: ${result.stderr}`)
  return {
    ...result,
    diagnosis: JSON.parse(result.stdout) as Diagnosis,
    verdicts: ndjson(readFileSync(verdictsPath, 'utf8')) as Verdict[],
  }
}

export function ndjson(text: string): unknown[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown)
}

/** The rows of an incident's access logs, in file order. */
export function logRows(incident: string): string[] {
  const folder = join(incidents, incident)
  return readdirSync(folder)
    .filter((name) => name.includes('_elasticloadbalancing_'))
    .flatMap((name) =>
      gunzipSync(readFileSync(join(folder, name)))
        .toString('latin1')
        .trimEnd()
        .split('\n'),
    )
}

export function logFiles(incident: string): string[] {
  const folder = join(incidents, incident)
  return readdirSync(folder)
    .filter((name) => name.includes('_elasticloadbalancing_'))
    .map((name) => join(folder, name))
}

export function copyIncident(incident: string, to: string): void {
  cpSync(join(incidents, incident), to, { recursive: true })
}

/** design: rows = parsed + skipped + bad; failures = elb5xx + target5xx + clientLeft = explained + undetermined. */
export function unbalanced({ books, findings, answeredBy, symptoms, inputs }: Diagnosis): string[] {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
  const laws: [string, number, number][] = [
    ['rows = parsed + skipped + bad', books.rows, books.parsed + books.skipped + books.bad],
    ['failures = elb5xx + target5xx + clientLeft', books.failures, books.elb5xx + books.target5xx + books.clientLeft],
    ['failures = explained + undetermined', books.failures, books.explained + books.undetermined],
    ['failures = sum over findings', books.failures, sum(findings.map((finding) => finding.failures))],
    ['failures = sum over answeredBy', books.failures, sum(Object.values(answeredBy))],
    ['failures = sum over symptoms', books.failures, sum(symptoms.map((row) => row.failures))],
    ['rows = sum over inputs', books.rows, sum(inputs.map((input) => input.rows))],
    ['parsed = sum over inputs', books.parsed, sum(inputs.map((input) => input.parsed))],
  ]
  return laws.filter(([, left, right]) => left !== right).map(([law, left, right]) => `${law}: ${left} and ${right}`)
}
