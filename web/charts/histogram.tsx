import type { HistogramEvidence } from '../../src/core/diagnosis.ts'
import { DataBehind } from '../components/data-table.tsx'
import { Logged } from '../components/logged.tsx'
import { plain } from '../model/format.ts'
import { inertText } from '../model/inert.ts'
import { binned } from './bins.ts'
import { short } from './time-axis.ts'
import { useWidth } from './use-width.ts'

const HEIGHT = 168
const LEFT = 44
const RIGHT = 12
const TOP = 34
const BOTTOM = 26
/** A unit that stands behind every number; a longer one stands once, below them. */
const SHORT_UNIT = 3

/** Bars for the failures, a line for the control, a flag for each named timer. */
export function Histogram({ evidence }: { readonly evidence: HistogramEvidence }) {
  const [box, width] = useWidth()
  const { edges, counts, control, isLinear } = binned(evidence)
  const bins = counts.length
  if (bins === 0) return <p class="quiet">Nothing was measured.</p>
  const first = edges[0] ?? 0
  const last = edges[bins] ?? 1
  const most = Math.max(1, ...counts, ...(control ?? []))
  const tall = niceStep(most / 3)
  const levels = Array.from({ length: Math.floor(most / tall) + 1 }, (_, index) => index * tall)
  const top = most
  const inner = width - LEFT - RIGHT
  const counted = evidence.label ?? 'failures'
  const unit = inertText(evidence.unit)
  const isShortUnit = unit.length <= SHORT_UNIT
  const height = isShortUnit ? HEIGHT : HEIGHT + 16
  const floor = HEIGHT - BOTTOM
  const x = (value: number): number => {
    if (isLinear) return LEFT + (inner * (value - first)) / (last - first || 1)
    // Uneven bins get one width each; a value lies within its bin.
    let bin = 0
    while (bin < bins - 1 && value >= (edges[bin + 1] ?? 0)) bin += 1
    const low = edges[bin] ?? 0
    const high = edges[bin + 1] ?? low + 1
    return LEFT + (inner * (bin + Math.min(1, Math.max(0, (value - low) / (high - low || 1))))) / bins
  }
  const y = (value: number): number => floor - ((floor - TOP) * value) / top
  const gap = inner / bins > 5 ? 1 : 0
  let controlPath = ''
  if (control)
    for (let bin = 0; bin < bins; bin += 1)
      controlPath += `${bin === 0 ? 'M' : 'L'}${x(edges[bin] ?? 0).toFixed(1)} ${y(control[bin] ?? 0).toFixed(1)}L${x(edges[bin + 1] ?? 0).toFixed(1)} ${y(control[bin] ?? 0).toFixed(1)}`
  const marks = placed(
    evidence.marks.filter((mark) => mark.at >= first && mark.at <= last),
    x,
    width,
  )
  return (
    <figure class="figure-box" ref={box}>
      <figcaption>
        <span class="figure-title">
          <Logged text={evidence.title} />
        </span>
        <span class="figure-keys">
          <span class="key key-bar">
            <Logged text={counted} />
          </span>
          {evidence.control && (
            <span class="key key-control">
              <Logged text={evidence.control.label} />
            </span>
          )}
        </span>
      </figcaption>
      <svg
        class="chart"
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={describe(evidence)}
      >
        <g class="chart-grid">
          {levels.map((level) => (
            <g key={level}>
              <line x1={LEFT} x2={width - RIGHT} y1={y(level)} y2={y(level)} />
              <text x={LEFT - 6} y={y(level) + 4} text-anchor="end">
                {level >= 10_000 ? short(level) : plain(level)}
              </text>
            </g>
          ))}
        </g>
        <g class="chart-bars">
          {counts.map((value, bin) =>
            value > 0 ? (
              <rect
                key={bin}
                x={x(edges[bin] ?? 0) + gap / 2}
                y={Math.min(y(value), floor - 1)}
                width={Math.max(0.8, x(edges[bin + 1] ?? 0) - x(edges[bin] ?? 0) - gap)}
                height={Math.max(1, floor - y(value))}
              />
            ) : null,
          )}
        </g>
        {control && (
          <>
            <path
              class="chart-control-wash"
              d={`${controlPath}L${x(last).toFixed(1)} ${floor}L${x(first).toFixed(1)} ${floor}Z`}
            />
            <path class="chart-control" d={controlPath} />
          </>
        )}
        <g class="chart-marks">
          {marks.map((mark, index) => (
            <g key={index}>
              <line x1={mark.x} x2={mark.x} y1={mark.row * 13 + 8} y2={floor} />
              {mark.isPlaced && (
                <text x={mark.textX} y={mark.row * 13 + 10} text-anchor={mark.anchor}>
                  {inertText(mark.label)}
                </text>
              )}
            </g>
          ))}
        </g>
        <g class="chart-axis">
          <line x1={LEFT} x2={width - RIGHT} y1={floor} y2={floor} />
          {ticks(edges, isLinear).map((tick, index, all) => (
            <text
              key={tick}
              x={x(tick)}
              y={floor + 16}
              text-anchor={index === 0 ? 'start' : index === all.length - 1 ? 'end' : 'middle'}
            >
              {plain(tick)}
              {isShortUnit ? `\u00A0${unit}` : ''}
            </text>
          ))}
          {!isShortUnit && (
            <text x={width - RIGHT} y={floor + 32} text-anchor="end">
              {unit}
            </text>
          )}
        </g>
      </svg>
      {marks.some((mark) => !mark.isPlaced) && (
        <p class="chart-note">
          <Logged
            text={`Dashed: ${marks
              .filter((mark) => !mark.isPlaced)
              .map((mark) => mark.label)
              .join('; ')}`}
          />
        </p>
      )}
      <DataBehind
        caption={evidence.title}
        columns={[
          `from (${evidence.unit})`,
          `to (${evidence.unit})`,
          counted,
          ...(evidence.control ? [evidence.control.label] : []),
        ]}
        rows={() =>
          evidence.counts
            .map((value, bin) => [
              evidence.edges[bin] ?? null,
              evidence.edges[bin + 1] ?? null,
              value,
              ...(evidence.control ? [evidence.control.counts[bin] ?? 0] : []),
            ])
            .filter((row) => (row[2] ?? 0) > 0 || (row[3] ?? 0) > 0)
        }
      />
    </figure>
  )
}

