import { makeFailures } from '../core/failure-columns.ts'
import { type Symptom, symptoms } from '../core/vocabulary.ts'
import { type ControlRequest, makeSubjects, type Subjects } from './subjects.ts'
import type { Hit, LifeEvent, MatchedBy, Testimony } from './testimony.ts'

/** One row of the load balancer's log that has the trace id. */
export interface TracedRow {
  readonly input: string
  readonly raw: string
  readonly traceId: string
  readonly start: number
  readonly end: number
  readonly requestMs: number
  readonly targetMs: number
  readonly responseMs: number
  readonly elbStatus: number
  readonly targetStatus: number
  readonly target: string
  readonly node: string
  readonly loadBalancer: string
  readonly client: string | undefined
  readonly request: string
  readonly symptom: Symptom | undefined
}

export type TimelineHop = 'client' | 'load balancer' | 'proxy' | 'app' | 'Kubernetes'

export interface TimelineEntry {
  /** Epoch ms on the load balancer's clock. */
  readonly timeMs: number
  readonly hop: TimelineHop
  /** What happened, as a clause: `received GET /orders/7`. */
  readonly what: string
  /** The row as it stands, or undefined for what follows from one. */
  readonly row: string | undefined
  readonly file: string
  /** How the row was matched; undefined for the load balancer's own and for what happened around. */
  readonly by: MatchedBy | undefined
}

/** The one request as the only failure, so that the same readers serve; healthy requests measure the clocks. */
export function subjectsOfTrace(
  traceId: string,
  rows: readonly TracedRow[],
  controls: readonly ControlRequest[],
): Subjects {
  const failures = makeFailures()
  const made = madeMs(traceId)
  // Without a row, the id itself says when it was made.
  const list =
    rows.length > 0 ? rows : [{ start: made, end: made + 120_000, targetStatus: 0, elbStatus: 0, targetMs: -1 }]
  const id = new TextEncoder().encode(traceId)
  failures.length = list.length
  failures.start = Float64Array.from(list, (row) => row.start)
  failures.end = Float64Array.from(list, (row) => row.end)
  failures.targetMs = Int32Array.from(list, (row) => row.targetMs)
  failures.elbStatus = Uint16Array.from(list, (row) => row.elbStatus)
  failures.targetStatus = Uint16Array.from(list, (row) => row.targetStatus)
  failures.flow = Int32Array.from(list, (_, index) => index)
  failures.symptom = Uint8Array.from(list, (_, index) => symptoms.indexOf(rows[index]?.symptom ?? 'unclassified'))
  failures.answeredBy = new Uint8Array(list.length)
  failures.trace = new Uint8Array(id.length * list.length)
  failures.traceEnd = Uint32Array.from(list, (_, index) => id.length * (index + 1))
  for (const index of list.keys()) failures.trace.set(id, id.length * index)
  return makeSubjects({
    failures,
    flows: list.map((_, index) => {
      const row = rows[index]
      return {
        loadBalancer: row?.loadBalancer ?? '',
        targetGroup: '',
        target: row?.target ?? '',
        node: row?.node ?? '',
      }
    }),
    routes: [],
    textOf: (index) => ({ request: rows[index]?.request ?? null, client: rows[index]?.client ?? null }),
    controls,
    controlEvery: 2,
  })
}

/** `1-6b03a28e-...`: seconds since 1970, in hexadecimal. */
function madeMs(traceId: string): number {
  return Number.parseInt(/1-([0-9a-f]{8})-/.exec(traceId)?.[1] ?? '0', 16) * 1000
}

const AROUND_MS = 15_000

/** Hop by hop, in the order of the load balancer's clock. */
export function timelineOf(rows: readonly TracedRow[], testimonies: readonly Testimony[]): TimelineEntry[] {
  const entries = rows.flatMap(ofLoadBalancer)
  const seen = new Set<string>()
  for (const testimony of testimonies) {
    for (const hit of testimony.hits) {
      // Several tries of one request share the trace id, and so their witnesses.
      const key = `${hit.file} ${hit.text}`
      if (seen.has(key)) continue
      seen.add(key)
      entries.push(...ofHit({ ...hit, timeMs: placed(hit, rows) }))
    }
    for (const event of testimony.events) if (isAround(event, rows)) entries.push(ofEvent(event))
  }
  // nginx writes the error before the answer, and its clock cannot tell them apart.
  const rank = (entry: TimelineEntry): number => (entry.what.startsWith('wrote ') ? 0 : 1)
  return entries.sort((a, b) => a.timeMs - b.timeMs || rank(a) - rank(b))
}

