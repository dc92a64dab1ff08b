import type { Diagnosis } from '../core/diagnosis.ts'
import type { Glyphs } from './glyphs.ts'
import { type Line, span, type Tone } from './span.ts'
import { wrap, wrapParts } from './width.ts'

/** What every section of the terminal report is given. */
export interface Page {
  readonly diagnosis: Diagnosis
  readonly columns: number
  readonly glyphs: Glyphs
  readonly color: boolean
}

export function heading(text: string, note = ''): Line {
  return note === '' ? [span(text, 'strong')] : [span(text, 'strong'), span(`  ${note}`, 'quiet')]
}

export function paragraph(page: Page, text: string, indent: number, tone: Tone = 'plain'): Line[] {
  return wrap(text, page.columns - indent).map((line) => [span(' '.repeat(indent)), span(line, tone)])
}

/** `label  text`, the text wrapped under itself. */
export function labelled(
  page: Page,
  label: string,
  text: string | readonly string[],
  indent: number,
  labelWidth: number,
  tone: Tone = 'plain',
): Line[] {
  const room = page.columns - indent - labelWidth
  const lines = typeof text === 'string' ? wrap(text, room) : wrapParts(text, page.glyphs.dot, room)
  return lines.map((line, index) => [
    span(' '.repeat(indent)),
    span((index === 0 ? label : '').padEnd(labelWidth), 'quiet'),
    span(line, tone),
  ])
}

/** Several sentences under one label; each begins with a bullet when there is more than one. */
export function bulleted(
  page: Page,
  label: string,
  sentences: readonly string[],
  indent: number,
  labelWidth: number,
): Line[] {
  if (sentences.length === 1) return labelled(page, label, sentences[0] ?? '', indent, labelWidth)
  return sentences.flatMap((sentence, index) =>
    labelled({ ...page, columns: page.columns - 2 }, index === 0 ? label : '', sentence, indent, labelWidth).map(
      (line, row): Line => [
        ...line.slice(0, 2),
        span(row === 0 ? `${page.glyphs.dot} ` : '  ', 'quiet'),
        ...line.slice(2),
      ],
    ),
  )
}
