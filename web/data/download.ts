import { toCsv } from '../model/csv.ts'
import { head, store, visibleRows } from '../model/state.ts'
import { inlinedMarkdown } from './inlined.ts'

/** The whole diagnosis, as `--format json` writes it. */
export function json(): void {
  const diagnosis = head.value
  if (!diagnosis) return
  const rows = diagnosis.failureRows
  const { headline: _, ...plain } = diagnosis
  const whole = { ...plain, failureRows: rows && store.value ? { ...rows, columns: store.value.columns } : null }
  save('why5xx-diagnosis.json', 'application/json', `${JSON.stringify(whole)}\n`)
}

/** The failures that the filter leaves, in the order of the list. */
export function csv(): void {
  const rows = store.value
  if (!rows) return
  const titles = new Map((head.value?.findings ?? []).map((finding) => [finding.id, finding.title]))
  // A byte-order mark makes Excel read UTF-8.
  save('why5xx-failures.csv', 'text/csv', `\uFEFF${toCsv(rows, visibleRows.value, titles)}`)
}

export function markdown(): void {
  save('why5xx-report.md', 'text/markdown', inlinedMarkdown() ?? '')
}

function save(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