/** A row that knows only its second lies, as far as it can, before what the load balancer did with its answer. */
function placed(hit: Hit, rows: readonly TracedRow[]): number {
  const { timeMs, row } = hit
  const row0 = rows[hit.failure]
  if (row.timeStepMs < 1000 || row0 === undefined || timeMs > row0.end) return timeMs
  const answered = row0.requestMs >= 0 && row0.targetMs >= 0 ? row0.start + row0.requestMs + row0.targetMs : row0.end
  return Math.max(timeMs, Math.min(timeMs + row.timeStepMs, answered))
}

function ofLoadBalancer(row: TracedRow): TimelineEntry[] {
  const base = { hop: 'load balancer', file: row.input, by: undefined, row: undefined } as const
  const out: TimelineEntry[] = []
  const began = Number.isNaN(row.start) ? row.end : row.start
  const node = row.node === '' ? '' : ` on node ${row.node}`
  if (began !== row.end)
    out.push({
      ...base,
      timeMs: began,
      what: `received ${row.request}${row.client ? ` from ${row.client}` : ''}${node}`,
    })
  if (row.target !== '' && row.requestMs >= 0)
    out.push({ ...base, timeMs: began + row.requestMs, what: `handed it to ${row.target}` })
  else if (row.target !== '' && row.requestMs < 0)
    out.push({ ...base, timeMs: began, what: `chose ${row.target} and never got to hand it over` })
  if (row.requestMs >= 0 && row.targetMs >= 0)
    out.push({
      ...base,
      timeMs: began + row.requestMs + row.targetMs,
      what:
        row.targetStatus > 0
          ? `got ${row.targetStatus} from ${row.target}`
          : `lost the connection to ${row.target} before an answer`,
    })
  const own = row.targetStatus === 0 && row.elbStatus >= 400
  out.push({
    ...base,
    timeMs: row.end,
    what:
      row.elbStatus === 460
        ? 'saw that the client had gone (460)'
        : `answered ${row.elbStatus}${own ? ', its own' : ''}`,
    row: row.raw,
  })
  return out
}

function ofHit(hit: Hit): TimelineEntry[] {
  const { row, timeMs, file, by } = hit
  const hop: TimelineHop = hit.role === 'app' ? 'app' : hit.role === 'client' ? 'client' : 'proxy'
  const who = row.source === '' ? '' : ` (${row.source})`
  if (row.format === 'sentry')
    return [{ timeMs, hop, what: `reported "${row.message ?? ''}" to Sentry`, row: undefined, file, by }]
  if (row.what === 'event')
    return [{ timeMs, hop, what: `wrote "${row.message ?? ''}"${who}`, row: hit.text, file, by }]
  const took = row.durationMs === undefined ? '' : ` after ${seconds(row.durationMs)}`
  const tries = (row.upstreamStatus ?? []).map((status, index) => {
    const ms = row.upstreamMs?.[index]
    return `${row.upstreamAddress?.[index] ?? 'upstream'} ${status}${ms === undefined || Number.isNaN(ms) ? '' : ` in ${seconds(ms)}`}`
  })
  const flags = row.flags === undefined ? '' : `, ${row.flags}`
  const left = row.status === 499 ? ': whoever asked had left' : ''
  return [
    {
      timeMs,
      hop,
      what: `answered ${row.status ?? 'without a status'}${took}${left}${tries.length > 0 ? ` (${tries.join(', then ')})` : ''}${flags}${who}`,
      row: hit.text,
      file,
      by,
    },
  ]
}

function isAround(event: LifeEvent, rows: readonly TracedRow[]): boolean {
  if (event.kind === 'other') return false
  return rows.some((row) => {
    const start = Number.isNaN(row.start) ? row.end : row.start
    return event.lastMs >= start - AROUND_MS && event.timeMs <= row.end + AROUND_MS
  })
}

function ofEvent(event: LifeEvent): TimelineEntry {
  const times =
    event.count > 1 ? `, ${event.count} times until ${new Date(event.lastMs).toISOString().slice(11, 19)}` : ''
  const hop: TimelineHop =
    /^\w+: /.test(event.text) || event.text.startsWith('container ')
      ? 'Kubernetes'
      : event.kind === 'check-failed'
        ? 'load balancer'
        : 'app'
  return {
    timeMs: event.timeMs,
    hop,
    what: `${event.text}${event.who === '' ? '' : ` (${event.who})`}${times}`,
    row: undefined,
    file: event.file,
    by: undefined,
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`
}
