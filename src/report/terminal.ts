import type { Diagnosis } from '../core/diagnosis.ts'
import { asciiGlyphs, unicodeGlyphs } from './glyphs.ts'
import { mapStrings } from './map-strings.ts'
import { neutraliseAll, toAscii } from './neutralise.ts'
import { blank, type Line, paint, span } from './span.ts'
import { story } from './story.ts'
import { facts, headline, partialSentence, topSentence, verdict } from './summary.ts'
import { findingsSection } from './terminal-findings.ts'
import { heading, labelled, type Page, paragraph } from './terminal-page.ts'
import { booksSection, notesSection, settingsSection, symptomsSection, worstSection } from './terminal-tables.ts'
import { trendSection } from './terminal-trend.ts'
import { widthOf } from './width.ts'

export interface TerminalOptions {
  readonly columns: number
  readonly color: boolean
  /** Block and line characters; false for terminals that know only ASCII. Default true. */
  readonly unicode?: boolean
}

const NARROWEST = 60
const WIDEST = 120

/** The diagnosis for a person at a terminal. No line is wider than `columns` (60 to 120 are used). */
export function renderTerminal(diagnosis: Diagnosis, options: TerminalOptions): string {
  const unicode = options.unicode ?? true
  // Nothing below this line sees a string that a log could have armed.
  let safe = neutraliseAll({ ...diagnosis, failureRows: null })
  if (!unicode) safe = mapStrings(safe, toAscii)
  const columns = Math.min(WIDEST, Math.max(NARROWEST, Math.floor(options.columns) || 80))
  const page: Page = { diagnosis: safe, columns, glyphs: unicode ? unicodeGlyphs : asciiGlyphs, color: options.color }
  const sections = [
    opening(page),
    trendSection(page),
    storySection(page),
    symptomsSection(page),
    findingsSection(page),
    worstSection(page),
    settingsSection(page),
    notesSection(page),
    booksSection(page),
    closing(page),
  ].filter((section) => section.length > 0)
  const lines = sections.flatMap((section, index) => (index === 0 ? section : [blank, ...section]))
  return paint(lines, { columns, color: options.color, unicode })
}

function opening(page: Page): Line[] {
  const { diagnosis, glyphs } = page
  const lines: Line[] = []
  if (!diagnosis.complete)
    lines.push(...paragraph(page, 'Interrupted: this is what was known by then, not the whole log.', 0, 'warn'))
  lines.push(...paragraph(page, headline(diagnosis), 0, 'strong'))
  const cause = topSentence(diagnosis)
  if (cause !== '') lines.push(...paragraph(page, cause, 0))
  const partial = partialSentence(diagnosis)
  if (partial !== '') lines.push(...paragraph(page, partial, 0, 'warn'))
  for (const parts of facts(diagnosis, glyphs.dash)) lines.push(...labelled(page, '', parts, 0, 0, 'quiet'))
  return lines
}

/** The findings as one story in time: what a reader has thirty seconds for. */
function storySection(page: Page): Line[] {
  const moments = story(page.diagnosis, page.glyphs)
  if (moments.length === 0) return []
  const width = Math.max(...moments.map(({ when }) => widthOf(when))) + 2
  return [
    heading('In order', 'UTC'),
    ...moments.flatMap(({ when, text, finding }) =>
      labelled(page, when, text, 2, width, finding === null ? 'quiet' : 'plain'),
    ),
  ]
}

function closing(page: Page): Line[] {
  const { sentence, command } = verdict(page.diagnosis)
  return [...paragraph(page, sentence, 0, 'strong'), [span('Next:  ', 'quiet'), span(command, 'command')]]
}
