import type { Missing, WitnessEvent, WitnessReport } from '../core/diagnosis.ts'
import { rejectedConnections } from './capacity-counts.ts'
import { correctionMs, describeShift, isZone } from './clock.ts'
import { say } from './coverage.ts'
import type { Joined } from './joined.ts'
import type { EventKind, LifeEvent, Testimony } from './testimony.ts'

const MOST_EVENTS = 200
const SAME_RUN_MS = 10_000
/** Too many and too quiet to be drawn beside the failures. */
const NOT_DRAWN: readonly EventKind[] = ['other', 'started']

const OF_A_NODE: ReadonlySet<Testimony['kind']> = new Set(['kernel-log', 'node-counters'])

export function witnessReports(joined: Joined): WitnessReport[] {
  return joined.testimonies.map((testimony) => {
    const events = eventsOf(testimony)
    return {
      name: testimony.name,
      kind: testimony.kind,
      rows: testimony.rows,
      window: windowOf(testimony),
      because: sentences(testimony, joined),
      ...(events.length > 0 ? { events } : {}),
    }
  })
}

function windowOf({ firstMs, lastMs, shiftMs }: Testimony): WitnessReport['window'] {
  if (Number.isNaN(firstMs)) return null
  const shift = correctionMs(shiftMs)
  return { start: new Date(firstMs + shift).toISOString(), end: new Date(lastMs + shift).toISOString() }
}

function sentences(testimony: Testimony, { subjects }: Joined): string[] {
  const out: string[] = []
  const formats = [...testimony.formats].sort((a, b) => b[1] - a[1]).map(([id, rows]) => `${id} ${say(rows)}`)
  if (formats.length > 1) out.push(`rows by format: ${formats.join(', ')}`)
  if (testimony.unparsed > 0) out.push(`${say(testimony.unparsed)} rows in no known format: not read`)
  if (testimony.requests > 0) {
    const failures = new Set(testimony.hits.map((hit) => hit.failure))
    const healthy = testimony.controlsSeen.reduce((sum, seen) => sum + (seen === 0 ? 0 : 1), 0)
    const sampled = subjects.controlEvery > 1 ? ` (one in ${subjects.controlEvery} was looked up)` : ''
    out.push(
      `${say(failures.size)} failures and ${say(healthy)} healthy requests of the load balancer's log are in it${sampled}; ${say(testimony.requestsWithTrace)} of its ${say(testimony.requests)} requests carry a trace id`,
    )
  }
  const shift = testimony.shiftMs === undefined ? undefined : describeShift(testimony.shiftMs)
  if (testimony.shiftMs !== undefined && testimony.role !== 'none')
    out.push(
      shift === undefined
        ? `its clock agrees with the load balancer's within 1 s (${say(testimony.shiftMatches)} matches)`
        : `its clock is ${shift} the load balancer's, by ${say(testimony.shiftMatches)} matches${isZone(testimony.shiftMs) ? (testimony.hasZone ? ': as much as a time zone' : ': a local time without zone') : ''}; all times here are corrected`,
    )
  const refused = rejectedConnections(testimony.metrics)
  if (refused > 0)
    out.push(
      `${say(refused)} connections of clients were refused because the load balancer was at its maximum (RejectedConnectionCount); a connection that is not taken has no row in any log`,
    )
  if (testimony.kinship === 'other')
    out.push(`it does not match this load balancer: ${testimony.kinshipWhy}; nothing is concluded from it`)
  return [...out, ...testimony.notes]
}

function eventsOf(testimony: Testimony): WitnessEvent[] {
  const wanted = testimony.events.filter((event) => !NOT_DRAWN.includes(event.kind) && !Number.isNaN(event.timeMs))
  return inRuns(wanted)
    .slice(0, MOST_EVENTS)
    .map(({ who, text, timeMs, lastMs, count, isRun }) => ({
      time: new Date(timeMs).toISOString(),
      what: `${who === '' ? '' : `${who}: `}${text.slice(0, 160)}${count > 1 ? ` (${say(count)} times${isRun && lastMs - timeMs >= 1_000 ? ` until ${new Date(lastMs).toISOString().slice(11, 19)}` : ''})` : ''}`,
    }))
}

/** The same line again within seconds is one event that went on: a kernel says so ten times in five seconds. */
function inRuns(events: readonly LifeEvent[]): (LifeEvent & { readonly isRun: boolean })[] {
  const runs: (LifeEvent & { readonly isRun: boolean })[] = []
  const latest = new Map<string, number>()
  for (const event of [...events].sort((a, b) => a.timeMs - b.timeMs)) {
    const key = `${event.who}\t${event.text}`
    const at = latest.get(key)
    const run = at === undefined ? undefined : runs[at]
    if (at === undefined || run === undefined || event.timeMs - run.lastMs > SAME_RUN_MS) {
      latest.set(key, runs.length)
      runs.push({ ...event, isRun: false })
      continue
    }
    const lastMs = Math.max(run.lastMs, event.lastMs)
    runs[at] = { ...run, count: run.count + event.count, lastMs, isRun: true }
  }
  return runs
}

/** What stands in the way of these witnesses saying more. */
export function missingFrom({ testimonies, subjects }: Joined): Missing[] {
  const missing: Missing[] = []
  const { start, end } = subjects.window
  for (const testimony of testimonies) {
    const { name, firstMs, lastMs, requests, requestsWithTrace, hits, controlsSeen, shiftMs = 0 } = testimony
    const isLog = testimony.role !== 'none' || OF_A_NODE.has(testimony.kind)
    if (isLog && subjects.failures.length > 0 && (lastMs + shiftMs < start || firstMs + shiftMs > end)) {
      missing.push({
        what: `${name} for the time of the failures`,
        why: `it covers ${iso(firstMs)} to ${iso(lastMs)}, the failures lie between ${iso(start)} and ${iso(end)}${testimony.hasZone ? '' : '; it has no time zone and was taken as UTC'}`,
      })
      continue
    }
    const isEmpty = hits.length === 0 && !controlsSeen.some((seen) => seen !== 0)
    const isForeign = isLog && requests >= 20 && isEmpty && subjects.controls.length >= 20
    if (testimony.kinship === 'other' || isForeign) {
      missing.push({
        what: `the requests of this load balancer in ${name}`,
        why: `${testimony.kinshipWhy ?? `none of its ${say(requests)} requests is one of ${say(subjects.controls.length)} healthy requests of the load balancer's log`}: another service's log, or another clock`,
      })
      continue
    }
    if (isLog && requests >= 20 && requestsWithTrace === 0)
      missing.push({
        what: `trace ids in ${name}`,
        why: 'log the header X-Amzn-Trace-Id (nginx: $http_x_amzn_trace_id): without it requests are matched by method, path, status and time, which leaves some undecided',
      })
    if (isLog && testimony.withoutTime > 0 && testimony.withoutTime * 2 > requests && requests >= 20)
      missing.push({
        what: `times in ${name}`,
        why: `${say(testimony.withoutTime)} rows have none: kubectl logs --timestamps adds them`,
      })
    if (testimony.dropped > 0)
      missing.push({
        what: `${say(testimony.dropped)} rows of ${name}`,
        why: 'more rows name the same requests or events than are kept at once: give a shorter time with --since and --until',
      })
  }
  return missing
}

function iso(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z') : 'an unknown time'
}
