import { gzipSync } from 'node:zlib'
import type { Diagnosis, FailureRows } from '../core/diagnosis.ts'
import { composePage, escapeHtml, jsonForScript } from './page.ts'
import { headline } from './summary.ts'

/** Rows to a block: the browser unpacks one in a few milliseconds, so no block stops it from painting. */
const BLOCK = 2_000

/**
 * One file that needs no network and works from disk. The diagnosis stands in it as data, never as markup; failure rows
 * are gzip in base64, which makes a report of 10,000 failures about a megabyte instead of four.
 */
export function renderHtml(diagnosis: Diagnosis, options: { readonly markdown?: string } = {}): string {
  const rows = diagnosis.failureRows
  const after: string[] = []
  if (rows) for (let from = 0; from < rows.kept; from += BLOCK) after.push(block(rows, from))
  if (options.markdown !== undefined)
    after.push(`<script type="application/json" id="markdown">${jsonForScript(options.markdown)}</script>`)
  return composePage({
    title: titleOf(diagnosis),
    before: `<script type="application/json" id="diagnosis">${jsonForScript(pageHead(diagnosis))}</script>`,
    after: after.join('\n'),
    noscript: summary(diagnosis),
    hasPolicyInside: true,
  }).html
}

/** A diagnosis without the columns of its failure rows, and the sentence that every report begins with. */
export function pageHead(diagnosis: Diagnosis): object {
  const rows = diagnosis.failureRows
  return {
    ...diagnosis,
    failureRows: rows ? { total: rows.total, kept: rows.kept, names: rows.names } : null,
    headline: headline(diagnosis),
  }
}

/** The rows `[from, from + count)` of every column. */
export function sliceRows(rows: FailureRows, from: number, count: number): FailureRows['columns'] {
  const columns: Record<string, readonly unknown[]> = {}
  for (const [name, values] of Object.entries(rows.columns)) columns[name] = values.slice(from, from + count)
  return columns as unknown as FailureRows['columns']
}

function block(rows: FailureRows, from: number): string {
  const packed = gzipSync(JSON.stringify(sliceRows(rows, from, Math.min(BLOCK, rows.kept - from)))).toString('base64')
  return `<script type="application/octet-stream" data-rows="${from}">${packed}</script>`
}

function titleOf(diagnosis: Diagnosis): string {
  const name = diagnosis.settings.byLoadBalancer[0]?.loadBalancer ?? ''
  const day = diagnosis.window?.start.slice(0, 10) ?? ''
  return ['why5xx', `${diagnosis.books.failures} failures`, name, day].filter((part) => part !== '').join(' · ')
}

/** What a reader without scripts gets: the books and the findings as text. */
function summary(diagnosis: Diagnosis): string {
  const { books } = diagnosis
  const findings = diagnosis.findings.map(
    (finding) =>
      `<li>${escapeHtml(finding.title)}: ${finding.failures} failures, ${finding.confidence ?? 'undetermined'}<ul>${finding.because
        .map((sentence) => `<li>${escapeHtml(sentence)}</li>`)
        .join('')}</ul></li>`,
  )
  return `<h1>${escapeHtml(headline(diagnosis))}</h1><p>${books.failures} of ${books.requests} requests failed: ${books.elb5xx} ELB 5XX, ${books.target5xx} target 5XX, ${books.clientLeft} client left first. The drawings of this page need JavaScript; nothing is loaded from the network.</p><ol>${findings.join('')}</ol>`
}
