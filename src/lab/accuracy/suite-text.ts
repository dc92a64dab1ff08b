import { renderScore } from '../score/report-text.ts'
import type { CaseResult, SuiteResult } from './run-suite.ts'
import type { Accuracy, TargetRow } from './targets.ts'

/** The suite for a terminal: what was given, the confusion, the targets. */
export function renderSuite(result: SuiteResult): string {
  const lines: string[] = []
  for (const given of ['log alone', 'with witnesses'] as const) {
    const accuracy = given === 'log alone' ? result.logAlone : result.withWitnesses
    const recordings = result.cases.filter((one) => one.given === given)
    if (recordings.length === 0) continue
    lines.push(
      `${recordings.length} recordings, ${given}: ${accuracy.all.failures} failures`,
      ...renderScore({ ...accuracy.all, mismatches: [] }),
      ...wrongly(recordings),
      '',
      ...result.targets[given].map(targetLine),
      '',
    )
  }
  const foreign = result.cases.filter((one) => one.given === 'foreign witnesses')
  if (foreign.length > 0)
    lines.push(
      `${foreign.length} recordings, another incident's witnesses beside them: ${said(result.withForeign)}`,
      `  ${'the log alone'.padEnd(14)}: ${said(result.logAlone)}`,
      '',
    )
  const made = result.cases.filter((one) => one.given === 'made up')
  if (made.length > 0) {
    lines.push(`${made.length} made-up incidents, ${result.madeUp.all.failures} failures`)
    for (const one of made) lines.push(`  ${one.name.padEnd(44)}${said(one.accuracy)}`)
    lines.push('')
  }
  lines.push(...result.misled.map((text) => `MISLED  ${text}`))
  lines.push(result.isMet ? 'All targets are met.' : 'The targets are missed.')
  return `${lines.join('\n')}\n`
}

function targetLine({ what, right, of, atLeast, mean, isMet }: TargetRow): string {
  const measured = of === 0 ? 'none' : (right / of).toFixed(3)
  return `  ${isMet ? 'ok    ' : 'MISSED'}  ${what.padEnd(54)} ${measured.padStart(6)}  at least ${atLeast.toFixed(2)}  (${right} of ${of}; mean of recordings ${mean.toFixed(3)})`
}

/** What was named and wrong, by recording. */
function wrongly(cases: readonly CaseResult[]): string[] {
  const lines: string[] = []
  for (const { name, accuracy } of cases) {
    const counts = new Map<string, number>()
    for (const miss of accuracy.all.mismatches) {
      const key = `${miss.what}: ${miss.truth}, said ${miss.verdict}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
    for (const [key, count] of counts) lines.push(`    ! ${name}: ${count} ${key}`)
  }
  return lines
}

/** One line: how many were right by word, left open (the true cause among the candidates, first), wrong. */
export function said({ all }: Accuracy): string {
  if (all.failures === 0 && all.mismatches.length === 0) return 'silent'
  const parts: string[] = []
  for (const [word, { total, right }] of Object.entries(all.byConfidence)) {
    if (right > 0) parts.push(`${word} ${right}`)
    if (total > right) parts.push(`${word} WRONG ${total - right}`)
  }
  if (all.undetermined > 0)
    parts.push(`open ${all.undetermined} (among ${all.undeterminedCovered}, first ${all.undeterminedFirst})`)
  return parts.join(', ')
}
