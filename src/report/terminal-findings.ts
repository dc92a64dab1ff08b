import type {
  Evidence,
  Finding,
  HistogramEvidence,
  SampleRow,
  SeriesEvidence,
  TableEvidence,
} from '../core/diagnosis.ts'
import { type AxisMark, axis, fitColumns, lane } from './chart.ts'
import { formatCount, formatDecimal, formatShare, plural } from './format-number.ts'
import { formatWindow } from './format-time.ts'
import { scopeParts } from './names.ts'
import { elapsedSeconds, shortenRow } from './shorten-row.ts'
import { blank, type Line, span, type Tone } from './span.ts'
import { bulleted, heading, labelled, type Page, paragraph } from './terminal-page.ts'
import { fitEnd, fitTo, padEnd, widthOf } from './width.ts'

/** How many are told in full: of the undecided, and of those with a cause. The others get two lines each. */
const IN_FULL = 2
const INDENT = 4
const LABEL = 8

export function findingsSection(page: Page): Line[] {
  const { findings } = page.diagnosis
  if (findings.length === 0) return []
  const inFull = new Set(choose(findings))
  const most = Math.max(0, ...findings.filter((finding) => finding.cause !== null).map((finding) => finding.failures))
  const undetermined = findings.filter((finding) => finding.confidence === null).length
  const note = undetermined > 0 ? `${formatCount(undetermined)} undetermined, shown first` : ''
  const lines: Line[] = [heading('Findings', note)]
  let wasShort = false
  for (const finding of findings) {
    const isShort = !inFull.has(finding)
    if (lines.length > 1 && !(isShort && wasShort)) lines.push(blank)
    // What is undecided comes first; the less it is of the whole, the sooner the reader is past it.
    const isSmall = finding.confidence === null && finding.failures * 2 < most
    lines.push(...(isShort ? brief(page, finding) : full(page, finding, isSmall)))
    wasShort = isShort
  }
  return lines
}

function choose(findings: readonly Finding[]): Finding[] {
  const open = findings.filter((finding) => finding.confidence === null && finding.failures > 0).slice(0, IN_FULL)
  const rest = findings
    .filter((finding) => finding.confidence !== null && finding.failures > 0)
    .sort((a, b) => b.failures - a.failures)
  // Without a failure, what was rejected is all there is to read.
  return open.length + rest.length === 0 ? findings.slice(0, IN_FULL) : [...open, ...rest.slice(0, IN_FULL)]
}

function titleLine(page: Page, finding: Finding): Line {
  const { books } = page.diagnosis
  const count =
    finding.failures > 0
      ? `${plural(finding.failures, 'failure')}, ${formatShare(finding.failures, books.failures)}`
      : `${plural(finding.requests, 'request')} rejected`
  const word = finding.confidence ?? 'undetermined'
  const id = finding.cause ?? finding.symptom
  const long = `${word} ${page.glyphs.dot} ${count}`
  const short = `${word} ${page.glyphs.dot} ${formatCount(finding.failures || finding.requests)}`
  const right = widthOf(id) + widthOf(long) + 4 <= page.columns ? long : short
  const name = fitTo(id, page.columns - widthOf(right) - 4, page.glyphs.ellipsis)
  const gap = Math.max(2, page.columns - 2 - widthOf(name) - widthOf(right))
  return [
    span(finding.confidence === null ? '? ' : `${page.glyphs.bullet} `, confidenceTone(finding)),
    span(name, 'strong'),
    span(' '.repeat(gap)),
    span(word, confidenceTone(finding)),
    span(right.slice(word.length), 'quiet'),
  ]
}

function confidenceTone(finding: Finding): Tone {
  if (finding.confidence === null) return 'warn'
  return finding.confidence === 'possible' ? 'target' : 'good'
}

