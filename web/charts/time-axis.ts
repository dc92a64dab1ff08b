import type uPlot from 'uplot'
import { colour } from '../model/theme.ts'
import { AXIS_WIDTH } from './plot.ts'

const font = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'

/** Seconds: what a clock shows. */
const timeSteps = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
]

export function timeAxis(isShown: boolean): uPlot.Axis {
  return {
    stroke: colour('ink-3'),
    font,
    size: isShown ? 30 : 8,
    gap: 6,
    grid: { show: false },
    ticks: { show: isShown, stroke: colour('line-2'), size: 5, width: 1 },
    space: 72,
    incrs: timeSteps,
    values: isShown ? (_plot, splits) => labels(splits) : () => [],
  }
}

export function valueAxis(space = 32): uPlot.Axis {
  return {
    stroke: colour('ink-3'),
    font,
    size: AXIS_WIDTH,
    gap: 6,
    space,
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
    incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 1e8],
    values: (_plot, splits) => splits.map(short),
  }
}

function labels(splits: readonly number[]): string[] {
  const hasSeconds = splits.some((at) => at % 60 !== 0)
  return splits.map((at, index) => label(at, splits[index - 1], hasSeconds))
}

function label(at: number, before: number | undefined, hasSeconds: boolean): string {
  const text = new Date(at * 1000).toISOString()
  const isNewDay = before !== undefined && new Date(before * 1000).toISOString().slice(0, 10) !== text.slice(0, 10)
  if (isNewDay) return text.slice(5, 10)
  return text.slice(11, hasSeconds ? 19 : 16)
}

/** A count that fits beside a chart: `5,000`, `20 k`, `3 M`. */
export function short(value: number): string {
  if (value >= 1e6) return `${value / 1e6} M`
  if (value >= 1e4) return `${value / 1e3} k`
  return value.toLocaleString('en-US')
}
