import type { CountEvidence, Evidence } from '../../src/core/diagnosis.ts'
import { Histogram } from '../charts/histogram.tsx'
import { isLifelines, Lifelines } from '../charts/lifelines.tsx'
import { SeriesChart } from '../charts/series-chart.tsx'
import { percent, plain } from '../model/format.ts'
import { DataTable } from './data-table.tsx'
import { Logged } from './logged.tsx'

export function EvidenceView({ evidence }: { readonly evidence: Evidence }) {
  switch (evidence.kind) {
    case 'count':
      return <CountView evidence={evidence} />
    case 'series':
      return <SeriesChart evidence={evidence} />
    case 'histogram':
      return <Histogram evidence={evidence} />
    case 'table':
      if (isLifelines(evidence)) return <Lifelines evidence={evidence} />
      return (
        <figure class="figure-box">
          <figcaption>
            <span class="figure-title">
              <Logged text={evidence.title} />
            </span>
          </figcaption>
          <DataTable caption={evidence.title} columns={evidence.columns} rows={evidence.rows} limit={12} />
        </figure>
      )
  }
}

/** The measure over failures above the same measure over healthy requests. */
function CountView({ evidence }: { readonly evidence: CountEvidence }) {
  const { control } = evidence
  const parts = [
    { label: 'failures', value: evidence.value, of: evidence.of },
    ...(control ? [{ label: control.label, value: control.value, of: control.of }] : []),
  ]
  const isShare = parts.every((part) => part.of !== null && part.of > 0)
  const width = (part: (typeof parts)[number]): number => Math.min(100, (100 * part.value) / (part.of ?? 1))
  return (
    <figure class="figure-box">
      <figcaption>
        <span class="figure-title">
          <Logged text={evidence.title} />
        </span>
      </figcaption>
      <dl class="compare">
        {parts.map((part, index) => (
          <div key={part.label} class={index === 0 ? 'compare-row' : 'compare-row compare-control'}>
            <dt>
              <Logged text={part.label} />
            </dt>
            <dd>
              {/* Two shares can be compared by their length; a share and a bare number cannot. */}
              {isShare ? (
                <span class="compare-bar" aria-hidden="true">
                  <span style={{ width: `${Math.max(part.value > 0 ? 0.6 : 0, width(part))}%` }} />
                </span>
              ) : (
                <span />
              )}
              <span class="compare-value">
                {plain(part.value)}
                {part.of !== null ? ` of ${plain(part.of)}` : ''} {unitOf(evidence, index)}
                {part.of !== null && part.of > 0 ? ` (${percent(part.value, part.of)})` : ''}
              </span>
            </dd>
          </div>
        ))}
      </dl>
    </figure>
  )
}

/** The control's share is over requests, not over failures. */
function unitOf(evidence: CountEvidence, index: number): string {
  return index > 0 && evidence.unit === 'failures' ? 'requests' : evidence.unit
}