function brief(page: Page, finding: Finding): Line[] {
  const said = [finding.title.replace(/\.$/, ''), ...scopeParts(page.diagnosis, finding)]
  const lines = [titleLine(page, finding), ...labelled(page, '', said, INDENT, 0)]
  if (finding.confidence === null && finding.candidates.length > 0)
    lines.push(
      ...paragraph(
        page,
        `one of: ${finding.candidates.map((candidate) => candidate.cause).join(', ')}`,
        INDENT,
        'quiet',
      ),
    )
  return lines
}

function full(page: Page, finding: Finding, isSmall: boolean): Line[] {
  const lines: Line[] = [titleLine(page, finding), ...paragraph(page, finding.title, INDENT)]
  const window = formatWindow(finding.window, { dash: page.glyphs.dash })
  const where = [...scopeParts(page.diagnosis, finding), window]
  lines.push(...labelled(page, 'where', where, INDENT, LABEL, 'quiet'))
  lines.push(...bulleted(page, 'because', finding.because.slice(0, isSmall ? 1 : 3), INDENT, LABEL))
  if (!isSmall) for (const evidence of chooseEvidence(finding.evidence)) lines.push(...evidenceLines(page, evidence))
  if (finding.candidates.length > 0) lines.push(...candidateLines(page, finding))
  if (isSmall) return lines
  lines.push(...bulleted(page, 'not', ruledOut(finding), INDENT, LABEL))
  lines.push(...fixLines(page, finding))
  const sample = finding.samples[0]
  if (sample) lines.push(...sampleLines(page, sample))
  return lines
}

/** The nearest look-alike with its reason, the others by name. */
function ruledOut(finding: Finding): string[] {
  const [first, ...others] = finding.ruledOut
  if (!first) return []
  const said = `${first.cause}: ${first.why}`
  const names = new Set(others.map((other) => other.cause))
  names.delete(first.cause)
  return names.size === 0 ? [said] : [said, `nor ${[...names].join(', ')}`]
}

/** Each candidate with the first thing that would settle it; the whole list is one `why5xx explain` away. */
function candidateLines(page: Page, finding: Finding): Line[] {
  return finding.candidates.slice(0, 4).flatMap((candidate, index) => {
    const [how = ''] = candidate.settledBy
    const text = `${candidate.cause}${how === '' ? '' : `, settled by ${how}`}`
    const label = `${(index === 0 ? 'one of' : '').padEnd(LABEL)}${index + 1}`
    return labelled(page, label, text, INDENT, LABEL + 2).map((line, row) =>
      row === 0 ? emphasise(line, candidate.cause) : line,
    )
  })
}

function emphasise(line: Line, words: string): Line {
  const text = line.at(-1)
  if (!text?.text.startsWith(words)) return line
  return [...line.slice(0, -1), span(words, 'strong'), span(text.text.slice(words.length))]
}

function fixLines(page: Page, finding: Finding): Line[] {
  const texts = finding.fixes
    .slice(0, 2)
    .map((fix) => (fix.patch.includes('\n') ? fix.title : `${fix.title}: ${fix.patch.replace(/^# /, '')}`))
  return bulleted(page, 'fix', texts, INDENT, LABEL)
}

/** The row, shortened around the fields that decided; without colour a line of carets marks them. */
export function sampleLines(page: Page, sample: SampleRow): Line[] {
  const room = page.columns - INDENT - LABEL
  const pieces = shortenRow(sample.raw, sample.decidedBy, room, page.glyphs.ellipsis)
  const lines: Line[] = [
    [
      span(' '.repeat(INDENT)),
      span('row'.padEnd(LABEL), 'quiet'),
      ...pieces.map((piece) => span(piece.text, piece.isDeciding ? 'mark' : 'plain')),
    ],
  ]
  if (!page.color)
    lines.push([
      span(' '.repeat(INDENT + LABEL)),
      span(pieces.map((piece) => (piece.isDeciding ? '^' : ' ').repeat(widthOf(piece.text))).join('')),
    ])
  const elapsed = elapsedSeconds(sample.raw)
  const place = `:${sample.row}${elapsed === undefined ? '' : ` ${page.glyphs.dot} elapsed ${elapsed.toFixed(3)} s`}`
  lines.push([
    span(' '.repeat(INDENT + LABEL)),
    span(fitEnd(sample.input, room - widthOf(place), page.glyphs.ellipsis) + place, 'quiet'),
  ])
  return lines
}

