import { firstFrom } from '../core/first-from.ts'
import type { Joined } from './joined.ts'
import type { EventKind, LifeEvent } from './testimony.ts'

/** Events by time, to be asked many times for those that touch a stretch of it: `from <= lastMs` and `timeMs <= to`. */
export type EventsWithin = (from: number, to: number) => LifeEvent[]

/** `events` by `timeMs`, as `Joined` has them; the answers are in the same order. */
export function eventsWithin(events: readonly LifeEvent[]): EventsWithin {
  // The latest end of an event and of all before it: where that is too early, it is for all of them.
  const ends = new Float64Array(events.length)
  let latest = Number.NEGATIVE_INFINITY
  for (const [n, { lastMs }] of events.entries()) {
    latest = Math.max(latest, lastMs)
    ends[n] = latest
  }
  return (from, to) => {
    const found: LifeEvent[] = []
    for (let n = firstFrom(events.length, (place) => ends[place] as number, from); n < events.length; n++) {
      const event = events[n] as LifeEvent
      if (event.timeMs > to) break
      if (event.lastMs >= from) found.push(event)
    }
    return found
  }
}

const known = new WeakMap<Joined, Map<ReadonlySet<EventKind>, EventsWithin>>()

/** The events of some kinds. The set itself is the key: a constant of the module that asks. */
export function eventsOf(joined: Joined, kinds: ReadonlySet<EventKind>): EventsWithin {
  const byKinds = known.get(joined) ?? new Map<ReadonlySet<EventKind>, EventsWithin>()
  known.set(joined, byKinds)
  const within = byKinds.get(kinds) ?? eventsWithin(joined.events.filter(({ kind }) => kinds.has(kind)))
  byKinds.set(kinds, within)
  return within
}
