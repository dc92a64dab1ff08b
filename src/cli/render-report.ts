import type { Diagnosis } from '../core/diagnosis.ts'
import { renderHtml } from '../report/html.ts'
import { renderJson } from '../report/json.ts'
import { renderMarkdown } from '../report/markdown.ts'
import { redact } from '../report/redact.ts'
import { renderTerminal } from '../report/terminal.ts'

export const reportFormats = ['terminal', 'json', 'markdown', 'html'] as const

export interface ReportOptions {
  readonly format: string
  readonly redact: boolean
  readonly columns: number
  readonly color: boolean
  /** false where the terminal's locale knows no block characters. */
  readonly unicode: boolean
}

export async function renderReport(diagnosis: Diagnosis, options: ReportOptions): Promise<string> {
  const on = options.redact
  // The rows of the failures are for JSON and the UI; hiding things in ten thousand of them takes its time.
  const shown = { ...diagnosis, failureRows: null }
  switch (options.format) {
    case 'json':
      return renderJson(redact(diagnosis, { on }))
    case 'markdown':
      return renderMarkdown(redact(shown, { on }))
    case 'html': {
      const whole = redact(diagnosis, { on })
      return renderHtml(whole, { markdown: renderMarkdown({ ...whole, failureRows: null }) })
    }
    default:
      return renderTerminal(redact(shown, { on }), options)
  }
}
