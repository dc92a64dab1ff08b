import { formatCount } from '../core/format-count.ts'
import type { WitnessKind } from '../core/vocabulary.ts'
import { createLineParser, type LineParserOptions } from '../formats/witnesses/line-parser.ts'
import { nginxSentenceOf } from '../formats/witnesses/nginx-error.ts'
import type { WitnessFormatId, WitnessRow } from '../formats/witnesses/witness-row.ts'
import { ClockComparison, correctionMs, measureShift } from './clock.ts'
import { detachedRow, detachedText } from './detached.ts'
import { kinshipOf } from './kinship.ts'
import { eventKindOf } from './life-events.ts'
import { type LooseRow, matchLoose } from './match-loose.ts'
import { nodeOfFile } from './nodes.ts'
import { RhythmTally } from './rhythms.ts'
import { requestKey, requestKeyOf, type Subjects, targetOf } from './subjects.ts'
import { emptyTestimony, type Hit, type LifeEvent, ONE_TRY, type Testimony } from './testimony.ts'
import { workloadOf } from './workloads.ts'

const decoder = new TextDecoder('utf-8')
const MOST_LOOSE = 200_000
const MOST_EVENTS = 5_000
const MOST_STRANGERS = 100_000
/** How far from its request a row with the trace id may lie: answers after a timeout come late. */
const EARLY_MS = 5_000
const LATE_MS = 600_000
/** What Linux printed no more of, before it prints again: `net_ratelimit: 83 callbacks suppressed`. */
const SUPPRESSED = /^(?:net|__)_?ratelimit: (\d+) callbacks suppressed/
const HITS_PER_FAILURE = 6
const TEXT = 1_000
const BIT = { app: 1, proxy: 2, either: 4, oneTry: ONE_TRY } as const
/** A block this far from every failure and control is counted, not read: local time may be half a day off and more. */
const FAR_MS = 26 * 3_600_000
/** The same for times with a zone: clocks that were set to summer time by hand are an hour off. */
const NEAR_MS = 75 * 60_000

/** Reads one text log, block by block, whatever its size: keeps what speaks of a subject, counts the rest. */
export class LineLog {
  readonly #name: string
  readonly #subjects: Subjects
  readonly #parse: (raw: string) => WitnessRow | undefined
  readonly #formats = new Map<WitnessFormatId, number>()
  readonly #clock = new ClockComparison()
  readonly #hits: { subject: number; row: WitnessRow; text: string; isSamePath: boolean }[] = []
  readonly #hitsOf: Uint8Array
  /** By control: 1 = app, 2 = proxy, 4 = either. */
  readonly #controlsSeen: Uint8Array
  /** The same by rows with the trace id and another path. */
  readonly #controlsElsewhere: Uint8Array
  /** Requests by trace id whose path is the load balancer's, and those with another one. */
  readonly #paths = { same: 0, other: 0 }
  readonly #loose: LooseRow[] = []
  readonly #events: { row: WitnessRow; kind: LifeEvent['kind']; count: number }[] = []
  readonly #podsOfTarget = new Map<string, Set<string>>()
  #rows = 0
  #unparsed = 0
  #withoutTime = 0
  #requests = 0
  #requestsWithTrace = 0
  #hasZone = true
  #sure = { app: 0, proxy: 0 }
  #firstMs = Number.POSITIVE_INFINITY
  #lastMs = Number.NEGATIVE_INFINITY
  #dropped = 0
  #skippedLines = 0
  #foreign = 0
  /** Rows with trace ids made while the load balancer's log runs, and how many of those it knows. */
  #traced = 0
  #tracedFound = 0
  readonly #strangers: number[] = []
  readonly #rhythms = new RhythmTally()

  constructor(name: string, subjects: Subjects, options: LineParserOptions = {}) {
    this.#name = name
    this.#subjects = subjects
    this.#parse = createLineParser({ aroundMs: subjects.logWindow.end, ...options })
    this.#hitsOf = new Uint8Array(subjects.failures.length)
    this.#controlsSeen = new Uint8Array(subjects.controls.length)
    this.#controlsElsewhere = new Uint8Array(subjects.controls.length)
  }

