import { createColors } from 'picocolors'
import { knobs } from '../fixes/knobs.ts'
import { renderFix } from '../fixes/render-fix.ts'
import { neutralise, neutraliseLines } from '../report/neutralise.ts'
import { type SarifResult, writeSarif } from '../report/sarif-log.ts'
import type { CheckFinding, CheckResult, Severity } from '../settings/check.ts'
import { inequalities } from '../settings/inequalities.ts'
import { settingSpec } from '../settings/setting.ts'
import { structureRules } from '../settings/structure-rules.ts'

export interface OutputOptions {
  readonly version: string
  readonly color: boolean
}

/** What to write instead, in the language of the file where the finding stands. */
export function whatToWrite(finding: CheckFinding): string {
  if (!finding.change) return finding.write ?? ''
  const { set, to, server } = finding.change
  if (!knobs[set]) return `${settingSpec(set).name}: ${to}`
  const isJson = finding.at.file.endsWith('.json')
  const servers = [
    ...(server ? [server] : []),
    ...(isJson ? ['aws'] : ['kubernetes', 'annotation', 'nginx', 'haproxy']),
  ]
  const isApp = set.startsWith('app.')
  const patch = renderFix({
    set,
    to,
    because: '',
    servers: isApp ? (server ? [server] : []) : languageOf(finding, servers),
  }).patch
  const lines = patch.split('\n').filter((line) => !line.startsWith('# and '))
  // One spelling needs no heading.
  return (lines.filter((line) => line.startsWith('# ')).length === 1 ? lines.slice(1) : lines).join('\n')
}

/** A proxy's setting is spelt as the file at hand spells it. */
function languageOf(finding: CheckFinding, servers: readonly string[]): readonly string[] {
  const isHaproxy = finding.at.file.endsWith('.cfg') || finding.ways.some((way) => way.includes('backend '))
  return servers.filter((server) => server !== (isHaproxy ? 'nginx' : 'haproxy'))
}

export function toTerminal(result: CheckResult, { color }: OutputOptions): string {
  const paint = createColors(color)
  const mark: Readonly<Record<Severity, string>> = {
    error: paint.red('error'),
    warning: paint.yellow('warning'),
    note: paint.cyan('note'),
  }
  const lines: string[] = []
  let file = ''
  for (const finding of result.findings) {
    if (finding.at.file !== file) {
      file = finding.at.file
      lines.push('', paint.bold(neutralise(file)))
    }
    lines.push(
      `  ${finding.at.line}:${finding.at.column}  ${mark[finding.severity]}  ${paint.bold(finding.title)}  ${paint.dim(finding.rule)}`,
    )
    lines.push(...paragraph('found ', finding.message))
    lines.push(...paragraph('causes', finding.causes))
    const log = logLine(finding, result.hasDiagnosis)
    if (log) lines.push(...paragraph('log   ', log))
    const text = neutraliseLines(whatToWrite(finding)).split('\n')
    text.forEach((line, index) => {
      lines.push(`      ${index === 0 ? 'write ' : '      '}  ${paint.green(line)}`)
    })
  }
  if (result.notes.length > 0) {
    lines.push('', 'Not checked:')
    for (const note of result.notes) lines.push(...wrapped(neutralise(note), '  ', 110))
  }
  lines.push('', ...summary(result), '')
  return lines.join('\n').replace(/^\n/, '')

  function paragraph(label: string, text: string): string[] {
    return wrapped(neutralise(text), '              ', 110).map((line, index) =>
      index === 0 ? `      ${paint.dim(label)}  ${line.trimStart()}` : line,
    )
  }
}

function logLine(finding: CheckFinding, hasDiagnosis: boolean): string | null {
  if (!hasDiagnosis || finding.prevents.length === 0) return null
  if (!finding.inTheLog) return 'no failure of this kind in the log that was diagnosed'
  const { cause, failures, confidence } = finding.inTheLog
  return `${failures} failures by ${cause} (${confidence ?? 'undetermined'})`
}

function summary(result: CheckResult): string[] {
  const count = (severity: Severity): number => result.findings.filter((each) => each.severity === severity).length
  const read = result.files.filter((each) => each.understood).length
  const counts = `${plural(count('error'), 'error')}, ${plural(count('warning'), 'warning')}, ${plural(count('note'), 'note')}`
  const ignored = result.ignored.length > 0 ? `, ${result.ignored.length} ignored with a reason` : ''
  return [
    `${counts}${ignored}; ${plural(read, 'file')} read, ${plural(result.ways.length, 'way')} from a load balancer to an app`,
  ]
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}

function wrapped(text: string, indent: string, width: number): string[] {
  const lines: string[] = []
  let line = indent
  for (const word of text.split(' ')) {
    if (line.length > indent.length && line.length + word.length + 1 > width) {
      lines.push(line)
      line = indent
    }
    line += line.length > indent.length ? ` ${word}` : word
  }
  lines.push(line)
  return lines
}

export function toJson(result: CheckResult): string {
  const findings = result.findings.map((finding) => ({ ...finding, write: whatToWrite(finding) }))
  return `${JSON.stringify({ schemaVersion: 1, ...result, findings }, finite, 2)}\n`
}

/** JSON has no infinity; `unlimited` is what a reader needs. */
function finite(_key: string, value: unknown): unknown {
  return value === Number.POSITIVE_INFINITY ? 'unlimited' : value
}

export function toSarif(result: CheckResult, { version }: OutputOptions): string {
  const ids = [...new Set([...result.findings, ...result.ignored].map((finding) => finding.rule))].sort()
  const toResult = (finding: CheckFinding): SarifResult => ({
    ruleId: finding.rule,
    level: finding.severity,
    message: `${finding.message} Causes: ${finding.causes} Write instead: ${whatToWrite(finding)}`,
    places: [finding.at],
  })
  return writeSarif({
    version,
    rules: ids.map((id) => {
      const inequality = inequalities.find((rule) => rule.id === id)
      const structure = structureRules.find((rule) => rule.id === id)
      return {
        id,
        title: inequality?.title ?? structure?.title ?? id,
        text: inequality?.reason ?? structure?.consequence ?? id,
        helpUri: inequality?.source[0] ?? structure?.source,
        level: inequality?.severity ?? structure?.severity ?? 'note',
      }
    }),
    results: [
      ...result.findings.map(toResult),
      ...result.ignored.map((finding) => ({ ...toResult(finding), ignoredBecause: finding.because })),
    ],
  })
}

const githubLevels: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', note: 'notice' }

/** Workflow commands: they become annotations on the lines of a pull request. */
export function toGithub(result: CheckResult): string {
  return result.findings
    .map((finding) => {
      const { file, line, column } = finding.at
      const properties = [`file=${property(file)}`, `line=${line}`, `col=${column}`, `title=${property(finding.title)}`]
      const text = `${finding.message}\nCauses: ${finding.causes}\nWrite instead:\n${whatToWrite(finding)}\n(${finding.rule})`
      return `::${githubLevels[finding.severity]} ${properties.join(',')}::${data(text)}\n`
    })
    .join('')
}

/** Source: actions/toolkit command.ts, escapeData and escapeProperty. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
