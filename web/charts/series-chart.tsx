import { useMemo } from 'preact/hooks'
import uPlot from 'uplot'
import type { SeriesEvidence } from '../../src/core/diagnosis.ts'
import { DataBehind } from '../components/data-table.tsx'
import { Logged } from '../components/logged.tsx'
import { clock, day } from '../model/format.ts'
import { colour } from '../model/theme.ts'
import { RIGHT_PAD, usePlot } from './plot.ts'
import { timeAxis, valueAxis } from './time-axis.ts'

const HEIGHT = 168
const strokes = ['lb', 'target', 'nobody', 'ink-3', 'ink'] as const
const dashes: readonly (number[] | undefined)[] = [undefined, [6, 3], [2, 2], [8, 3, 2, 3], [1, 3]]

export function SeriesChart({ evidence }: { readonly evidence: SeriesEvidence }) {
  const startMs = Date.parse(evidence.start)
  const steps = Math.max(0, ...evidence.lines.map((line) => line.values.length))
  const lines = evidence.lines.slice(0, strokes.length)
  // A value holds for its whole step, and the last step needs an end to be drawn to.
  const data = useMemo<uPlot.AlignedData>(
    () => [
      Array.from({ length: steps + 1 }, (_, step) => startMs / 1000 + step * evidence.stepSeconds),
      ...lines.map((line) =>
        Array.from({ length: steps + 1 }, (_, step) => line.values[Math.min(step, steps - 1)] ?? 0),
      ),
    ],
    [evidence],
  )
  const isWhole = lines.every((line) => line.values.every((value) => Number.isInteger(value)))
  const box = usePlot(
    (width) => ({
      width,
      height: HEIGHT,
      padding: [8, RIGHT_PAD, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false }, y: { range: (_plot, _min, max) => [0, Math.max(isWhole ? 4 : 1, max * 1.08)] } },
      axes: [timeAxis(true), isWhole ? valueAxis(28) : { ...valueAxis(28), incrs: undefined as unknown as number[] }],
      series: [
        {},
        ...lines.map((_, index) => {
          const dash = dashes[index]
          const stepped = uPlot.paths.stepped?.({ align: 1 })
          return {
            stroke: colour(strokes[index] ?? 'ink'),
            // Two lines may have the same values: the one below shows between the dashes of the one above.
            width: index === 0 ? 3 : 1.75,
            ...(dash ? { dash } : {}),
            ...(stepped ? { paths: stepped } : {}),
            points: { show: false },
          }
        }),
      ],
    }),
    data,
    HEIGHT,
  )
  return (
    <figure class="figure-box">
      <figcaption>
        <span class="figure-title">
          <Logged text={evidence.title} /> <span class="quiet">({evidence.unit})</span>
        </span>
        <span class="figure-keys">
          {lines.map((line, index) => (
            <span class={`key key-line-${index}`} key={line.label}>
              <Logged text={line.label} />
            </span>
          ))}
        </span>
      </figcaption>
      <div class="plot" style={{ height: `${HEIGHT}px` }} ref={box} aria-hidden="true" />
      <DataBehind
        caption={evidence.title}
        columns={['from (UTC)', ...evidence.lines.map((line) => `${line.label} (${evidence.unit})`)]}
        rows={() =>
          Array.from({ length: steps }, (_, step) => {
            const at = startMs + step * evidence.stepSeconds * 1000
            return [`${day(at)} ${clock(at)}`, ...evidence.lines.map((line) => line.values[step] ?? null)]
          })
        }
      />
    </figure>
  )
}
