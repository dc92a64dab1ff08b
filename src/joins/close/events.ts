import type { Confidence } from '../../core/vocabulary.ts'
import type { Closing } from '../closing.ts'
import { hitsBy, type Joined } from '../joined.ts'
import { symptomOf, targetOf } from '../subjects.ts'
import type { EventKind, LifeEvent } from '../testimony.ts'

interface EventRule {
  readonly kinds: readonly EventKind[]
  readonly cause: string
  /** The failure's end lies between the event's time less `beforeMs` and its time plus `afterMs`. */
  readonly beforeMs: number
  readonly afterMs: number
}

/** A connection that was lost with a request on it: what happened to a process at that second. Surest first. */
const RULES: readonly EventRule[] = [
  { kinds: ['worker-timeout'], cause: 'worker-timeout', beforeMs: 1_500, afterMs: 3_000 },
  { kinds: ['liveness-kill'], cause: 'liveness-probe-kills-busy-pod', beforeMs: 2_000, afterMs: 35_000 },
  {
    kinds: ['out-of-memory', 'crashed', 'worker-killed'],
    cause: 'worker-killed-mid-request',
    beforeMs: 1_500,
    afterMs: 2_000,
  },
  { kinds: ['worker-recycled'], cause: 'worker-recycling', beforeMs: 500, afterMs: 2_000 },
  { kinds: ['no-connections'], cause: 'proxy-sheds-idle-connections', beforeMs: 2_000, afterMs: 2_000 },
  { kinds: ['reload'], cause: 'proxy-reload-closes-connections', beforeMs: 1_000, afterMs: 3_000 },
]

/** Above this share of healthy requests around such events, being near one says nothing. */
const MOST_BY_CHANCE = 0.2

/** Process ends, restarts and reloads beside connections that closed before the answer. */
export function closeByEvents(joined: Joined, failures: readonly number[]): Closing[] {
  const lost = failures.filter((failure) => symptomOf(joined.subjects, failure) === 'closed-before-response')
  if (lost.length === 0 || joined.events.length === 0) return []
  const closings = new Map<number, Closing>()
  for (const rule of RULES) {
    const events = joined.events.filter((event) => rule.kinds.includes(event.kind))
    if (events.length === 0) continue
    const controls = joined.subjects.controls
    const near = controls.filter((control) => eventAt(events, rule, control.end) !== undefined).length
    const byChance = controls.length === 0 ? 1 : near / controls.length
    const confidence: Confidence = byChance <= MOST_BY_CHANCE ? 'likely' : 'possible'
    for (const failure of lost) {
      if (closings.has(failure)) continue
      // The app answered this one itself: whatever happened beside it did not lose it.
      if (hitsBy(joined, failure, 'app').some((hit) => hit.row.status !== undefined && hit.row.status < 500)) continue
      const end = joined.subjects.end[failure] as number
      const event = eventAt(events, rule, end, targetOf(joined.subjects, failure))
      if (event === undefined) continue
      closings.set(failure, {
        failure,
        cause: rule.cause,
        confidence,
        because: `within seconds of "${shorten(event)}"${event.who === '' ? '' : ` (${event.who})`}; of the healthy requests ${percent(byChance)} are that near to such an event`,
      })
    }
  }
  return [...closings.values()]
}

function eventAt(events: readonly LifeEvent[], rule: EventRule, end: number, target?: string): LifeEvent | undefined {
  return events.find((event) => {
    if (end < event.timeMs - rule.beforeMs || end > event.lastMs + rule.afterMs) return false
    // Repeated events have two times and nothing in between.
    if (event.count > 1 && end > event.timeMs + rule.afterMs && end < event.lastMs - rule.beforeMs) return false
    return target === undefined || mayBe(event, target)
  })
}

/** With ip targets the pod's address is the target's; behind a NodePort any pod may be meant. */
export function mayBe(event: LifeEvent, target: string): boolean {
  if (event.addresses.length === 0) return true
  const port = Number(target.slice(target.lastIndexOf(':') + 1))
  if (port >= 30_000 && port <= 32_767) return true
  return event.addresses.some((address) => target === address || target.startsWith(`${address}:`))
}

function shorten({ text }: LifeEvent): string {
  const plain = text
    .replace(/\(pid: ?\d+\)/, '')
    .replace(/\bpid:? ?\d+/, 'pid ...')
    .trim()
  return plain.length > 120 ? `${plain.slice(0, 117)}...` : plain
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`
}
