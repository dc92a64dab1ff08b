import { traceIdsIn } from '../../core/trace-id.ts'
import { type LogTime, parseLogTime } from './log-time.ts'
import type { LineFormatId, WitnessRole, WitnessRow } from './witness-row.ts'

/** How a group of the pattern becomes a value of the row. */
export type LineFieldKind =
  | 'time'
  /** When the request arrived; the row's own time is that and the duration. */
  | 'startTime'
  /** `GET /path HTTP/1.1`, or only its beginning when the request was malformed. */
  | 'request'
  | 'method'
  | 'path'
  | 'status'
  | 'client'
  | 'seconds'
  | 'milliseconds'
  /** nginx writes one entry per try: `502, 200`. */
  | 'upstreamStatus'
  | 'upstreamAddress'
  | 'upstreamSeconds'
  | 'upstreamConnectSeconds'
  | 'upstreamHeaderSeconds'
  | 'sentBytes'
  | 'bodyBytes'
  | 'traceId'
  | 'flags'
  | 'level'
  | 'message'
  | 'source'
  /** Named, not used. */
  | 'text'

export interface LineField {
  /** The vendor's name: nginx's variable, HAProxy's `%TR`, uvicorn's word. */
  readonly name: string
  readonly kind: LineFieldKind
  readonly meaning: string
}

export interface LineSample {
  /** What this line shows: the test's name. */
  readonly title: string
  readonly line: string
  /** Values of the row; null: the line is none of this format. */
  readonly expect: Partial<Omit<WitnessRow, 'format' | 'role' | 'what' | 'traceIds'>> | null
}

/** One line, one row: the n-th group of the pattern is the n-th field. */
export interface LineFormat {
  readonly id: LineFormatId
  readonly title: string
  /** Where the vendor documents it. */
  readonly source: string
  readonly role: WitnessRole
  readonly what: WitnessRow['what']
  readonly pattern: RegExp
  readonly fields: readonly LineField[]
  readonly samples: readonly LineSample[]
}

export function defineLineFormat(format: LineFormat): LineFormat {
  return format
}

/** What a log collector put around a line. */
export interface Envelope {
  readonly time: LogTime | undefined
  readonly source: string
}

export const noEnvelope: Envelope = { time: undefined, source: '' }

/** undefined: the line is not of this format. */
export function parseLine(format: LineFormat, line: string, envelope: Envelope = noEnvelope): WitnessRow | undefined {
  const groups = format.pattern.exec(line)
  if (groups === null) return undefined
  const row: Mutable<WitnessRow> = {
    format: format.id,
    role: format.role,
    what: format.what,
    timeMs: Number.NaN,
    timeStepMs: 1,
    hasZone: true,
    source: envelope.source,
    traceIds: traceIdsIn(line),
  }
  setTime(row, envelope.time)
  let started: LogTime | undefined
  for (const [index, field] of format.fields.entries()) {
    const text = groups[index + 1]
    if (text === undefined || text === '') continue
    if (field.kind === 'startTime') started = parseLogTime(text)
    else if (text !== '-' || UPSTREAM_TIMES.has(field.kind)) setField(row, field.kind, text)
  }
  // Written at the end, stamped with the beginning.
  if (started !== undefined) setTime(row, { ...started, ms: started.ms + (row.durationMs ?? 0) })
  return row
}

/** That no header came is said by a dash. */
export const UPSTREAM_TIMES: ReadonlySet<LineFieldKind> = new Set(['upstreamConnectSeconds', 'upstreamHeaderSeconds'])

export type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

/** The server's own time says when; the collector's only when it was read. A coarse one yields to the collector's. */
export function setTime(row: Mutable<WitnessRow>, time: LogTime | undefined): void {
  if (time === undefined) return
  const isKept = row.hasZone === time.hasZone ? row.timeStepMs < time.stepMs : row.hasZone
  if (isKept && !Number.isNaN(row.timeMs)) return
  row.timeMs = time.ms
  row.timeStepMs = time.stepMs
  row.hasZone = time.hasZone
}

export function setField(row: Mutable<WitnessRow>, kind: LineFieldKind, text: string): void {
  switch (kind) {
    case 'time':
      setTime(row, parseLogTime(text))
      return
    case 'request': {
      const [, method, path] = /^([A-Za-z_-]+) (\S.*?)(?: HTTP\/[\d.]+)?$/.exec(text) ?? []
      if (method !== undefined) row.method = method
      if (path !== undefined) row.path = path
      return
    }
    case 'method':
    case 'path':
    case 'client':
    case 'flags':
    case 'level':
    case 'message':
    case 'source':
      row[kind] = text
      return
    case 'status': {
      const status = Number(text)
      if (status >= 100 && status <= 999) row.status = status
      return
    }
    case 'seconds':
    case 'milliseconds': {
      const number = Number(text)
      if (number >= 0) row.durationMs = kind === 'seconds' ? Math.round(number * 1e6) / 1e3 : number
      return
    }
    case 'upstreamStatus':
      row.upstreamStatus = tries(text)
      return
    case 'upstreamAddress':
      row.upstreamAddress = tries(text)
      return
    case 'upstreamSeconds':
      row.upstreamMs = tryMs(text)
      return
    case 'upstreamConnectSeconds':
      row.upstreamConnectMs = tryMs(text)
      return
    case 'upstreamHeaderSeconds':
      row.upstreamHeaderMs = tryMs(text)
      return
    case 'sentBytes':
    case 'bodyBytes': {
      const bytes = Number(text)
      if (bytes >= 0) row[kind] = bytes
      return
    }
    case 'traceId':
      row.traceIds = traceIdsIn(text)
      return
    case 'startTime':
    case 'text':
  }
}

/** `a, b` is two tries in one group of servers, `a : b` goes on in another one after an internal redirect. */
function tries(text: string): string[] {
  return text.split(/, | : /)
}

/** NaN: that try never came to it. */
function tryMs(text: string): number[] {
  return tries(text).map((each) => Math.round(Number(each) * 1e6) / 1e3)
}
