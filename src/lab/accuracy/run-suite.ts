import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { diagnose } from '../../engine/diagnose.ts'
import type { ScoredTruth } from '../score/score.ts'
import type { Verdict } from '../score/verdict.ts'
import { withForeignWitnesses } from './foreign-witnesses.ts'
import { draws } from './made-draws.ts'
import { type MadeCase, madeCases } from './made-incidents.ts'
import { type Recording, readRecordings } from './recordings.ts'
import { type Accuracy, accuracyOf, addAccuracy, type TargetRow, targetRows } from './targets.ts'

/** What the diagnosis was given. */
export type Given = 'log alone' | 'with witnesses' | 'foreign witnesses' | 'made up'

export interface CaseResult {
  readonly name: string
  readonly given: Given
  readonly requests: number
  readonly accuracy: Accuracy
  readonly seconds: number
}

export interface SuiteResult {
  readonly cases: readonly CaseResult[]
  readonly logAlone: Accuracy
  readonly withWitnesses: Accuracy
  /** With the witnesses of another incident, moved to its time. */
  readonly withForeign: Accuracy
  readonly madeUp: Accuracy
  readonly targets: Readonly<Record<'log alone' | 'with witnesses', readonly TargetRow[]>>
  /** Made-up incidents that were judged wrong with confidence, and controls that were not silent. */
  readonly misled: readonly string[]
  readonly isMet: boolean
}

export interface SuiteOptions {
  /** Where the recordings are. */
  readonly folder: string
  /** Parts of names; absent: all. */
  readonly only?: readonly string[]
  readonly seeds: readonly number[]
  readonly onCase?: (result: CaseResult) => void
}

/** Diagnoses every recorded and every made-up incident and holds the verdicts against the truth. */
export async function runSuite(options: SuiteOptions): Promise<SuiteResult> {
  const cases: CaseResult[] = []
  const done = (result: CaseResult): void => {
    cases.push(result)
    options.onCase?.(result)
  }
  const isWanted = (name: string): boolean =>
    options.only === undefined || options.only.length === 0 || options.only.some((part) => name.includes(part))
  const recordings = readRecordings(options.folder)
  for (const [index, recording] of recordings.entries()) {
    if (!isWanted(recording.name)) continue
    const { name, logs, truth } = recording
    for (const given of ['log alone', 'with witnesses'] as const)
      done(await judge(name, given, { paths: [logs] }, truth))
    const other = otherThan(recording, recordings, index)
    if (other === undefined) continue
    await withForeignWitnesses(logs, other.logs, async (found) =>
      done(await judge(name, 'foreign witnesses', { paths: found.logs, witnesses: found.witnesses }, truth)),
    )
  }
  for (const made of [...madeCases, ...draws]) {
    if (!isWanted(made.id)) continue
    for (const seed of made.isLarge ? options.seeds.slice(0, 1) : options.seeds) done(await judgeMade(made, seed))
  }
  const of = (given: Given): Accuracy[] => cases.filter((one) => one.given === given).map((one) => one.accuracy)
  const targets = {
    'log alone': targetRows(of('log alone')),
    'with witnesses': targetRows(of('with witnesses')),
  }
  const misled = [...cases.filter((one) => one.given === 'made up').flatMap(misledBy), ...misledByOthers(cases)]
  const isMet = misled.length === 0 && Object.values(targets).every((rows) => rows.every((target) => target.isMet))
  return {
    cases,
    logAlone: addAccuracy(of('log alone')),
    withWitnesses: addAccuracy(of('with witnesses')),
    withForeign: addAccuracy(of('foreign witnesses')),
    madeUp: addAccuracy(of('made up')),
    targets,
    misled,
    isMet,
  }
}

/** `possible` may be wrong now and then; `likely` and `certain` may not, and a silent log must stay silent. */
function misledBy({ name, accuracy }: CaseResult): string[] {
  const { all } = accuracy
  const said: string[] = []
  for (const word of ['certain', 'likely'] as const) {
    const { total, right } = all.byConfidence[word]
    if (right < total) said.push(`${name}: ${word} is wrong for ${total - right} of ${total} failures`)
  }
  const rows = all.mismatches.filter((miss) => miss.what !== 'cause')
  if (rows[0])
    said.push(`${name}: ${rows.length} rows misread, first ${rows[0].what}: ${rows[0].truth}, said ${rows[0].verdict}`)
  return said
}

/** So far away in the list that it is another scenario. */
const APART = 37

function otherThan(own: Recording, all: readonly Recording[], index: number): Recording | undefined {
  for (let step = APART; step < APART + all.length; step++) {
    const other = all[(index + step) % all.length]
    if (other !== undefined && other.scenario !== own.scenario) return other
  }
  return undefined
}

/** Another incident's witnesses may not make one more verdict wrong with confidence. */
function misledByOthers(cases: readonly CaseResult[]): string[] {
  const wrong = ({ accuracy: { all } }: CaseResult): number =>
    all.byConfidence.certain.total -
    all.byConfidence.certain.right +
    all.byConfidence.likely.total -
    all.byConfidence.likely.right
  const alone = new Map(cases.filter((one) => one.given === 'log alone').map((one) => [one.name, wrong(one)]))
  return cases
    .filter((one) => one.given === 'foreign witnesses' && wrong(one) > (alone.get(one.name) ?? 0))
    .map((one) => `${one.name}: the witnesses of another incident make ${wrong(one)} confident verdicts wrong`)
}

async function judgeMade(made: MadeCase, seed: number): Promise<CaseResult> {
  // A name that says nothing: no cause may be read from a path.
  const folder = mkdtempSync(join(tmpdir(), 'why5xx-incident-'))
  try {
    const incident = made.make(seed)
    for (const [name, text] of incident.files) writeFileSync(join(folder, name), gzipSync(text, { level: 1 }))
    return await judge(`${made.id} ${seed}`, 'made up', { paths: [folder] }, incident.truth)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function judge(
  name: string,
  given: Given,
  from: { readonly paths: readonly string[]; readonly witnesses?: readonly string[] },
  truth: readonly ScoredTruth[],
): Promise<CaseResult> {
  const startedMs = performance.now()
  const result = await diagnose({
    ...from,
    jobs: 0,
    useWitnesses: given === 'with witnesses' || given === 'foreign witnesses',
    version: 'accuracy',
  })
  const verdicts: Verdict[] = []
  for (const verdict of result.verdicts()) verdicts.push(verdict)
  return {
    name,
    given,
    requests: result.diagnosis.books.requests,
    accuracy: accuracyOf(truth, verdicts),
    seconds: (performance.now() - startedMs) / 1000,
  }
}
