import { type FailureColumns, traceIdOf } from '../core/failure-columns.ts'
import type { Flow, Route } from '../core/request-batch.ts'
import { traceIdsIn } from '../core/trace-id.ts'
import { type Symptom, symptoms } from '../core/vocabulary.ts'

/** A request that a target answered well, looked up as well: without it, absence is no evidence. */
export interface ControlRequest {
  readonly traceId: string | undefined
  readonly start: number
  readonly end: number
  readonly targetStatus: number
  readonly receivedBytes: number
  readonly sentBytes: number
  readonly target: string
  /** The request line as logged. */
  readonly request: string
}

export interface FailureText {
  readonly request: string | null
  readonly client: string | null
}

export interface SubjectSource {
  readonly failures: FailureColumns
  readonly flows: readonly Flow[]
  readonly routes: readonly Route[]
  readonly textOf: (failure: number) => FailureText | undefined
  readonly controls: readonly ControlRequest[]
  /** One healthy request in this many became a control. */
  readonly controlEvery: number
}

/** Requests that witnesses are asked about: failures first (same index as the columns), then controls. */
export interface Subjects extends SubjectSource {
  readonly count: number
  readonly start: Float64Array
  readonly end: Float64Array
  /** A subject, or several of one trace id. */
  readonly byTrace: ReadonlyMap<string, number | number[]>
  /** `GET /path` without query to its subjects. */
  readonly byRequest: ReadonlyMap<string, AlikeRequests>
  /** Targets to the target groups (`groupKey`) that send to them. */
  readonly groupsOfTarget: ReadonlyMap<string, ReadonlySet<string>>
  /** From the first failure's start to the last one's end. */
  readonly window: TimeSpan
  /** The same with the healthy requests: what the load balancer's log covers, as far as it was looked at. */
  readonly logWindow: TimeSpan
}

export interface TimeSpan {
  readonly start: number
  readonly end: number
}

/** Subjects with the same method and path, by the time they ended. */
export interface AlikeRequests {
  readonly subjects: readonly number[]
  readonly longestMs: number
}

export function makeSubjects(source: SubjectSource): Subjects {
  const { failures, controls } = source
  const count = failures.length + controls.length
  const start = new Float64Array(count)
  const end = new Float64Array(count)
  const byTrace = new Map<string, number | number[]>()
  const alike = new Map<string, number[]>()
  const addTrace = (text: string | undefined, subject: number): void => {
    const id = text === undefined ? undefined : traceIdsIn(text)[0]
    if (id === undefined) return
    const known = byTrace.get(id)
    if (known === undefined) byTrace.set(id, subject)
    else if (typeof known === 'number') byTrace.set(id, [known, subject])
    else known.push(subject)
  }
  const addRequest = (line: string | null | undefined, subject: number): void => {
    const key = line ? requestKeyOf(line) : undefined
    if (key === undefined) return
    const known = alike.get(key)
    if (known === undefined) alike.set(key, [subject])
    else known.push(subject)
  }
  const window = { start: Number.POSITIVE_INFINITY, end: Number.NEGATIVE_INFINITY }
  const logWindow = { ...window }
  for (let i = 0; i < failures.length; i++) {
    end[i] = failures.end[i] as number
    const given = failures.start[i] as number
    start[i] = Number.isNaN(given) ? (end[i] as number) - 60_000 : given
    window.start = Math.min(window.start, start[i] as number)
    window.end = Math.max(window.end, end[i] as number)
    addTrace(traceIdOf(failures, i), i)
    addRequest(source.textOf(i)?.request, i)
  }
  for (const [n, control] of controls.entries()) {
    const subject = failures.length + n
    start[subject] = Number.isNaN(control.start) ? control.end : control.start
    end[subject] = control.end
    addTrace(control.traceId, subject)
    addRequest(control.request, subject)
  }
  for (let i = 0; i < count; i++) {
    logWindow.start = Math.min(logWindow.start, start[i] as number)
    logWindow.end = Math.max(logWindow.end, end[i] as number)
  }
  const byRequest = new Map<string, AlikeRequests>()
  for (const [key, subjects] of alike) {
    subjects.sort((a, b) => (end[a] as number) - (end[b] as number))
    let longestMs = 0
    for (const each of subjects) longestMs = Math.max(longestMs, (end[each] as number) - (start[each] as number))
    byRequest.set(key, { subjects, longestMs })
  }
  const groupsOfTarget = new Map<string, Set<string>>()
  for (const flow of source.flows) {
    const known = groupsOfTarget.get(flow.target)
    if (known === undefined) groupsOfTarget.set(flow.target, new Set([groupKey(flow)]))
    else known.add(groupKey(flow))
  }
  return { ...source, count, start, end, byTrace, byRequest, groupsOfTarget, window, logWindow }
}

/** A target group of one load balancer. */
export function groupKey({ loadBalancer, targetGroup }: Flow): string {
  return `${loadBalancer}|${targetGroup}`
}

/** Failures of one target group each. */
export function byTargetGroup(subjects: Subjects, failures: readonly number[]): number[][] {
  const groups = new Map<string, number[]>()
  for (const failure of failures) {
    const key = groupKey(flowOf(subjects, failure))
    const known = groups.get(key)
    if (known === undefined) groups.set(key, [failure])
    else known.push(failure)
  }
  return [...groups.values()]
}

export function flowOf({ failures, flows }: Subjects, failure: number): Flow {
  return flows[failures.flow[failure] as number] as Flow
}

export function targetOf(subjects: Subjects, subject: number): string {
  const { failures, controls } = subjects
  if (subject >= failures.length) return (controls[subject - failures.length] as ControlRequest).target
  return flowOf(subjects, subject).target
}

export function symptomOf(subjects: Subjects, failure: number): Symptom {
  return symptoms[subjects.failures.symptom[failure] as number] as Symptom
}

/** `GET http://shop.example:80/orders/7?a=1 HTTP/1.1` and `GET /orders/7 HTTP/1.1` are both `GET /orders/7`. */
export function requestKeyOf(line: string): string | undefined {
  const space = line.indexOf(' ')
  if (space <= 0) return undefined
  const rest = line.slice(space + 1)
  const end = rest.lastIndexOf(' HTTP/')
  return requestKey(line.slice(0, space), end < 0 ? rest : rest.slice(0, end))
}

export function requestKey(method: string, url: string): string {
  let path = url
  const scheme = path.indexOf('://')
  if (scheme > 0 && scheme < 8) {
    const slash = path.indexOf('/', scheme + 3)
    path = slash < 0 ? '/' : path.slice(slash)
  }
  const query = path.search(/[?#]/)
  return `${method} ${query < 0 ? path : path.slice(0, query)}`
}
