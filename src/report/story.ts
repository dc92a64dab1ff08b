import type { Diagnosis, Finding, WitnessEvent } from '../core/diagnosis.ts'
import { plural } from './format-number.ts'
import { formatTime, formatWindow } from './format-time.ts'
import type { Glyphs } from './glyphs.ts'
import { balancerName } from './names.ts'

/** One line of the story. `when` is a moment or a stretch, UTC. */
export interface Moment {
  readonly when: string
  readonly text: string
  /** null: something happened to a pod, a node or a process. */
  readonly finding: Finding | null
}

const MOST_FINDINGS = 6
const MOST_EVENTS = 4
const BEFORE_MS = 60_000

/** Findings and what witnesses report of that time, in the order in which they began; empty where there is no order to tell. */
export function story(diagnosis: Diagnosis, { dash, ellipsis }: Pick<Glyphs, 'dash' | 'ellipsis'>): Moment[] {
  const findings = diagnosis.findings
    .filter((finding) => finding.failures > 0)
    .sort((a, b) => b.failures - a.failures)
    .slice(0, MOST_FINDINGS)
  if (findings.length === 0) return []
  const from = Math.min(...findings.map((finding) => Date.parse(finding.window.start))) - BEFORE_MS
  const to = Math.max(...findings.map((finding) => Date.parse(finding.window.end)))
  const events = together(
    diagnosis.witnesses.flatMap((witness) => witness.events ?? []),
    ellipsis,
  )
    .filter(({ ms }) => ms >= from && ms <= to)
    .slice(0, MOST_EVENTS)
  if (findings.length + events.length < 2) return []
  // Over a day or more, clock times alone would mislead.
  const day = to - from > 86_400_000
  const moments = [
    ...events.map(({ ms, text }) => ({
      ms,
      when: formatTime(new Date(ms).toISOString(), { day, seconds: !day, zone: false }),
      text,
      finding: null,
    })),
    ...findings.map((finding) => ({
      ms: isAllAlong(diagnosis, finding) ? Number.POSITIVE_INFINITY : Date.parse(finding.window.start),
      when: isAllAlong(diagnosis, finding)
        ? 'all along'
        : formatWindow(finding.window, { day, dash }).replace(/ UTC$/, ''),
      text: `${ownerOf(diagnosis, finding)}${plural(finding.failures, 'failure')}: ${lowerFirst(finding.title).replace(/\.$/, '')} (${finding.confidence ?? 'undetermined'})`,
      finding,
    })),
  ]
  const isOrdered = moments.some((moment) => moment.finding === null || moment.ms < Number.POSITIVE_INFINITY)
  if (!isOrdered) return []
  return moments
    .sort((a, b) => (a.ms === b.ms ? 0 : a.ms - b.ms))
    .map(({ when, text, finding }) => ({ when, text, finding }))
}

/** Stories of several load balancers are told in one list, so each line says whose it is. */
function ownerOf(diagnosis: Diagnosis, { scope }: Finding): string {
  const [balancer] = scope.loadBalancers
  return balancer === undefined || diagnosis.settings.byLoadBalancer.length < 2
    ? ''
    : `${balancerName(diagnosis, balancer)}, `
}

/** A drizzle over the whole log began nowhere: it comes last. */
function isAllAlong({ window }: Diagnosis, finding: Finding): boolean {
  const spanOf = ({ start, end }: { start: string; end: string }): number => Date.parse(end) - Date.parse(start)
  return window !== null && spanOf(finding.window) > 0.8 * spanOf(window)
}

/** The same thing said of several pods is one event, from the first time on. */
function together(events: readonly WitnessEvent[], ellipsis: string): { ms: number; text: string }[] {
  const groups = new Map<string, { ms: number; who: Set<string>; what: string }>()
  for (const event of events) {
    const ms = Date.parse(event.time)
    if (Number.isNaN(ms)) continue
    const parts = /^([\w.-]+): (.*)$/s.exec(event.what)
    const what = shortened(parts?.[2] ?? event.what, ellipsis)
    const key = what.replace(/[\d.]+/g, '#')
    const known = groups.get(key)
    if (known === undefined) groups.set(key, { ms, who: new Set(parts ? [parts[1] as string] : []), what })
    else {
      known.ms = Math.min(known.ms, ms)
      if (parts) known.who.add(parts[1] as string)
    }
  }
  return [...groups.values()]
    .sort((a, b) => a.ms - b.ms)
    .map(({ ms, who, what }) => {
      const names = [...who]
      const named = names.length > 3 ? `${names.slice(0, 2).join(', ')} and ${names.length - 2} more` : names.join(', ')
      return { ms, text: named === '' ? what : `${named}: ${what}` }
    })
}

/** A long text ends with the detail of one pod, addresses and counts: its first clauses say what happened. */
function shortened(what: string, ellipsis: string): string {
  const text = what.replace(/ \([\d,]+ times(?: until [\d:]+)?\)$/, '').replace(/ \(pid:\d+\)/g, '')
  if (text.length <= 70) return text
  const clause = text.indexOf(': ', 20)
  return clause > 0 && clause < 70 ? text.slice(0, clause) : `${text.slice(0, 70).replace(/\s+\S*$/, '')} ${ellipsis}`
}

/** Into the middle of a sentence; names stay as they are. */
export function lowerFirst(text: string): string {
  return /^[A-Z][a-z]* /.test(text) && !/^(Kubernetes|Lambda|Node|Service) /.test(text)
    ? text.charAt(0).toLowerCase() + text.slice(1)
    : text
}