  /** Whole lines. */
  add(block: Uint8Array): void {
    const text = decoder.decode(block)
    if (this.#isFar(text)) return
    for (let at = 0; at < text.length; ) {
      let end = text.indexOf('\n', at)
      if (end < 0) end = text.length
      if (end > at) this.#line(text.slice(at, end))
      at = end + 1
    }
  }

  /** Logs are written in order: when a block begins and ends far from anything of interest, its rows are only counted. */
  #isFar(text: string): boolean {
    if (text.length < 65_536) return false
    const first = this.#timeOf(text.slice(0, text.indexOf('\n')))
    const last = this.#timeOf(text.slice(text.lastIndexOf('\n', text.length - 2) + 1))
    if (first === undefined || last === undefined) return false
    // Whatever the server's clock says: trace ids were made by the load balancer's.
    const root = text.indexOf('Root=1-')
    if (root >= 0 && this.#isOfWindow(text.slice(root + 5, root + 40))) return false
    const slack = first.hasZone && last.hasZone ? NEAR_MS : FAR_MS
    const { start, end } = this.#subjects.logWindow
    const isFar =
      (first.timeMs < start - slack && last.timeMs < start - slack) ||
      (first.timeMs > end + slack && last.timeMs > end + slack)
    if (!isFar) return false
    let lines = 0
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++
    this.#rows += lines
    this.#skippedLines += lines
    this.#seeTime(first)
    this.#seeTime(last)
    return true
  }

  #timeOf(line: string): WitnessRow | undefined {
    const row = this.#parse(line)
    return row === undefined || Number.isNaN(row.timeMs) ? undefined : row
  }

