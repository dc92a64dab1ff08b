import type { Diagnosis, Finding, TopRow } from '../core/diagnosis.ts'
import { formatBytes, formatCount, formatDecimal, formatShare, plural } from './format-number.ts'
import { formatTime, formatWindow } from './format-time.ts'
import { unicodeGlyphs } from './glyphs.ts'
import { balancerName, otherSetting, scopeParts, serviceName } from './names.ts'
import { markdownCode as code, neutraliseAll, markdownText as prose } from './neutralise.ts'
import { type Line, paint } from './span.ts'
import { story } from './story.ts'
import {
  answeredBySymptom,
  answeredByWords,
  facts,
  headline,
  partialSentence,
  symptomWords,
  topSentence,
  verdict,
} from './summary.ts'
import { chooseEvidence, evidenceLines, sampleLines } from './terminal-findings.ts'
import type { Page } from './terminal-page.ts'
import { trendSection } from './terminal-trend.ts'

const TOP = 5
const COLUMNS = 92

/** The diagnosis to paste into an incident channel or an issue. Nothing from a row can become markup, a link or a mention. */
export function renderMarkdown(diagnosis: Diagnosis): string {
  const safe = neutraliseAll({ ...diagnosis, failureRows: null })
  const page: Page = { diagnosis: safe, columns: COLUMNS, glyphs: unicodeGlyphs, color: false }
  const blocks = [
    ...opening(safe),
    fence(trendSection(page)),
    storyList(safe),
    symptomsTable(safe),
    safe.findings.length > 0 ? '### Findings' : '',
    ...safe.findings.flatMap((finding) => findingBlocks(page, finding)),
    worstTables(safe),
    settingsList(safe),
    notes(safe),
    books(safe),
    closing(safe),
  ].filter((block) => block !== '')
  return `${blocks.join('\n\n')}\n`
}

function opening(diagnosis: Diagnosis): string[] {
  const lines = facts(diagnosis).map((parts) => prose(parts.join(' · ')))
  const interrupted = diagnosis.complete ? [] : ['**Interrupted: this is what was known by then, not the whole log.**']
  const cause = topSentence(diagnosis)
  const partial = partialSentence(diagnosis)
  return [
    ...interrupted,
    `## ${prose(headline(diagnosis))}`,
    ...(cause === '' ? [] : [`**${prose(cause)}**`]),
    ...(partial === '' ? [] : [prose(partial)]),
    lines.join('  \n'),
  ]
}

function storyList(diagnosis: Diagnosis): string {
  const moments = story(diagnosis, unicodeGlyphs)
  if (moments.length === 0) return ''
  return `**In order** (UTC)\n\n${list(moments.map(({ when, text }) => `${prose(when)} · ${prose(text)}`))}`
}

function symptomsTable(diagnosis: Diagnosis): string {
  const rows = diagnosis.symptoms.filter((entry) => entry.failures > 0)
  return table(
    ['what the load balancer saw', 'failures', 'share', 'answered by', 'in words'],
    '-rr--',
    rows.map((entry) => [
      code(entry.symptom),
      formatCount(entry.failures),
      formatShare(entry.failures, diagnosis.books.failures),
      answeredByWords[answeredBySymptom(entry.symptom)],
      prose(symptomWords[entry.symptom]),
    ]),
  )
}

function findingBlocks(page: Page, finding: Finding): string[] {
  const { books } = page.diagnosis
  const count =
    finding.failures > 0
      ? `${plural(finding.failures, 'failure')}, ${formatShare(finding.failures, books.failures)}`
      : `${plural(finding.requests, 'request')} rejected`
  const where = [...scopeParts(page.diagnosis, finding).map(code), formatWindow(finding.window)].join(' · ')
  const blocks = [
    `#### ${code(finding.cause ?? finding.symptom)}: ${finding.confidence ?? 'undetermined'}, ${count}`,
    `${prose(finding.title)}  \n${where}`,
    list(finding.because.map(prose)),
  ]
  for (const evidence of chooseEvidence(finding.evidence)) blocks.push(fence(evidenceLines(page, evidence)))
  if (finding.candidates.length > 0)
    blocks.push(
      'One of these, best guess first:',
      list(
        finding.candidates.map(
          (candidate) =>
            `${code(candidate.cause)}, settled by: ${candidate.settledBy.map(prose).join('; ') || 'nothing known'}`,
        ),
      ),
    )
  if (finding.ruledOut.length > 0)
    blocks.push('Ruled out:', list(finding.ruledOut.map((other) => `${code(other.cause)}: ${prose(other.why)}`)))
  for (const fix of finding.fixes.slice(0, 3))
    blocks.push(`**Fix** (${fix.hop}, ${fix.safety}): ${prose(fix.title)}. ${prose(fix.because)}`, fenceText(fix.patch))
  const sample = finding.samples[0]
  if (sample) blocks.push(fence(sampleLines(page, sample)))
  return blocks
}

