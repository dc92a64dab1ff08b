import type { Diagnosis, Finding } from '../core/diagnosis.ts'
import { formatCount, plural } from './format-number.ts'
import { formatWindow } from './format-time.ts'
import { scopeParts } from './names.ts'
import { neutraliseAll } from './neutralise.ts'
import { type SarifLevel, type SarifRule, writeSarif } from './sarif-log.ts'
import { symptomWords } from './summary.ts'

/** What the catalogue says of a cause; this folder does not know it. */
export interface CausePage {
  readonly title: string
  readonly what: string
  readonly act: string
  readonly source: string | undefined
}

/** One result per finding: its cause is the rule, its sample rows are where it stands. */
export function renderSarif(unsafe: Diagnosis, pageOf: (cause: string) => CausePage | undefined): string {
  const diagnosis = neutraliseAll({ ...unsafe, failureRows: null })
  const rules = new Map<string, SarifRule>()
  for (const finding of diagnosis.findings) {
    const id = ruleId(finding)
    if (!rules.has(id)) rules.set(id, ruleOf(finding, finding.cause === null ? undefined : pageOf(finding.cause)))
  }
  const alike = new Map<string, number>()
  const fingerprintOf = (finding: Finding): string => {
    const text = [ruleId(finding), ...Object.values(finding.scope).flat()].join(' ')
    const before = alike.get(text) ?? 0
    alike.set(text, before + 1)
    return before === 0 ? text : `${text} #${before + 1}`
  }
  return writeSarif({
    version: diagnosis.tool.version,
    rules: [...rules.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
    results: diagnosis.findings.map((finding) => ({
      ruleId: ruleId(finding),
      level: levelOf(finding),
      message: messageOf(diagnosis, finding),
      places: finding.samples.map((sample) => ({ file: sample.input, line: sample.row, snippet: sample.raw })),
      fingerprint: fingerprintOf(finding),
      properties: {
        id: finding.id,
        cause: finding.cause,
        confidence: finding.confidence,
        symptom: finding.symptom,
        hop: finding.hop,
        failures: finding.failures,
        requests: finding.requests,
        window: finding.window,
        scope: finding.scope,
        candidates: finding.candidates.map((candidate) => candidate.cause),
      },
    })),
    isComplete: diagnosis.complete,
    notifications: diagnosis.errors.map((error) => `${error.where}: ${error.message}`),
    properties: { books: diagnosis.books, window: diagnosis.window },
  })
}

/** What is not decided is reported under what the load balancer saw. */
function ruleId(finding: Finding): string {
  return finding.cause ?? `undetermined-${finding.symptom}`
}

function ruleOf(finding: Finding, page: CausePage | undefined): SarifRule {
  const id = ruleId(finding)
  if (page === undefined)
    return {
      id,
      title: `Undetermined: ${symptomWords[finding.symptom]}`,
      text: `What the load balancer saw is certain (${finding.symptom}); why is not decided by what was read.`,
      level: 'note',
    }
  return { id, title: page.title, text: page.what, help: page.act, helpUri: page.source, level: 'warning' }
}

/** Refused requests (4XX) are no failures. */
function levelOf({ confidence, failures }: Finding): SarifLevel {
  if (failures === 0) return 'note'
  if (confidence === 'certain') return 'error'
  return confidence === 'likely' ? 'warning' : 'note'
}

function messageOf(diagnosis: Diagnosis, finding: Finding): string {
  const { failures, requests, confidence, candidates, because, ruledOut } = finding
  const counted =
    failures > 0
      ? `${plural(failures, 'failure')} of ${formatCount(requests)} requests`
      : `${plural(requests, 'request')} refused`
  const where = [...scopeParts(diagnosis, finding), formatWindow(finding.window, { day: true })].join(', ')
  const settled = candidates.map(({ cause, settledBy }) =>
    settledBy.length > 0 ? `${cause} (settled by ${settledBy.join(', or ')})` : cause,
  )
  return [
    sentence(finding.title),
    `${confidence === null ? 'Undetermined' : `${confidence[0]?.toUpperCase()}${confidence.slice(1)}`}: ${counted}; ${where}.`,
    ...because.map((each) => sentence(each)),
    ...ruledOut.map(({ cause, why }) => `Not ${cause}: ${sentence(why)}`),
    ...(settled.length > 0 ? [`One of: ${settled.join('; ')}.`] : []),
  ].join(' ')
}

function sentence(text: string): string {
  const begun = `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
  return /[.!?)]$/.test(begun) ? begun : `${begun}.`
}
