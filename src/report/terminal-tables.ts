import type { InputReport, TopRow } from '../core/diagnosis.ts'
import { bar } from './chart.ts'
import { formatBytes, formatCount, formatDecimal, formatShare, plural } from './format-number.ts'
import { formatTime } from './format-time.ts'
import { balancerName, otherSetting } from './names.ts'
import { type Line, span } from './span.ts'
import { answeredBySymptom, answeredByWords, groups, symptomWords } from './summary.ts'
import { heading, type Page, paragraph } from './terminal-page.ts'
import { fitEnd, fitMiddle, fitTo, padEnd, padStart } from './width.ts'

const TOP = 5

export function symptomsSection(page: Page): Line[] {
  const { symptoms, books } = page.diagnosis
  const rows = symptoms.filter((entry) => entry.failures > 0)
  if (rows.length === 0) return []
  const max = Math.max(...rows.map((entry) => entry.failures))
  const isWide = page.columns >= 104
  const barColumns = page.columns - (isWide ? 98 : 58)
  return [
    heading('What the load balancer saw'),
    ...rows.map((entry): Line => {
      const by = answeredBySymptom(entry.symptom)
      const tone = by === 'load-balancer' ? 'balancer' : by
      return [
        span(`  ${padEnd(entry.symptom, 24)}`),
        span(padStart(formatCount(entry.failures), 7)),
        span(padStart(formatShare(entry.failures, books.failures), 8), 'quiet'),
        span(`  ${padEnd(bar(entry.failures, max, barColumns, page.glyphs), barColumns)}  `, tone),
        span(padEnd(answeredByWords[by], 15), tone),
        span(isWide ? symptomWords[entry.symptom] : '', 'quiet'),
      ]
    }),
  ]
}

const KIND = 10

/** Where most failures were, all in one table: groups (where there are several), targets, routes, minutes. */
export function worstSection(page: Page): Line[] {
  const { top, settings } = page.diagnosis
  const lines: Line[] = []
  const isSingle = settings.byLoadBalancer.length < 2 && top.targetGroups.length < 2
  if (!isSingle) lines.push(...groupRows(page))
  lines.push(...tableRows(page, 'target', top.targets, 4))
  lines.push(...tableRows(page, 'route', top.routes, 4))
  const { window } = page.diagnosis
  const day = window?.start.slice(0, 10) !== window?.end.slice(0, 10)
  const minutes = top.minutes.map((row) => ({ ...row, key: formatTime(row.key, { day }) }))
  lines.push(...tableRows(page, 'minute', minutes, 3))
  if (lines.length === 0) return []
  const title = padEnd('Where most failures were', page.columns - countsWidth(page))
  const columns = counts(page, ['failures', 'of requests', 'by balancer', 'by target']).join('')
  return [[span(title, 'strong'), span(columns, 'quiet')], ...lines]
}

/** Target groups, under their load balancers where there are several; a load balancer's only group needs no line of its own. */
function groupRows(page: Page): Line[] {
  const isNamed = page.diagnosis.settings.byLoadBalancer.length > 1
  return groups(page.diagnosis).flatMap(({ balancer, rows }, index) => {
    if (!isNamed || balancer === '')
      return tableRows(
        page,
        'group',
        rows.map(({ name, row }) => ({ ...row, key: name })),
      )
    const kind = index === 0 ? 'balancer' : ''
    const [only] = rows
    if (only && rows.length === 1)
      return tableRows(page, kind, [
        { ...only.row, key: only.name === balancer ? balancer : `${balancer} > ${only.name}` },
      ])
    const name = fitTo(balancer, page.columns - KIND - 2, page.glyphs.ellipsis)
    return [
      [span(`  ${kind.padEnd(KIND)}`, 'quiet'), span(name)],
      ...tableRows(
        page,
        '  group',
        rows.map(({ name: key, row }) => ({ ...row, key: `  ${key}` })),
      ),
    ]
  })
}