/** The same for those who do not see it. */
function describe(evidence: HistogramEvidence): string {
  let peak = 0
  let all = 0
  evidence.counts.forEach((value, bin) => {
    all += value
    if (value > (evidence.counts[peak] ?? 0)) peak = bin
  })
  const control = evidence.control
    ? `, ${plain(Math.round(evidence.control.counts[peak] ?? 0))} in ${evidence.control.label}`
    : ''
  const marks = evidence.marks.map((mark) => ` Marked: ${mark.label}.`).join('')
  return inertText(
    `${evidence.title}: ${plain(all)} ${evidence.label ?? 'failures'}; most, ${plain(evidence.counts[peak] ?? 0)}, from ${plain(evidence.edges[peak] ?? 0)} to ${plain(evidence.edges[peak + 1] ?? 0)} ${evidence.unit}${control}.${marks}`,
  )
}

interface Placed {
  readonly x: number
  readonly textX: number
  readonly anchor: 'start' | 'end'
  readonly row: number
  readonly label: string
  readonly isPlaced: boolean
}

/** Labels go to the right of their line, or to the left near the edge; two rows, so that neighbours do not overlap. */
function placed(
  marks: readonly { readonly at: number; readonly label: string }[],
  x: (at: number) => number,
  chartWidth: number,
): Placed[] {
  const ends = [-1, -1]
  const result: Placed[] = []
  for (const mark of [...marks].sort((a, b) => a.at - b.at).slice(0, 6)) {
    const at = x(mark.at)
    const length = mark.label.length * 6.1 + 6
    const anchor = at + length > chartWidth ? 'end' : 'start'
    const from = anchor === 'start' ? at : at - length
    const row = from < 0 ? -1 : from > (ends[0] ?? 0) ? 0 : from > (ends[1] ?? 0) ? 1 : -1
    // No room for its words on the chart: they stand below it.
    if (row >= 0) ends[row] = from + length
    result.push({
      x: at,
      textX: anchor === 'start' ? at + 4 : at - 4,
      anchor,
      row: Math.max(0, row),
      label: mark.label,
      isPlaced: row >= 0,
    })
  }
  return result
}

function ticks(edges: readonly number[], isLinear: boolean): number[] {
  const first = edges[0] ?? 0
  const last = edges.at(-1) ?? 1
  if (!isLinear) {
    const every = Math.max(1, Math.ceil((edges.length - 1) / 6))
    return edges.filter((_, index) => index % every === 0)
  }
  const step = niceStep((last - first) / 6)
  const all: number[] = []
  for (let at = Math.ceil(first / step) * step; at <= last + step * 1e-6; at += step)
    all.push(Number(at.toPrecision(6)))
  return all
}

/** 1, 2 or 5 times a power of ten, at least `raw`. */
function niceStep(raw: number): number {
  const size = 10 ** Math.floor(Math.log10(raw > 0 ? raw : 1))
  return [1, 2, 5, 10].map((each) => each * size).find((each) => each >= raw) ?? raw
}
