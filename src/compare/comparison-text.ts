import { formatCount, plural } from '../report/format-number.ts'
import { formatWindow } from '../report/format-time.ts'
import { mapStrings } from '../report/map-strings.ts'
import { neutraliseAll, toAscii } from '../report/neutralise.ts'
import { blank, type Line, paint, span, type Tone } from '../report/span.ts'
import { fitMiddle, padEnd, padStart, wrap } from '../report/width.ts'
import type { CauseChange, ChangeVerdict, Comparison, Side } from './comparison.ts'
import { percent, verdictWords } from './say-change.ts'

export interface ComparisonTextOptions {
  readonly columns: number
  readonly color: boolean
  readonly unicode: boolean
}

const tones: Readonly<Record<ChangeVerdict, Tone>> = {
  gone: 'good',
  fewer: 'good',
  same: 'plain',
  more: 'mark',
  new: 'mark',
  'cannot-tell': 'warn',
}

/** The comparison for a person at a terminal, the headline first. */
export function renderComparisonText(comparison: Comparison, options: ComparisonTextOptions): string {
  const columns = Math.min(120, Math.max(60, Math.floor(options.columns) || 80))
  let safe = neutraliseAll(comparison)
  if (!options.unicode) safe = mapStrings(safe, toAscii)
  const dash = options.unicode ? '–' : '-'
  const text = (words: string, indent: number, tone: Tone = 'plain'): Line[] =>
    wrap(words, columns - indent).map((line) => [span(' '.repeat(indent)), span(line, tone)])
  const sections: Line[][] = [
    [
      ...text(safe.headline, 0, 'strong'),
      ...[safe.before, safe.after].flatMap((side, index) =>
        text(sideFacts(side, dash), 8, 'quiet').map((line, row): Line => {
          const label = ['before', 'after'][index] ?? ''
          return [span(padEnd(row === 0 ? label : '', 8), 'quiet'), ...line.slice(1)]
        }),
      ),
    ],
    safe.causes.length === 0
      ? []
      : [
          [span('By cause', 'strong')],
          ...safe.causes.flatMap((change) => [
            [span('  '), span(causeName(change)), span(confidenceWords(change), 'quiet')],
            ...text(change.sentence, 4, tones[change.verdict]),
          ]),
        ],
    symptomTable(safe, columns),
    [[span('What the traffic mix alone explains', 'strong')], ...text(safe.mix.sentence, 2)],
    safe.notes.length === 0
      ? []
      : [[span('To keep in mind', 'strong')], ...safe.notes.flatMap((note) => text(note, 2))],
    [
      [span('Books', 'strong')],
      ...[safe.before, safe.after].flatMap((side, index) =>
        text(`${index === 0 ? 'before' : 'after'}: ${bookLine(side)}`, 2),
      ),
      ...text('Intervals are exact, 95 %, and wider where failures come in bursts (docs/compare.md).', 2, 'quiet'),
    ],
  ].filter((section) => section.length > 0)
  const lines = sections.flatMap((section, index) => (index === 0 ? section : [blank, ...section]))
  return paint(lines, { columns, color: options.color, unicode: options.unicode })
}

function symptomTable(comparison: Comparison, columns: number): Line[] {
  if (comparison.symptoms.length === 0) return []
  const name = columns - 54
  return [
    [
      span(padEnd('What the load balancer saw', name), 'strong'),
      span(`${padStart('before', 18)}${padStart('after', 18)}  `, 'quiet'),
    ],
    ...comparison.symptoms.map(
      (change): Line => [
        span(padEnd(`  ${change.symptom}`, name)),
        span(padStart(cell(change.before), 18)),
        span(padStart(cell(change.after), 18)),
        span(`  ${verdictWords[change.verdict]}`, tones[change.verdict]),
      ],
    ),
  ]
}

function cell(rate: { readonly failures: number; readonly rate: number; readonly high: number }): string {
  return rate.failures === 0 ? `0 (<= ${percent(rate.high)})` : `${formatCount(rate.failures)} (${percent(rate.rate)})`
}

export function causeName(change: CauseChange): string {
  return change.cause ?? `undetermined: ${change.symptom}`
}

export function confidenceWords(change: CauseChange): string {
  if (change.cause === null) return ''
  const { before, after } = change.confidence
  if (before === after || after === null) return `  ${before ?? ''}`
  return before === null ? `  ${after}` : `  ${before} before, ${after} after`
}

export function sideFacts(side: Side, dash: string): string {
  const { books, window } = side
  const parts = [
    fitMiddle(side.name, 40),
    plural(books.requests, 'request'),
    plural(books.failures, 'failure'),
    ...(window ? [formatWindow(window, { day: true, dash })] : []),
  ]
  return parts.join(', ')
}

export function bookLine({ books }: Side): string {
  return `${plural(books.rows, 'row')} = ${formatCount(books.parsed)} parsed + ${formatCount(books.skipped)} skipped + ${formatCount(books.bad)} bad; ${plural(books.failures, 'failure')} = ${formatCount(books.elb5xx)} load balancer 5XX + ${formatCount(books.target5xx)} target 5XX + ${formatCount(books.clientLeft)} clients left = ${formatCount(books.explained)} explained + ${formatCount(books.undetermined)} undetermined`
}
