import { confidences } from '../../core/vocabulary.ts'
import type { RunResult } from '../run/run-scenario.ts'
import { scenarioById } from '../scenarios/catalogue.ts'
import type { LabReport } from './run-report.ts'
import type { Score } from './score.ts'

/** The report for a terminal: what happened, then how right the diagnosis was. */
export function renderReport(report: LabReport): string {
  const lines: string[] = []
  for (const run of pairs(report.runs))
    lines.push(...(run.after ? renderPair(run.before, run.after) : renderRun(run.before)), '')
  if (report.total && report.runs.length > 1)
    lines.push(`all ${report.runs.length} runs`, ...renderScore(report.total), '')
  const missed = report.runs.filter((run) => run.missed.length > 0)
  lines.push(
    missed.length === 0
      ? `${report.runs.length === 1 ? 'The run' : `All ${report.runs.length} runs`} met the expectation.`
      : `${missed.length} of ${report.runs.length} runs missed the expectation.`,
  )
  return `${lines.join('\n')}\n`
}

function pairs(runs: readonly RunResult[]): { before: RunResult; after: RunResult | undefined }[] {
  return runs
    .filter((run) => run.fix === null)
    .map((before) => ({ before, after: runs.find((run) => run.scenario === before.scenario && run.fix !== null) }))
}

function renderRun(run: RunResult): string[] {
  const { client } = run
  const { title, story } = scenarioById(run.scenario)
  const outcomes = Object.entries(client.outcomes).map(([outcome, count]) => `${outcome} x ${count}`)
  return [
    title,
    ...story.map((line) => `  ${line}`),
    '',
    `${run.scenario}${run.isComplete ? '' : ' (interrupted)'}, seed ${run.seed}: ${run.failures} failures of ${client.requests} requests`,
    `  clients saw   ${outcomes.join(', ')}`,
    `  answered      p50 ${ms(client.latencyMs.p50)}, p95 ${ms(client.latencyMs.p95)}, p99 ${ms(client.latencyMs.p99)}, longest ${ms(client.latencyMs.max)}`,
    ...table('really caused by', run.byCause),
    ...table('seen by the load balancer as', run.bySymptom),
    ...table('rejected by the load balancer (4XX), really because of', run.rejectedByCause),
    ...renderFindings(run),
    ...(run.score && !(run.failures === 0 && run.findings.length > 0) ? renderScore(run.score) : []),
    ...run.missed.map((miss) => `  MISSED        ${miss}`),
    `  kept in       ${run.folder}`,
  ]
}

function renderFindings(run: RunResult): string[] {
  if (run.findings.length === 0) return []
  return [
    '  the diagnosis of the load balancer’s log says',
    ...run.findings.map(({ cause, symptom, confidence, failures, requests, candidates }) => {
      const said =
        cause === null
          ? `undetermined, one of ${candidates.slice(0, 4).join(', ') || 'nothing known'}`
          : `${cause} (${confidence})`
      const count = failures === 0 ? requests : failures
      return `    ${String(count).padStart(6)}  ${symptom}${failures === 0 ? ', rejected' : ''}: ${said}`
    }),
  ]
}

function table(title: string, counts: Readonly<Record<string, number>>): string[] {
  const rows = Object.entries(counts).sort((a, b) => b[1] - a[1])
  if (rows.length === 0) return []
  return [`  ${title}`, ...rows.map(([name, count]) => `    ${String(count).padStart(6)}  ${name}`)]
}

function renderPair(before: RunResult, after: RunResult): string[] {
  const causes = [...new Set([...Object.keys(before.byCause), ...Object.keys(after.byCause)])]
  const outcomes = [...new Set([...Object.keys(before.client.outcomes), ...Object.keys(after.client.outcomes)])].sort()
  const row = (name: string, left: string, right: string): string =>
    `  ${name.padEnd(44)}${left.padStart(12)}${right.padStart(12)}`
  return [
    `${before.scenario}, the same traffic (seed ${before.seed}) before and after ${after.fix}`,
    row('', 'before', 'after'),
    row('requests', String(before.client.requests), String(after.client.requests)),
    row('failures', String(before.failures), String(after.failures)),
    ...causes.map((cause) => row(`  ${cause}`, String(before.byCause[cause] ?? 0), String(after.byCause[cause] ?? 0))),
    ...[...new Set([...Object.keys(before.rejectedByCause), ...Object.keys(after.rejectedByCause)])].map((cause) =>
      row(`rejected: ${cause}`, String(before.rejectedByCause[cause] ?? 0), String(after.rejectedByCause[cause] ?? 0)),
    ),
    ...outcomes.map((outcome) =>
      row(
        `clients: ${outcome}`,
        String(before.client.outcomes[outcome] ?? 0),
        String(after.client.outcomes[outcome] ?? 0),
      ),
    ),
    ...(['p50', 'p95', 'p99', 'max'] as const).map((name) =>
      row(`latency ${name} of what was answered`, ms(before.client.latencyMs[name]), ms(after.client.latencyMs[name])),
    ),
    ...[...before.missed, ...after.missed].map((miss) => `  MISSED  ${miss}`),
    `  kept in ${before.folder} and ${after.folder}`,
  ]
}

export function renderScore(one: Score): string[] {
  if (one.failures === 0 && one.mismatches.length === 0) return ['  diagnosis     silent, as it should be']
  const lines = [
    '  right or wrong',
    `    answeredBy right  ${one.answeredByRight} of ${one.failures}`,
    `    symptom right     ${one.symptomRight} of ${one.failures}`,
  ]
  for (const word of confidences) {
    const { total, right } = one.byConfidence[word]
    if (total > 0) lines.push(`    ${word.padEnd(17)} ${right} of ${total} right (${share(right, total)})`)
  }
  lines.push(
    `    undetermined      ${one.undetermined} (${share(one.undetermined, one.failures)}); true cause among the candidates ${one.undeterminedCovered}, first ${one.undeterminedFirst}`,
    '    true cause, and what the diagnosis said',
  )
  for (const [cause, said] of Object.entries(one.confusion)) {
    const parts = Object.entries(said)
      .sort((a, b) => b[1] - a[1])
      .map(([verdict, count]) => `${verdict === cause ? 'right' : verdict} ${count}`)
    lines.push(`      ${cause.padEnd(38)} ${parts.join(', ')}`)
  }
  const shown = one.mismatches.slice(0, 5)
  for (const miss of shown)
    lines.push(`    ! ${miss.what} ${miss.traceId}: ${miss.truth}, said ${miss.verdict} (${miss.why})`)
  if (one.mismatches.length > shown.length) lines.push(`    ! ${one.mismatches.length - shown.length} more`)
  return lines
}

function share(part: number, whole: number): string {
  return whole === 0 ? '-' : (part / whole).toFixed(3)
}

function ms(value: number): string {
  return value >= 1000 ? `${(value / 1000).toFixed(2)} s` : `${value.toFixed(0)} ms`
}