/** Said already: a sentence each has what the witnesses saw, and the chart at the top the 5XX over time. */
const SAID = new Set(['witnesses', 'cloudwatch'])

/** At most two, charts before numbers: the sentences have the numbers already. */
export function chooseEvidence(all: readonly Evidence[]): Evidence[] {
  const shown = all.filter((evidence) => !SAID.has(evidence.id))
  const charts = shown.filter((evidence) => evidence.kind === 'histogram' || evidence.kind === 'series')
  const others = shown.filter((evidence) => evidence.kind === 'count' || evidence.kind === 'table')
  return charts.length > 0 ? charts.slice(0, 1) : others.slice(0, 2)
}

export function evidenceLines(page: Page, evidence: Evidence): Line[] {
  switch (evidence.kind) {
    case 'count': {
      const of = evidence.of === null ? '' : ` of ${formatCount(evidence.of)}`
      const control = evidence.control
      const against = control
        ? ` (${control.label}: ${formatDecimal(control.value)}${control.of === null ? '' : ` of ${formatCount(control.of)}`})`
        : ''
      const text = `${evidence.title}: ${formatDecimal(evidence.value)}${of} ${evidence.unit}${against}`
      return labelled(page, 'number', text, INDENT, LABEL)
    }
    case 'histogram':
      return histogramLines(page, evidence)
    case 'series':
      return seriesLines(page, evidence)
    case 'table':
      return tableLines(page, evidence)
  }
}

function histogramLines(page: Page, evidence: HistogramEvidence): Line[] {
  const lanes: [string, readonly number[], Tone][] = [[evidence.label ?? 'failures', evidence.counts, 'balancer']]
  // What a label says after its comma is a detail that a narrow terminal has no room for.
  if (evidence.control)
    lanes.push([evidence.control.label.replace(/(?<=^.{12,18}),.*/, ''), evidence.control.counts, 'quiet'])
  const labelWidth = Math.min(18, Math.max(...lanes.map(([label]) => widthOf(label)))) + 1
  const left = INDENT + LABEL + labelWidth
  const room = page.columns - left - 13
  const fitted = fitColumns(evidence.counts, room)
  const max = Math.max(...lanes.flatMap(([, counts]) => fitColumns(counts, room).values))
  const lines: Line[] = [...labelled(page, 'chart', evidence.title, INDENT, LABEL)]
  for (const [label, counts, tone] of lanes) {
    const values = fitColumns(counts, room).values
    const [cells = ''] = lane(values, max, 1, fitted.repeat, page.glyphs)
    lines.push([
      span(' '.repeat(INDENT + LABEL)),
      span(padEnd(fitTo(label, labelWidth - 1, page.glyphs.ellipsis), labelWidth), 'quiet'),
      span(cells, tone),
      span(`  max ${formatCount(Math.max(...values, 0))}`, 'quiet'),
    ])
  }
  const columns = fitted.values.length * fitted.repeat
  const [line, labels] = axis(columns, edgeMarks(evidence, fitted.perColumn, fitted.repeat, columns), page.glyphs)
  lines.push([span(' '.repeat(left - 1)), span(line, 'quiet')])
  lines.push([span(' '.repeat(left - 1)), span(labels, 'quiet')])
  return lines
}

