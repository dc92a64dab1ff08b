import { useMemo } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { failureSeries, head, steps } from '../model/state.ts'
import { colour } from '../model/theme.ts'
import { RIGHT_PAD, usePlot } from './plot.ts'
import { timeAxis, valueAxis } from './time-axis.ts'

const HEIGHT = 210
const TRAFFIC_HEIGHT = 96

/** uPlot draws a step to the next x, so the last one needs an end. */
function times(startMs: number, stepMs: number, count: number): number[] {
  return Array.from({ length: count + 1 }, (_, step) => (startMs + step * stepMs) / 1000)
}

function closed(values: readonly number[] | Float64Array | undefined, count: number): number[] {
  const all = new Array<number>(count + 1)
  for (let step = 0; step < count; step += 1) all[step] = values?.[step] ?? 0
  all[count] = count > 0 ? (all[count - 1] ?? 0) : 0
  return all
}

function hasAny(values: readonly number[] | Float64Array | undefined): boolean {
  for (const value of values ?? []) if (value > 0) return true
  return false
}

export function FailureChart() {
  const { startMs, stepMs, count } = steps.value
  const series = failureSeries.value
  const data = useMemo<uPlot.AlignedData>(
    () => [
      times(startMs, stepMs, count),
      closed(series[0], count),
      closed(series[1], count),
      // Hardly a log has 460s: without any there is no line for them.
      hasAny(series[2]) ? closed(series[2], count) : new Array<null>(count + 1).fill(null),
    ],
    [startMs, stepMs, count, series],
  )
  const box = usePlot(
    (width) => ({
      ...base(width, HEIGHT),
      scales: { x: { time: false }, y: { range: (_plot, _min, max) => [0, Math.max(4, max * 1.08)] } },
      axes: [timeAxis(false), valueAxis()],
      series: [{}, line('lb', 2, undefined, true), line('target', 2, [6, 3], true), line('nobody', 2, [2, 2], true)],
    }),
    data,
    HEIGHT,
  )
  return <div class="plot" style={{ height: `${HEIGHT}px` }} ref={box} aria-hidden="true" />
}

export function TrafficChart() {
  const { startMs, stepMs, count } = steps.value
  const requests = head.value?.series?.columns.requests
  const data = useMemo<uPlot.AlignedData>(
    () => [times(startMs, stepMs, count), closed(requests, count)],
    [startMs, stepMs, count, requests],
  )
  const box = usePlot(
    (width) => ({
      ...base(width, TRAFFIC_HEIGHT),
      scales: { x: { time: false }, y: { range: (_plot, _min, max) => [0, Math.max(4, max * 1.1)] } },
      axes: [timeAxis(true), valueAxis(26)],
      series: [{}, line('ink-3', 1.25, undefined, true)],
    }),
    data,
    TRAFFIC_HEIGHT,
  )
  return <div class="plot" style={{ height: `${TRAFFIC_HEIGHT}px` }} ref={box} aria-hidden="true" />
}

function base(width: number, height: number): Omit<uPlot.Options, 'series'> {
  return {
    width,
    height,
    padding: [8, RIGHT_PAD, 0, 0],
    legend: { show: false },
    // The pointer belongs to the brush that lies on top.
    cursor: { show: false },
  }
}

function line(name: string, width: number, dash?: number[], isFilled = false): uPlot.Series {
  const stepped = uPlot.paths.stepped?.({ align: 1 })
  return {
    stroke: colour(name),
    width,
    ...(dash ? { dash } : {}),
    ...(isFilled ? { fill: colour(`${name}-wash`) } : {}),
    ...(stepped ? { paths: stepped } : {}),
    points: { show: false },
  }
}
