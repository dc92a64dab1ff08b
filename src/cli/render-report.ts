import { causeById } from '../causes/index.ts'
import type { Diagnosis } from '../core/diagnosis.ts'
import { renderHtml } from '../report/html.ts'
import { writeJson } from '../report/json.ts'
import { renderMarkdown } from '../report/markdown.ts'
import { redact } from '../report/redact.ts'
import { type CausePage, renderSarif } from '../report/sarif.ts'
import { renderTerminal } from '../report/terminal.ts'

export interface ReportOptions {
  readonly format: string
  readonly redact: boolean
  readonly columns: number
  readonly color: boolean
  /** false where the terminal's locale knows no block characters. */
  readonly unicode: boolean
}

/** `put` gets the report in pieces, in order. */
export function renderReport(diagnosis: Diagnosis, options: ReportOptions, put: (piece: string) => void): void {
  if (options.format === 'json') writeJson(redact(diagnosis, { on: options.redact }), put)
  else put(textOf(diagnosis, options))
}

function textOf(diagnosis: Diagnosis, options: ReportOptions): string {
  const on = options.redact
  // The rows of the failures are for JSON and the UI; hiding things in ten thousand of them takes its time.
  const shown = { ...diagnosis, failureRows: null }
  switch (options.format) {
    case 'markdown':
      return renderMarkdown(redact(shown, { on }))
    case 'html': {
      const whole = redact(diagnosis, { on })
      return renderHtml(whole, { markdown: renderMarkdown({ ...whole, failureRows: null }) })
    }
    case 'sarif':
      return renderSarif(redact(shown, { on }), pageOf)
    default:
      return renderTerminal(redact(shown, { on }), options)
  }
}

function pageOf(id: string): CausePage | undefined {
  const cause = causeById.get(id)
  if (cause === undefined) return undefined
  const { meta, docs } = cause
  return {
    title: meta.title,
    what: docs.what,
    act: docs.act,
    source: meta.sources.find((each) => /^https?:/.test(each)),
  }
}
