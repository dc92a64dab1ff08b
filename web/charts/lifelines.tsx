import type { TableEvidence } from '../../src/core/diagnosis.ts'
import { DataBehind } from '../components/data-table.tsx'
import { Logged } from '../components/logged.tsx'
import { counted } from '../model/format.ts'
import { moment } from '../model/moment.ts'
import { steps } from '../model/state.ts'
import { TimeScale } from './time-scale.tsx'

const MOST_LINES = 16

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

/** A thin line from the first to the last time of a row; where it names answers, a thick one between those. */
export function Lifelines({ evidence }: { readonly evidence: TableEvidence }) {
  const columns = timeColumns(evidence)
  const answers = columns.filter((index) => evidence.columns[index]?.includes('answer'))
  const hasAnswers = answers.length === 2 && columns.length > 2
  const { startMs, stepMs, count } = steps.value
  const endMs = startMs + stepMs * count
  const share = (at: number): number => Math.min(100, Math.max(0, (100 * (at - startMs)) / (endMs - startMs || 1)))
  const place = (times: readonly number[]): { left: string; width: string } => {
    const first = share(Math.min(...times))
    return { left: `${first}%`, width: `${Math.max(0.5, share(Math.max(...times)) - first)}%` }
  }
  const rest = evidence.rows.length - MOST_LINES
  return (
    <figure class="figure-box figure-wide">
      <figcaption>
        <span class="figure-title">
          <Logged text={evidence.title} />
        </span>
        {hasAnswers && (
          <span class="figure-keys">
            <span class="key key-seen">requests were sent to it</span>
            <span class="key key-answers">it answered (below 500)</span>
          </span>
        )}
      </figcaption>
      <div class="lifelines" aria-hidden="true">
        {evidence.rows.slice(0, MOST_LINES).map((row, at) => {
          const timesOf = (wanted: readonly number[]): number[] =>
            wanted.flatMap((index) => (isTime(row[index]) ? [Date.parse(row[index])] : []))
          const seen = timesOf(columns)
          const answered = timesOf(answers)
          return (
            <div class="lifeline" key={at}>
              <span class="lifeline-name mono">
                <Logged text={String(row[0] ?? '')} />
              </span>
              <span class="lifeline-track">
                {seen.length > 0 && <span class={hasAnswers ? 'lifeline-seen' : undefined} style={place(seen)} />}
                {hasAnswers && answered.length > 0 && <span style={place(answered)} />}
              </span>
            </div>
          )
        })}
        <div class="lifeline lifeline-axis">
          <span />
          <TimeScale startMs={startMs} endMs={endMs} />
        </div>
      </div>
      {rest > 0 && <p class="quiet">{counted(rest, 'further row')} of the table not drawn.</p>}
      <DataBehind
        caption={evidence.title}
        columns={evidence.columns.map((name, index) => (columns.includes(index) ? `${name} (UTC)` : name))}
        rows={() =>
          evidence.rows.map((row) => row.map((cell) => (isTime(cell) ? moment(Date.parse(cell), true) : cell)))
        }
      />
    </figure>
  )
}