/** The marks first (they are the point), then the first and the last edge where there is room left. */
function edgeMarks(evidence: HistogramEvidence, perColumn: number, repeat: number, columns: number): AxisMark[] {
  const { edges, unit } = evidence
  const first = edges[0] ?? 0
  const last = edges.at(-1) ?? 0
  const columnOf = (value: number): number => {
    const bin = edges.findLastIndex((edge) => edge <= value)
    return Math.min(columns - 1, Math.floor(Math.max(0, bin) / perColumn) * repeat)
  }
  const marks = evidence.marks.map((mark) => ({ column: columnOf(mark.at), label: mark.label }))
  // As chart.ts places a label: around its column, but within the axis.
  const isFree = ({ column, label }: AxisMark): boolean => {
    const startOf = (mark: AxisMark): number =>
      Math.max(0, Math.min(mark.column - Math.floor(mark.label.length / 2), columns - mark.label.length))
    const start = startOf({ column, label })
    return marks.every(
      (mark) => start + label.length + 2 <= startOf(mark) || startOf(mark) + mark.label.length + 2 <= start,
    )
  }
  const ends = [
    { column: 0, label: `${formatDecimal(first)} ${unit}` },
    { column: columns - 1, label: `${formatDecimal(last)} ${unit}` },
  ]
  for (const end of ends) if (isFree(end)) marks.push(end)
  return marks.sort((a, b) => a.column - b.column)
}

function seriesLines(page: Page, evidence: SeriesEvidence): Line[] {
  const labelWidth = Math.min(26, Math.max(1, ...evidence.lines.map((line) => widthOf(line.label)))) + 1
  const room = page.columns - INDENT - LABEL - labelWidth - 16
  const lines: Line[] = [...labelled(page, 'chart', evidence.title, INDENT, LABEL)]
  for (const { label, values } of evidence.lines.slice(0, 4)) {
    const fitted = fitColumns(values, room)
    const max = Math.max(0, ...fitted.values)
    const [cells = ''] = lane(fitted.values, max, 1, fitted.repeat, page.glyphs)
    lines.push([
      span(' '.repeat(INDENT + LABEL)),
      span(padEnd(fitTo(label, labelWidth - 1, page.glyphs.ellipsis), labelWidth), 'quiet'),
      span(cells, 'balancer'),
      span(`  max ${formatDecimal(max)} ${evidence.unit}`, 'quiet'),
    ])
  }
  return lines
}

function tableLines(page: Page, evidence: TableEvidence): Line[] {
  const rows = evidence.rows.slice(0, 4).map((row) => row.map(cellText))
  const head = evidence.columns.map(String)
  const room = page.columns - INDENT - LABEL
  const widths = head.map((title, column) =>
    Math.min(28, Math.max(widthOf(title), ...rows.map((row) => widthOf(row[column] ?? '')))),
  )
  // A table that does not fit is told in words, so that no column is lost.
  if (widths.reduce((sum, width) => sum + width + 2, -2) > room)
    return [
      ...labelled(page, 'table', evidence.title, INDENT, LABEL),
      ...rows.flatMap((row) =>
        bulleted(page, '', [row.map((cell, column) => `${head[column] ?? ''}: ${cell}`).join('; ')], INDENT, LABEL),
      ),
    ]
  const write = (cells: readonly string[]): string =>
    fitTo(
      cells
        .map((cell, column) => padEnd(fitTo(cell, widths[column] ?? 8, page.glyphs.ellipsis), widths[column] ?? 8))
        .join('  '),
      room,
      page.glyphs.ellipsis,
    )
  return [
    ...labelled(page, 'table', evidence.title, INDENT, LABEL),
    [span(' '.repeat(INDENT + LABEL)), span(write(head), 'quiet')],
    ...rows.map((row): Line => [span(' '.repeat(INDENT + LABEL)), span(write(row))]),
    ...(evidence.rows.length > 4
      ? [[span(' '.repeat(INDENT + LABEL)), span(`and ${evidence.rows.length - 4} more`, 'quiet')]]
      : []),
  ]
}

function cellText(cell: string | number | null): string {
  if (cell === null) return '-'
  return typeof cell === 'number' ? formatDecimal(cell) : cell
}