  #seeTime(row: WitnessRow): void {
    if (row.timeMs < this.#firstMs) this.#firstMs = row.timeMs
    if (row.timeMs > this.#lastMs) this.#lastMs = row.timeMs
    if (!row.hasZone) this.#hasZone = false
  }

  /** A row with another request's trace id needs no reading once the format is known: it counts. */
  #isForeign(raw: string): boolean {
    if (this.#requestsWithTrace < 1_000 || this.#rows % 64 === 0) return false
    const at = raw.indexOf('Root=1-')
    if (at < 0 || raw.includes('Self=')) return false
    const id = raw.slice(at + 5, at + 40)
    if (this.#subjects.byTrace.has(id)) return false
    if (this.#isOfWindow(id)) this.#traced++
    this.#requests++
    this.#requestsWithTrace++
    this.#foreign++
    return true
  }

  #line(raw: string): void {
    this.#rows++
    if (this.#isForeign(raw)) return
    const row = this.#parse(raw)
    if (row === undefined) {
      this.#unparsed++
      return
    }
    this.#formats.set(row.format, (this.#formats.get(row.format) ?? 0) + 1)
    if (row.role !== 'either') this.#sure[row.role]++
    if (Number.isNaN(row.timeMs)) this.#withoutTime++
    else this.#seeTime(row)
    if (row.what === 'request') {
      this.#requests++
      if (row.traceIds.length > 0) this.#requestsWithTrace++
    }
    const [id] = row.traceIds
    if (id !== undefined && this.#isOfWindow(id)) this.#traced++
    if (id !== undefined && this.#byTrace(row, raw)) return
    if (row.message !== undefined && this.#event(row)) return
    if (row.traceIds.length === 0 && row.method !== undefined && row.path !== undefined) this.#keepLoose(row, raw)
  }

  /** A trace id holds the second in which it was made. */
  #isOfWindow(id: string): boolean {
    const made = Number.parseInt(id.slice(2, 10), 16) * 1000
    const { start, end } = this.#subjects.logWindow
    return made >= start - 60_000 && made <= end + 60_000
  }

  #byTrace(row: WitnessRow, raw: string): boolean {
    const { byTrace, failures, controls, end, start } = this.#subjects
    for (const id of row.traceIds) {
      const found = byTrace.get(id)
      if (found === undefined) continue
      // A client that reuses its Root for several requests: the one whose time fits.
      const subject =
        typeof found === 'number'
          ? found
          : [...found].sort((a, b) => distance(row, start, end, a) - distance(row, start, end, b))[0]
      if (subject === undefined) continue
      this.#tracedFound++
      const isRequest = row.what === 'request' && !Number.isNaN(row.timeMs)
      const isSamePath = row.path === undefined || hasPath(this.#subjects, subject, row.path)
      if (row.path !== undefined) this.#paths[isSamePath ? 'same' : 'other']++
      if (subject >= failures.length) {
        const control = subject - failures.length
        const tries = row.upstreamStatus?.length === 1 ? BIT.oneTry : 0
        const seen = isSamePath ? this.#controlsSeen : this.#controlsElsewhere
        seen[control] = (seen[control] as number) | BIT[row.role] | tries
        if (isRequest) this.#clock.add((end[subject] as number) - row.timeMs - row.timeStepMs / 2)
        if (row.source !== '')
          remember(this.#podsOfTarget, (controls[control] as { target: string }).target, row.source)
        return true
      }
      if ((this.#hitsOf[subject] as number) < HITS_PER_FAILURE) {
        this.#hitsOf[subject] = (this.#hitsOf[subject] as number) + 1
        this.#hits.push({ subject, row: detachedRow(row), text: detachedText(raw.slice(0, TEXT)), isSamePath })
      }
      if (row.source !== '') remember(this.#podsOfTarget, targetOf(this.#subjects, subject), row.source)
      return true
    }
    return false
  }

  #event(row: WitnessRow): boolean {
    const suppressed = SUPPRESSED.exec(row.message as string)?.[1]
    if (suppressed !== undefined) {
      const last = this.#events.at(-1)
      if (last?.kind === 'conntrack-full') last.count += Number(suppressed)
      return true
    }
    const isNginx = row.format === 'nginx-error'
    const kind = eventKindOf(row.message as string, isNginx)
    if (kind === undefined || (isNginx && row.path !== undefined && kind !== 'no-connections')) return false
    if (this.#events.length < MOST_EVENTS) this.#events.push({ row: detachedRow(row), kind, count: 1 })
    else this.#dropped++
    return true
  }

  #keepLoose(row: WitnessRow, raw: string): void {
    if (Number.isNaN(row.timeMs)) return
    // Warnings beside an error ("upstream server temporarily disabled", "buffered to a temporary file") say nothing new.
    if (row.format === 'nginx-error' && nginxSentenceOf(row.message ?? '') === undefined) return
    const alike = this.#subjects.byRequest.get(requestKey(row.method as string, row.path as string))
    if (alike === undefined) {
      if (this.#strangers.length < MOST_STRANGERS) this.#strangers.push(row.timeMs)
      // Where only a share of the requests is looked up, a stranger may have come through the load balancer.
      if (this.#subjects.controlEvery === 1)
        this.#rhythms.add('probe', requestKey('', row.path as string).slice(1), row.source, row.timeMs, row.timeStepMs)
      return
    }
    if (this.#loose.length >= MOST_LOOSE) {
      this.#dropped++
      return
    }
    this.#loose.push({ row: detachedRow(row), text: detachedText(raw.slice(0, TEXT)), alike })
  }

  finish(): Testimony {
    const role = this.#role()
    const byTrace = this.#clock.shiftMs()
    const byRequest = byTrace === undefined ? measureShift(this.#loose, this.#subjects) : undefined
    const shiftMs = byTrace ?? byRequest?.shiftMs
    const shift = correctionMs(shiftMs)
    const { kinship, why } = kinshipOf(
      {
        traced: this.#traced,
        tracedFound: this.#tracedFound,
        loose: this.#loose,
        strangers: this.#strangers,
        shiftMs: shift,
      },
      this.#subjects,
    )
    const roleOf = (of: WitnessRow['role']): 'app' | 'proxy' => (of === 'either' ? role : of)
    const controlsSeen = new Uint8Array(this.#subjects.controls.length)
    const see = (control: number, of: WitnessRow['role']): void => {
      controlsSeen[control] = (controlsSeen[control] as number) | (roleOf(of) === 'app' ? 1 : 2)
    }
    // Paths that nearly all differ were rewritten on the way; a few that differ are calls of the app to others, with its id.
    const isRewritten = this.#paths.other > this.#paths.same
    for (const [control, own] of this.#controlsSeen.entries()) {
      const bits = isRewritten ? own | (this.#controlsElsewhere[control] as number) : own
      if ((bits & BIT.app) !== 0) see(control, 'app')
      if ((bits & BIT.proxy) !== 0) see(control, 'proxy')
      if ((bits & BIT.either) !== 0) see(control, 'either')
      controlsSeen[control] = (controlsSeen[control] as number) | (bits & BIT.oneTry)
    }
    const { start, end } = this.#subjects
    const ours = this.#hits.filter(({ subject, row }) => {
      // A client may send one Root with many requests, and only some of them are looked up.
      const at = row.timeMs + shift
      return !(at < (start[subject] as number) - EARLY_MS || at > (end[subject] as number) + LATE_MS)
    })
    const hits: Hit[] = ours.map(({ subject, row, text, isSamePath }) => ({
      ...(isSamePath || isRewritten ? {} : { isElsewhere: true as const }),
      failure: subject,
      by: 'trace',
      row,
      role: roleOf(row.role),
      timeMs: row.timeMs + shift,
      text,
      file: this.#name,
    }))
    const loose = matchLoose(this.#loose, this.#subjects, shift)
    for (const { subject, by, row, text } of loose.matches) {
      if (subject >= this.#subjects.failures.length) see(subject - this.#subjects.failures.length, row.role)
      else
        hits.push({
          failure: subject,
          by,
          row,
          role: roleOf(row.role),
          timeMs: row.timeMs + shift,
          text,
          file: this.#name,
        })
    }
    const isKernel = this.#formats.size === 1 && this.#formats.has('kernel-log')
    const kind: WitnessKind = isKernel ? 'kernel-log' : role === 'app' ? 'app-log' : 'proxy-log'
    const notes: string[] = []
    // Rows that were told by their trace id alone have the format of the others.
    const main = [...this.#formats].sort((a, b) => b[1] - a[1])[0]
    if (main && this.#foreign > 0) this.#formats.set(main[0], main[1] + this.#foreign)
    if (isRewritten) notes.push('its paths are not those of the load balancer: rewritten on the way')
    else if (this.#paths.other > 0)
      notes.push(
        `${formatCount(this.#paths.other)} rows have the trace id of a request and another path: calls that it caused, not the request`,
      )
    if (isKernel && this.#withoutTime > 0)
      notes.push(`${formatCount(this.#withoutTime)} rows count from the boot: \`dmesg -T\` writes times`)
    if (this.#skippedLines > 0)
      notes.push(`${formatCount(this.#skippedLines)} rows far from every failure were counted, not read`)
    return {
      ...emptyTestimony(this.#name, kind, 0),
      formats: this.#formats,
      rows: this.#rows,
      unparsed: this.#unparsed,
      firstMs: finite(this.#firstMs),
      lastMs: finite(this.#lastMs),
      shiftMs,
      shiftMatches: byRequest?.matches ?? this.#clock.matches,
      kinship,
      ...(why === undefined ? {} : { kinshipWhy: why }),
      hasZone: this.#hasZone,
      withoutTime: this.#withoutTime,
      requests: this.#requests,
      requestsWithTrace: this.#requestsWithTrace,
      hits,
      ambiguous: loose.ambiguous,
      controlsSeen,
      podsOfTarget: this.#podsOfTarget,
      rhythms: this.#rhythms.finish(),
      events: this.#events.map(({ row, kind: eventKind, count }) => ({
        kind: eventKind,
        timeMs: row.timeMs + shift,
        lastMs: row.timeMs + shift,
        count,
        addresses: [],
        ...(row.format === 'kernel-log' ? this.#node(row) : { who: row.source, workload: workloadOf(row.source) }),
        isKin: kinship === 'same',
        text: row.message as string,
        file: this.#name,
      })),
      notes,
      dropped: this.#dropped,
      role: isKernel ? 'none' : role,
    }
  }

  #node(row: WitnessRow): Pick<LifeEvent, 'who' | 'workload' | 'isOfNode'> {
    const who = row.source === '' ? nodeOfFile(this.#name) : row.source.replace(/\/kernel$/, '')
    return { who, workload: '', isOfNode: true }
  }

  /** Lines that both could have written belong to the company they keep; alone, to what the file is called. */
  #role(): 'app' | 'proxy' {
    if (this.#sure.app !== this.#sure.proxy) return this.#sure.app > this.#sure.proxy ? 'app' : 'proxy'
    for (const sources of this.#podsOfTarget.values())
      for (const source of sources) if (/nginx|ingress|proxy|envoy|istio/i.test(source)) return 'proxy'
    return /app|gunicorn|api|web(?!server)|django|flask/i.test(this.#name.slice(this.#name.lastIndexOf('/') + 1))
      ? 'app'
      : 'proxy'
  }
}

/** Behind a proxy that strips or adds a prefix, one path ends with the other. */
function hasPath({ failures, controls, textOf }: Subjects, subject: number, path: string): boolean {
  const line = subject < failures.length ? textOf(subject)?.request : controls[subject - failures.length]?.request
  const key = line ? requestKeyOf(line) : undefined
  if (key === undefined) return true
  const asked = key.slice(key.indexOf(' ') + 1)
  const [, seen = ''] = requestKey('', path).split(' ')
  return asked === seen || asked.endsWith(seen) || seen.endsWith(asked) || asked === encodeURI(seen)
}

function distance(row: WitnessRow, start: Float64Array, end: Float64Array, subject: number): number {
  if (Number.isNaN(row.timeMs)) return 0
  return Math.min(Math.abs(row.timeMs - (end[subject] as number)), Math.abs(row.timeMs - (start[subject] as number)))
}

function remember(map: Map<string, Set<string>>, key: string, value: string): void {
  if (key === '') return
  const known = map.get(key)
  if (known?.has(value)) return
  if (known === undefined) map.set(key, new Set([detachedText(value)]))
  else if (known.size < 500) known.add(detachedText(value))
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN
}