function worstTables(diagnosis: Diagnosis): string {
  const { top } = diagnosis
  const rows: string[][] = []
  const push = (kind: string, entries: readonly TopRow[], label: (key: string) => string): void => {
    for (const row of entries.filter((entry) => entry.failures > 0).slice(0, TOP))
      rows.push([
        kind,
        label(row.key),
        formatCount(row.failures),
        formatShare(row.failures, row.requests),
        formatCount(row.elb5xx),
        formatCount(row.target5xx),
      ])
  }
  if (top.targetGroups.length > 1) push('target group', top.targetGroups, (key) => code(groupLabel(diagnosis, key)))
  push('target', top.targets, code)
  push('route', top.routes, code)
  push('minute', top.minutes.slice(0, 3), (key) => prose(formatTime(key, { day: true })))
  return table(['most failures', '', 'failures', 'of requests', 'load balancer 5XX', 'target 5XX'], '--rrrr', rows)
}

function groupLabel(diagnosis: Diagnosis, key: string): string {
  const group = diagnosis.settings.byTargetGroup.find((entry) => entry.targetGroup === key)
  const isOne = diagnosis.settings.byLoadBalancer.length < 2
  const name = serviceName(diagnosis, key)
  return isOne || !group ? name : `${balancerName(diagnosis, group.loadBalancer)} > ${name}`
}

function settingsList(diagnosis: Diagnosis): string {
  const items: string[] = []
  for (const balancer of diagnosis.settings.byLoadBalancer) {
    const name = code(balancerName(diagnosis, balancer.loadBalancer))
    const idle = balancer.idleTimeoutSeconds
    items.push(`${name}: idle timeout ${formatDecimal(idle.value)} s, ${idle.source}: ${prose(idle.because)}`)
    for (const client of balancer.clientTimeoutsSeconds)
      items.push(`${name}: client timeout ${formatDecimal(client.value)} s: ${prose(client.because)}`)
  }
  for (const group of diagnosis.settings.byTargetGroup) {
    const name = code(serviceName(diagnosis, group.targetGroup))
    if (group.keepAliveSeconds)
      items.push(
        `${name}: keep-alive ${formatDecimal(group.keepAliveSeconds.value)} s: ${prose(group.keepAliveSeconds.because)}`,
      )
    if (group.concurrencyLimit)
      items.push(
        `${name}: ${plural(group.concurrencyLimit.value, 'request')} at a time: ${prose(group.concurrencyLimit.because)}`,
      )
    for (const other of group.others) items.push(`${name}: ${prose(otherSetting(other))}: ${prose(other.because)}`)
  }
  return items.length === 0 ? '' : `**Settings, read from the rows**\n\n${list(items)}`
}

function notes(diagnosis: Diagnosis): string {
  const blocks: string[] = []
  if (diagnosis.contradictions.length > 0)
    blocks.push(
      '**Rows that contradict themselves** (flagged, not believed)',
      list(diagnosis.contradictions.map((entry) => `${plural(entry.rows, 'row')}: ${prose(entry.what)}`)),
    )
  if (diagnosis.missing.length > 0)
    blocks.push('**Missing**', list(diagnosis.missing.map((entry) => `${prose(entry.what)}: ${prose(entry.why)}`)))
  if (diagnosis.errors.length > 0)
    blocks.push(
      '**Errors**',
      list(diagnosis.errors.map((error) => `${code(error.where)}: ${prose(error.message)} ${prose(error.hint ?? '')}`)),
    )
  return blocks.join('\n\n')
}

function books(diagnosis: Diagnosis): string {
  const { books: sums, inputs } = diagnosis
  const bytes = inputs.reduce((sum, input) => sum + input.bytes, 0)
  const items = [
    `${plural(sums.rows, 'row')} read from ${plural(inputs.length, 'input')} (${formatBytes(bytes)}) = ${formatCount(sums.parsed)} parsed + ${formatCount(sums.skipped)} skipped + ${formatCount(sums.bad)} bad`,
  ]
  if (sums.failures > 0)
    items.push(
      `${plural(sums.failures, 'failure')} = ${formatCount(sums.elb5xx)} load balancer 5XX + ${formatCount(sums.target5xx)} target 5XX + ${plural(sums.clientLeft, 'client')} left = ${formatCount(sums.explained)} explained + ${formatCount(sums.undetermined)} undetermined`,
    )
  for (const input of inputs
    .filter((entry) => entry.note !== null || entry.truncated !== null || entry.bad > 0)
    .slice(0, TOP)) {
    const said = [input.note, input.truncated].filter((part) => part !== null).map(prose)
    if (input.bad > 0) said.push(`${plural(input.bad, 'row')} did not parse`)
    items.push(`${code(input.name)}: ${said.join('; ')}`)
  }
  return `**Books**\n\n${list(items)}`
}

function closing(diagnosis: Diagnosis): string {
  const { sentence, command } = verdict(diagnosis)
  return `**${prose(sentence)}**\n\nNext: ${code(command)}`
}

function table(head: readonly string[], align: string, rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const rule = [...align].map((side) => (side === 'r' ? '---:' : '---'))
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n')
}

function fence(lines: readonly Line[]): string {
  if (lines.length === 0) return ''
  const text = paint(lines, { columns: COLUMNS, color: false, unicode: true }).trimEnd()
  const indent = Math.min(...text.split('\n').map((line) => line.search(/\S|$/)))
  return fenceText(
    text
      .split('\n')
      .map((line) => line.slice(indent))
      .join('\n'),
  )
}

/** No backtick inside, so nothing can close the fence. */
function fenceText(text: string): string {
  return `\`\`\`text\n${text.replace(/`/g, '\\x60')}\n\`\`\``
}
