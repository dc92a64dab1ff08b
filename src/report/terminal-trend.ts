import { axis, fitColumns, lane, timeMarks } from './chart.ts'
import { formatCount, formatDuration } from './format-number.ts'
import { formatTime } from './format-time.ts'
import { type Line, span, type Tone } from './span.ts'
import { heading, type Page } from './terminal-page.ts'

const LEFT = 18

/** Load-balancer-made and target-made 5XX over one time axis and one scale: when the two do not match, that is the story. */
export function trendSection(page: Page): Line[] {
  const { series, books } = page.diagnosis
  if (!series || series.columns.requests.length === 0 || books.elb5xx + books.target5xx === 0) return []
  const room = page.columns - LEFT - 1
  const steps = trim(page)
  if (!steps) return []
  const fitted = [steps.balancer, steps.target].map((values) => fitColumns(values, room))
  const [balancer, target] = fitted
  if (!balancer || !target) return []
  const max = Math.max(...balancer.values, ...target.values)
  const per = formatStep(series.stepSeconds * balancer.perColumn)
  const lines: Line[] = [heading('5XX over time', 'both lanes on one scale')]
  lines.push(...drawLane(page, 'load balancer', 'balancer', balancer.values, max, balancer.repeat, per))
  lines.push(...drawLane(page, 'target', 'target', target.values, max, target.repeat, per))
  const columns = balancer.values.length * balancer.repeat
  const secondsPerColumn = (series.stepSeconds * balancer.perColumn) / balancer.repeat
  const isDays = columns * secondsPerColumn > 86_400
  const write =
    (seconds: boolean) =>
    (ms: number): string => {
      const iso = new Date(ms).toISOString()
      // Midnight says nothing on the third day: the date does.
      if (isDays) return ms % 86_400_000 === 0 ? iso.slice(5, 10) : iso.slice(5, 16).replace('T', ' ')
      return formatTime(iso, { zone: false, seconds, day: false })
    }
  const marks = timeMarks(steps.startMs, secondsPerColumn, columns, isDays ? 14 : 12, write(false))
  // Marks closer than a minute need their seconds, and the room for them.
  const isFine = new Set(marks.map((mark) => mark.label)).size < marks.length
  const shown = isFine ? timeMarks(steps.startMs, secondsPerColumn, columns, 14, write(true)) : marks
  const [line, labels] = axis(columns, shown, page.glyphs)
  lines.push([span(' '.repeat(LEFT - 1)), span(line, 'quiet')])
  lines.push([span('  UTC'.padEnd(LEFT - 1), 'quiet'), span(labels, 'quiet')])
  return lines
}

function drawLane(
  page: Page,
  label: string,
  tone: Tone,
  values: readonly number[],
  max: number,
  repeat: number,
  per: string,
): Line[] {
  const peak = Math.max(0, ...values)
  if (peak === 0) return [[span(`  ${label}`.padEnd(LEFT), tone), span('none', 'quiet')]]
  const [upper = '', lower = ''] = lane(values, max, 2, repeat, page.glyphs)
  const most = `  max ${formatCount(peak)}`
  const scale = most.length + per.length < LEFT ? most + per : most
  return [
    [span(`  ${label}`.padEnd(LEFT), tone), span(upper, tone)],
    [span(scale.padEnd(LEFT), 'quiet'), span(lower, tone)],
  ]
}

function formatStep(seconds: number): string {
  if (seconds === 60) return '/min'
  if (seconds === 1) return '/s'
  if (seconds > 3600 && seconds % 3600 !== 0 && seconds < 10_800) return `/${seconds / 60} min`
  return seconds === 3600 ? '/h' : `/${formatDuration(seconds)}`
}

/** The steps from the first request to the last; quiet edges stay, empty ones (a window that rows only touch) go. */
function trim(page: Page): { startMs: number; balancer: readonly number[]; target: readonly number[] } | undefined {
  const { series } = page.diagnosis
  if (!series) return undefined
  const { requests, answeredBy } = series.columns
  const first = requests.findIndex((count) => count > 0)
  if (first === -1) return undefined
  const last = requests.findLastIndex((count) => count > 0)
  const startMs = Date.parse(series.start) + first * series.stepSeconds * 1000
  if (Number.isNaN(startMs)) return undefined
  return {
    startMs,
    balancer: answeredBy['load-balancer'].slice(first, last + 1),
    target: answeredBy.target.slice(first, last + 1),
  }
}