function tableRows(page: Page, kind: string, rows: readonly TopRow[], limit = TOP): Line[] {
  const room = page.columns - countsWidth(page) - KIND - 2
  return rows
    .filter((row) => row.failures > 0)
    .slice(0, limit)
    .map((row, index): Line => {
      const cells = [row.failures, formatShare(row.failures, row.requests), row.elb5xx, row.target5xx]
      const [failures = '', share = '', balancer = '', target = ''] = counts(
        page,
        cells.map((cell) => (typeof cell === 'number' ? formatCount(cell) : cell)),
      )
      return [
        span(`  ${(index === 0 ? kind : '').padEnd(KIND)}`, 'quiet'),
        span(padEnd(fitMiddle(row.key, room, page.glyphs.ellipsis), room)),
        span(failures),
        span(share, 'quiet'),
        span(balancer, row.elb5xx > 0 ? 'balancer' : 'quiet'),
        span(target, row.target5xx > 0 ? 'target' : 'quiet'),
      ]
    })
}

// A narrow terminal keeps the counts and gives up the share.
function counts(page: Page, [failures = '', share = '', balancer = '', target = '']: readonly string[]): string[] {
  const isNarrow = page.columns < 76
  return [
    padStart(failures, isNarrow ? 9 : 10),
    isNarrow ? '' : padStart(share, 13),
    padStart(balancer, 13),
    padStart(target, 11),
  ]
}

function countsWidth(page: Page): number {
  return page.columns < 76 ? 33 : 47
}

/** What was inferred or given; documented defaults are named once, without a reason of their own. */
export function settingsSection(page: Page): Line[] {
  const { byLoadBalancer, byTargetGroup } = page.diagnosis.settings
  const lines: Line[] = []
  const isOne = byLoadBalancer.length === 1
  const spoken = byLoadBalancer.filter((balancer) => isOne || balancer.idleTimeoutSeconds.source !== 'default')
  for (const balancer of spoken.slice(0, TOP)) {
    const owner = isOne ? '' : `${balancerName(page.diagnosis, balancer.loadBalancer)}: `
    const { value, source, because } = balancer.idleTimeoutSeconds
    const how = source === 'default' ? '' : `, ${source}`
    lines.push(...paragraph(page, `${owner}idle timeout ${formatDecimal(value)} s${how}: ${because}`, 2))
  }
  if (spoken.length > TOP) lines.push(...paragraph(page, `and ${spoken.length - TOP} more load balancers`, 2, 'quiet'))
  const silent = byLoadBalancer.filter((balancer) => !spoken.includes(balancer))
  const [first] = silent
  if (first) {
    const names = silent.slice(0, TOP).map((balancer) => balancerName(page.diagnosis, balancer.loadBalancer))
    const more = silent.length > TOP ? ` and ${silent.length - TOP} more` : ''
    const seconds = formatDecimal(first.idleTimeoutSeconds.value)
    lines.push(...paragraph(page, `${names.join(', ')}${more}: idle timeout ${seconds} s, the documented default`, 2))
  }
  for (const balancer of byLoadBalancer.slice(0, TOP)) {
    const owner = isOne ? '' : `${balancerName(page.diagnosis, balancer.loadBalancer)}: `
    for (const client of balancer.clientTimeoutsSeconds)
      lines.push(...paragraph(page, `${owner}client timeout ${formatDecimal(client.value)} s: ${client.because}`, 2))
  }
  for (const group of byTargetGroup) {
    const name = group.kubernetes ? `${group.kubernetes.namespace}/${group.kubernetes.name}` : group.name
    if (group.keepAliveSeconds) {
      const { value, because, servers } = group.keepAliveSeconds
      const like = servers.length > 0 ? ` (as ${servers.slice(0, 3).join(', ')})` : ''
      lines.push(...paragraph(page, `${name}: keep-alive ${formatDecimal(value)} s${like}: ${because}`, 2))
    }
    if (group.concurrencyLimit)
      lines.push(
        ...paragraph(
          page,
          `${name}: ${plural(group.concurrencyLimit.value, 'request')} at a time: ${group.concurrencyLimit.because}`,
          2,
        ),
      )
    for (const other of group.others)
      lines.push(...paragraph(page, `${name}: ${otherSetting(other)}: ${other.because}`, 2))
  }
  return lines.length === 0 ? [] : [heading('Settings, read from the rows'), ...lines]
}

