import type { Diagnosis } from '../core/diagnosis.ts'
import { renderJson } from '../report/json.ts'
import { renderTerminal } from '../report/terminal.ts'

export const reportFormats = ['terminal', 'json'] as const

export interface ReportOptions {
  readonly format: string
  readonly redact: boolean
  readonly columns: number
  readonly color: boolean
}

export async function renderReport(diagnosis: Diagnosis, options: ReportOptions): Promise<string> {
  switch (options.format) {
    case 'json':
      return renderJson(diagnosis)
    default:
      return renderTerminal(diagnosis, { columns: options.columns, color: options.color })
  }
}
