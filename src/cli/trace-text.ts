import { symptomPages } from '../causes/symptom-pages.ts'
import type { RequestTrace } from '../engine/trace-request.ts'
import type { TimelineEntry } from '../joins/trace-timeline.ts'
import { neutralise } from '../report/neutralise.ts'
import { blank, type Line, paint, span } from '../report/span.ts'
import { padEnd, wrap } from '../report/width.ts'

export interface TraceTextOptions {
  readonly columns: number
  readonly color: boolean
  readonly unicode: boolean
  /** Hides what is private; keeps the text as it is when redaction is off. */
  readonly hide: (text: string) => string
}

const MATCHED = { trace: 'trace id', request: 'request and time', unanimous: 'request and time, among equals' } as const

/** One request's way, hop by hop. */
export function traceText(trace: RequestTrace, options: TraceTextOptions): string {
  const columns = Math.min(options.columns, 100)
  const say = (text: string): string => neutralise(options.hide(text))
  const lines: Line[] = [[span(trace.traceId, 'strong')], ...heads(trace, columns, say), blank]
  const zero = startOf(trace)
  let day = ''
  for (const entry of trace.timeline) {
    const stamp = new Date(entry.timeMs).toISOString()
    if (stamp.slice(0, 10) !== day) {
      day = stamp.slice(0, 10)
      lines.push([span(`${day} UTC`, 'quiet')])
    }
    lines.push(...entryLines(entry, stamp, zero, columns, say))
  }
  if (trace.timeline.length === 0) lines.push([span('No witness has anything of it.')])
  if (trace.silent.length > 0) {
    lines.push(blank, [span('Not in', 'strong')])
    for (const { name, kind, why } of trace.silent)
      lines.push(...paragraph(`${name} (${kind}): ${why}`, 2, columns, say))
  }
  if (trace.unreadable.length > 0) {
    lines.push(blank, [span('Not read', 'strong')])
    for (const { name, why } of trace.unreadable) lines.push(...paragraph(`${name}: ${why}`, 2, columns, say))
  }
  return paint(lines, { columns, color: options.color, unicode: options.unicode })
}

function heads(trace: RequestTrace, columns: number, say: (text: string) => string): Line[] {
  if (trace.rows.length === 0)
    return paragraph(
      "No row of the load balancer's log has it: it never got there, its row was not delivered, or other files have it.",
      0,
      columns,
      say,
    )
  return trace.rows.flatMap((row) => {
    const verdict = row.symptom === undefined ? 'no failure' : `${row.symptom}: ${symptomPages[row.symptom].title}`
    return paragraph(
      `${row.elbStatus} to the client, ${row.targetStatus || 'nothing'} from the target. ${verdict}`,
      0,
      columns,
      say,
    )
  })
}

function entryLines(
  entry: TimelineEntry,
  stamp: string,
  zero: number,
  columns: number,
  say: (text: string) => string,
): Line[] {
  const offset = (entry.timeMs - zero) / 1000
  const head = `${stamp.slice(11, 23)} ${padEnd(`${offset < 0 ? '' : '+'}${offset.toFixed(3)}`, 9)} `
  const hop = padEnd(entry.hop, 14)
  const matched = entry.by === undefined || entry.by === 'trace' ? '' : ` [by ${MATCHED[entry.by]}]`
  const text = wrap(say(entry.what) + matched, Math.max(20, columns - head.length - hop.length))
  return text.map(
    (part, index): Line =>
      index === 0
        ? [span(head, 'quiet'), span(hop, 'strong'), span(part)]
        : [span(' '.repeat(head.length + hop.length)), span(part)],
  )
}

function startOf({ rows, timeline }: RequestTrace): number {
  const starts = rows.map((row) => (Number.isNaN(row.start) ? row.end : row.start))
  return starts.length > 0 ? Math.min(...starts) : (timeline[0]?.timeMs ?? 0)
}

function paragraph(text: string, indent: number, columns: number, say: (text: string) => string): Line[] {
  return wrap(say(text), columns - indent).map((part) => [span(' '.repeat(indent) + part)])
}