/** Contradictions, errors, witnesses, and what was not there. */
export function notesSection(page: Page): Line[] {
  const { contradictions, missing, errors, witnesses } = page.diagnosis
  const sections: Line[][] = []
  if (contradictions.length > 0)
    sections.push([
      heading('Rows that contradict themselves', 'flagged, not believed'),
      ...contradictions.flatMap((entry) => {
        const sample = entry.samples[0]
        const where = sample ? `, as ${fitEnd(sample.input, 40, page.glyphs.ellipsis)}:${sample.row}` : ''
        return paragraph(page, `${plural(entry.rows, 'row')}: ${entry.what}${where}`, 2)
      }),
    ])
  if (witnesses.length > 0)
    sections.push([
      heading('Witnesses'),
      ...witnesses.flatMap((witness) =>
        paragraph(
          page,
          `${fitEnd(witness.name, 40, page.glyphs.ellipsis)} (${witness.kind}), ${[plural(witness.rows, 'row'), ...witness.because].join('; ')}`,
          2,
        ),
      ),
    ])
  if (missing.length > 0)
    sections.push([
      heading('Missing'),
      ...missing.flatMap((entry) => paragraph(page, `${entry.what}: ${entry.why}`, 2)),
    ])
  if (errors.length > 0)
    sections.push([
      heading('Errors'),
      ...errors.flatMap((error) => [
        ...paragraph(page, `${error.where}: ${error.message}`, 2, 'warn'),
        ...(error.hint ? paragraph(page, error.hint, 4, 'quiet') : []),
      ]),
    ])
  return sections.flatMap((section, index) => (index === 0 ? section : [[], ...section]))
}

/** Those have a section of their own. */
function isWitness(input: InputReport): boolean {
  return input.note?.startsWith('a witness (') === true
}

export function booksSection(page: Page): Line[] {
  const { books, inputs } = page.diagnosis
  const bytes = inputs.reduce((sum, input) => sum + input.bytes, 0)
  const lines = [
    heading('Books'),
    ...paragraph(
      page,
      `${plural(books.rows, 'row')} read from ${plural(inputs.length, 'input')} (${formatBytes(bytes)}) = ${formatCount(books.parsed)} parsed + ${formatCount(books.skipped)} skipped + ${formatCount(books.bad)} bad`,
      2,
    ),
  ]
  if (books.failures > 0)
    lines.push(
      ...paragraph(
        page,
        `${plural(books.failures, 'failure')} = ${formatCount(books.elb5xx)} load balancer 5XX + ${formatCount(books.target5xx)} target 5XX + ${plural(books.clientLeft, 'client')} left = ${formatCount(books.explained)} explained + ${formatCount(books.undetermined)} undetermined`,
        2,
      ),
    )
  // What was cut or did not parse comes before files that are no logs at all.
  const weight = (input: InputReport): number => (input.truncated !== null ? 2 : 0) + (input.bad > 0 ? 1 : 0)
  const notable = inputs
    .filter((input) => (input.note !== null && !isWitness(input)) || weight(input) > 0)
    .sort((a, b) => weight(b) - weight(a))
  for (const input of notable.slice(0, 3)) {
    const said = [input.note, input.truncated].filter((part) => part !== null)
    if (input.bad > 0) said.push(`${plural(input.bad, 'row')} did not parse`)
    lines.push(...paragraph(page, `${fitEnd(input.name, 40, page.glyphs.ellipsis)}: ${said.join('; ')}`, 2, 'quiet'))
  }
  if (notable.length > 3)
    lines.push(...paragraph(page, `and ${plural(notable.length - 3, 'more input')} with remarks`, 2, 'quiet'))
  return lines
}
