import { blank, type Line, paint, span } from '../report/span.ts'
import { padEnd, wrap } from '../report/width.ts'
import type { ExplainedField, RowExplanation } from './explain-row.ts'

export interface TextOptions {
  readonly columns: number
  readonly color: boolean
  readonly unicode: boolean
}

/** For a person at a terminal: the headline, every field, then what follows from them and what to do next. */
export function explanationText(explanation: RowExplanation, options: TextOptions): string {
  const columns = Math.min(100, Math.max(60, options.columns))
  const lines: Line[] = [...text(explanation.conclusion[0] ?? '', 0, columns, 'strong'), blank]
  const section = (title: string, body: readonly Line[]): void => {
    if (body.length > 0) lines.push([span(title, 'strong')], ...body, blank)
  }
  section('Put right in the paste', [
    ...bullets(explanation.repairs, columns),
    ...(explanation.otherRows > 0
      ? bullets(
          [
            `${explanation.otherRows === 1 ? 'one more row was' : `${explanation.otherRows} more rows were`} pasted: only the first is explained`,
          ],
          columns,
        )
      : []),
  ])
  lines.push([span(explanation.title, 'strong'), span(`, ${explanation.fields.length} fields`, 'quiet')])
  for (const field of explanation.fields) lines.push(...fieldLines(field, columns))
  if (explanation.notInRow.length > 0)
    lines.push(
      ...text(`Not in this row, which is older or cut: ${explanation.notInRow.join(', ')}.`, 2, columns, 'quiet'),
    )
  lines.push(blank)
  section(
    'Times',
    explanation.times.flatMap((sentence) => text(sentence, 2, columns)),
  )
  section('What does not parse', bullets(explanation.problems, columns))
  section(
    'This row contradicts itself: the verdict holds for the status fields only',
    bullets(explanation.contradictions, columns),
  )
  section('Verdict', verdictLines(explanation, columns))
  section('One row cannot tell which; candidates, most plausible first', candidateLines(explanation, columns))
  section('What settles it', bullets(explanation.settledBy, columns))
  lines.push(...nextLines(explanation))
  return paint(lines, { ...options, columns })
}

function fieldLines(field: ExplainedField, columns: number): Line[] {
  const left = 31
  const shown = field.raw === '' ? '(empty)' : (field.value ?? field.raw)
  const name = field.name ?? '(unknown)'
  const values = wrap(
    shown.length > 600 ? `${shown.slice(0, 597)}...` : shown,
    columns - left - (field.decides ? 11 : 0),
  )
  const lines: Line[] = values.map((value, index) => [
    span(index === 0 ? `${String(field.number).padStart(3)} ` : '    ', 'quiet'),
    span(padEnd(index === 0 ? name : '', left - 4)),
    span(value, field.decides ? 'mark' : field.value === null ? 'quiet' : 'strong'),
    ...(field.decides && index === 0 ? [span('  <- decides', 'quiet')] : []),
  ])
  for (const sentence of [field.meaning, field.note])
    if (sentence) lines.push(...text(sentence.replaceAll('`', ''), 6, columns, 'quiet'))
  return lines
}

function verdictLines({ verdict, conclusion }: RowExplanation, columns: number): Line[] {
  if (!verdict) return conclusion.slice(1).flatMap((sentence) => text(sentence, 2, columns))
  const answered = { 'load-balancer': 'the load balancer', target: 'the target', nobody: 'nobody' }[verdict.answeredBy]
  const tone = ({ 'load-balancer': 'balancer', target: 'target', nobody: 'nobody' } as const)[verdict.answeredBy]
  const lines: Line[] = [
    [span('  answered by  ', 'quiet'), span(answered, tone)],
    [span('  symptom      ', 'quiet'), span(verdict.symptom, 'strong')],
  ]
  if (verdict.cause)
    lines.push([
      span('  cause        ', 'quiet'),
      span(verdict.cause, 'strong'),
      span(`  ${verdict.confidence ?? ''}`, 'good'),
    ])
  return [...lines, ...conclusion.slice(1).flatMap((sentence) => text(sentence, 2, columns))]
}

function candidateLines({ candidates, moreCandidates, verdict }: RowExplanation, columns: number): Line[] {
  const lines: Line[] = candidates.flatMap(({ cause, when }) => [
    [span('  - '), span(cause, 'strong')],
    ...text(when.replaceAll('`', ''), 6, columns),
  ])
  if (moreCandidates > 0 && verdict)
    lines.push(...text(`and ${moreCandidates} more: why5xx explain ${verdict.symptom}`, 4, columns, 'quiet'))
  return lines
}

function nextLines({ verdict, candidates }: RowExplanation): Line[] {
  if (!verdict) return []
  const page = verdict.cause ?? candidates[0]?.cause ?? verdict.symptom
  return [
    [
      span('Next:  ', 'quiet'),
      span('why5xx LOGS', 'command'),
      span('    all rows of that hour: many rows tell what one cannot', 'quiet'),
    ],
    [span('       '), span(`why5xx explain ${page}`, 'command')],
  ]
}

function bullets(sentences: readonly string[], columns: number): Line[] {
  return sentences.flatMap((sentence) =>
    wrap(sentence.replaceAll('`', ''), columns - 4).map(
      (line, index): Line => [span(index === 0 ? '  - ' : '    '), span(line)],
    ),
  )
}

function text(sentence: string, indent: number, columns: number, tone: 'plain' | 'quiet' | 'strong' = 'plain'): Line[] {
  return wrap(sentence, columns - indent).map((line) => [span(' '.repeat(indent)), span(line, tone)])
}
