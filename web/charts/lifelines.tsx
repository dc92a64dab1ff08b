import type { TableEvidence } from '../../src/core/diagnosis.ts'
import { DataTable } from '../components/data-table.tsx'
import { Logged } from '../components/logged.tsx'
import { clock } from '../model/format.ts'
import { steps } from '../model/state.ts'

/** A table whose rows are things with a first and a last time (ISO 8601) is drawn as lines on the page's time axis. */
export function isLifelines(evidence: TableEvidence): boolean {
  return timeColumns(evidence).length >= 2 && evidence.rows.length > 0
}

function timeColumns(evidence: TableEvidence): number[] {
  return evidence.columns.flatMap((_, index) =>
    evidence.rows.some((row) => isTime(row[index])) &&
    evidence.rows.every((row) => row[index] === null || isTime(row[index]))
      ? [index]
      : [],
  )
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value)
}

export function Lifelines({ evidence }: { readonly evidence: TableEvidence }) {
  const columns = timeColumns(evidence)
  const { startMs, stepMs, count } = steps.value
  const endMs = startMs + stepMs * count
  const share = (at: number): number => Math.min(100, Math.max(0, (100 * (at - startMs)) / (endMs - startMs || 1)))
  return (
    <figure class="figure-box">
      <figcaption>
        <span class="figure-title">
          <Logged text={evidence.title} />
        </span>
      </figcaption>
      <div class="lifelines" aria-hidden="true">
        {evidence.rows.slice(0, 16).map((row, at) => {
          const times = columns.flatMap((index) => (isTime(row[index]) ? [Date.parse(row[index])] : []))
          const first = Math.min(...times)
          const last = Math.max(...times)
          return (
            <div class="lifeline" key={at}>
              <span class="lifeline-name mono">
                <Logged text={String(row[0] ?? '')} />
              </span>
              <span class="lifeline-track">
                <span style={{ left: `${share(first)}%`, width: `${Math.max(0.5, share(last) - share(first))}%` }} />
              </span>
            </div>
          )
        })}
        <div class="lifeline lifeline-axis">
          <span />
          <span class="lifeline-scale">
            <span>{clock(startMs)}</span>
            <span>{clock(endMs)} UTC</span>
          </span>
        </div>
      </div>
      <DataTable
        caption={evidence.title}
        columns={evidence.columns.map((name, index) => (columns.includes(index) ? `${name} (UTC)` : name))}
        rows={evidence.rows.map((row) => row.map((cell) => (isTime(cell) ? clock(Date.parse(cell), true) : cell)))}
        limit={6}
      />
    </figure>
  )
}
