import type { TimelineEvent } from '../run/timeline.ts'
import type { AppEvent, Failure, RunRecord } from './failure.ts'

export function endMsOf(failure: Failure): number {
  return Date.parse(failure.time)
}

export function startMsOf(failure: Failure): number {
  return Date.parse(failure.created)
}

export function wasSeen(failure: Failure, run: RunRecord): boolean {
  return seenMsOf(failure, run) !== undefined
}

/** When the application's own code received the request; undefined: never. */
export function seenMsOf(failure: Failure, run: RunRecord): number | undefined {
  return run.seenByApp.get(bareTraceId(failure.traceId ?? '-'))
}

/** `Root=1-…` without its key, as the applications log it. */
export function bareTraceId(traceId: string): string {
  return /Root=([^;]+)/.exec(traceId)?.[1] ?? traceId
}

/** The path the client asked for; the load balancer's facts have the whole URL. */
export function pathOf(failure: Failure): string {
  return (failure.uri ?? '').replace(/^https?:\/\/[^/]+/, '')
}

/** What the node's rules did with a new connection at that time. */
export function rulesAt(run: RunRecord, target: string, timeMs: number): string | undefined {
  let state: string | undefined
  for (const event of run.timeline) {
    if (event.timeMs > timeMs) break
    if (event.event === 'rules' && event.subject === target) state = String(event.detail?.state)
  }
  return state
}

/** A pod that the node's rules still sent to at that time, although it had been told to stop; undefined: none. */
export function stalePodIn(run: RunRecord, target: string, timeMs: number): string | undefined {
  const stopped = new Set<string>()
  let pods: readonly string[] = []
  for (const event of run.timeline) {
    if (event.timeMs > timeMs) break
    if (event.event === 'rules' && event.subject === target) pods = String(event.detail?.pods ?? '').split(' ')
    if (event.event === 'container-signalled' && event.subject !== undefined) stopped.add(event.subject)
  }
  return pods.find((pod) => stopped.has(pod))
}

/** Events of these names within a window around a time, of one pod or of any. */
export function eventsNear(
  run: RunRecord,
  names: readonly string[],
  timeMs: number,
  beforeMs: number,
  afterMs: number,
  subject?: string,
): readonly TimelineEvent[] {
  return run.timeline.filter(
    (event) =>
      names.includes(event.event) &&
      event.timeMs >= timeMs - beforeMs &&
      event.timeMs <= timeMs + afterMs &&
      (subject === undefined || event.subject === subject),
  )
}

/** The pod behind an `ip` target; undefined for a node port, which hides it. */
export function podOf(run: RunRecord, target: string | null): string | undefined {
  return target === null ? undefined : run.podByAddress.get(target.split(':')[0] ?? '')
}

/** Whether a fault of this name was on: from `NAME-on` to `NAME-off` of the same subject. */
export function isFaultOn(run: RunRecord, name: string, subject: string | undefined, timeMs: number): boolean {
  let isOn = false
  for (const event of run.timeline) {
    if (event.timeMs > timeMs) break
    if (subject !== undefined && event.subject !== subject) continue
    if (event.event === `${name}-on`) isOn = true
    if (event.event === `${name}-off`) isOn = false
  }
  return isOn
}

/** nginx's error line for a request: it has no trace id, so request line and time decide. */
export function nginxErrorOf(run: RunRecord, failure: Failure): string | undefined {
  if (failure.uri === null) return undefined
  const request = `${failure.method ?? 'GET'} ${pathOf(failure)}`
  const endMs = endMsOf(failure)
  // nginx writes whole seconds.
  return run.nginxErrors.find((error) => error.request === request && Math.abs(error.timeMs - endMs) < 2000)?.message
}

/** A line of a server about itself, within a time around the failure's end, of the failed target's pod. */
export function appEventNear(
  run: RunRecord,
  pattern: RegExp,
  failure: Failure,
  withinMs: number,
): AppEvent | undefined {
  const endMs = endMsOf(failure)
  const pod = podOf(run, failure.target)
  return run.appEvents.find(
    (event) =>
      pattern.test(event.text) &&
      Math.abs(event.timeMs - endMs) <= withinMs &&
      (pod === undefined || event.pod === pod || event.pod.startsWith(`${pod}-`)),
  )
}
