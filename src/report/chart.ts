import type { Glyphs } from './glyphs.ts'

/** Values squeezed or stretched to at most `columns` equal steps; `perColumn` steps are added up in one column, or `repeat` columns show one step. */
export interface Fitted {
  readonly values: readonly number[]
  readonly perColumn: number
  readonly repeat: number
}

export function fitColumns(values: readonly number[], columns: number): Fitted {
  if (values.length === 0) return { values: [], perColumn: 1, repeat: 1 }
  const perColumn = Math.ceil(values.length / columns)
  if (perColumn === 1) return { values, perColumn, repeat: Math.max(1, Math.floor(columns / values.length)) }
  const merged: number[] = []
  for (let start = 0; start < values.length; start += perColumn) {
    let sum = 0
    for (let index = start; index < Math.min(values.length, start + perColumn); index++) sum += values[index] ?? 0
    merged.push(sum)
  }
  return { values: merged, perColumn, repeat: 1 }
}

/** A lane of `rows` text rows, the top row first. Zero is empty; anything above zero shows. */
export function lane(values: readonly number[], max: number, rows: number, repeat: number, glyphs: Glyphs): string[] {
  const steps = glyphs.levels.length
  const full = glyphs.levels[steps - 1] ?? '#'
  const lines: string[] = []
  for (let row = rows - 1; row >= 0; row--) {
    let text = ''
    for (const value of values) {
      const height = value <= 0 || max <= 0 ? 0 : Math.max(1, Math.round((value / max) * steps * rows))
      const above = height - row * steps
      const cell = above <= 0 ? ' ' : above >= steps ? full : (glyphs.levels[above - 1] ?? full)
      text += cell.repeat(repeat)
    }
    lines.push(text)
  }
  return lines
}

/** A horizontal bar; a part above zero shows at least its thinnest sign. */
export function bar(value: number, max: number, columns: number, glyphs: Glyphs): string {
  if (value <= 0 || max <= 0) return ''
  const steps = glyphs.parts.length
  const length = Math.max(1, Math.round((value / max) * columns * steps))
  const full = glyphs.parts[steps - 1] ?? '#'
  const rest = length % steps
  return full.repeat(Math.floor(length / steps)) + (rest === 0 ? '' : (glyphs.parts[rest - 1] ?? ''))
}

export interface AxisMark {
  readonly column: number
  readonly label: string
}

/** The axis line with a tick above each label, and the labels; a label that would touch its neighbour is left out with its tick. */
export function axis(columns: number, marks: readonly AxisMark[], glyphs: Glyphs): [line: string, labels: string] {
  const line = Array.from({ length: columns }, () => glyphs.axis.line)
  let labels = ''
  for (const mark of marks) {
    if (mark.column < 0 || mark.column >= columns) continue
    const middle = mark.column - Math.floor(mark.label.length / 2)
    const start = Math.max(labels === '' ? 0 : labels.length + 2, Math.min(middle, columns - mark.label.length))
    if (start < 0 || start > mark.column + 1 || start + mark.label.length > columns) continue
    line[mark.column] = glyphs.axis.tick
    labels = labels.padEnd(start) + mark.label
  }
  return [glyphs.axis.corner + line.join(''), ` ${labels}`]
}

const NICE_SECONDS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
]

/** Round moments for a time axis, at least `apart` columns from each other. */
export function timeMarks(
  startMs: number,
  secondsPerColumn: number,
  columns: number,
  apart: number,
  label: (ms: number) => string,
): AxisMark[] {
  const needed = secondsPerColumn * apart
  const step = (NICE_SECONDS.find((seconds) => seconds >= needed) ?? Math.ceil(needed / 86_400) * 86_400) * 1000
  const marks: AxisMark[] = []
  for (let at = Math.ceil(startMs / step) * step; ; at += step) {
    const column = Math.round((at - startMs) / 1000 / secondsPerColumn)
    // A Date ends at 8.64e15 ms; a step from a broken file may not.
    if (column >= columns || !Number.isFinite(column) || Math.abs(at) > 8.64e15) break
    marks.push({ column, label: label(at) })
  }
  return marks
}
