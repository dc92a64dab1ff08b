import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eventsWithin } from './events-within.ts'
import type { LifeEvent } from './testimony.ts'

function event(timeMs: number, lastMs: number): LifeEvent {
  const nobody = { who: '', addresses: [], workload: '', isKin: false, text: '', file: '' }
  return { kind: 'killing', timeMs, lastMs, count: 1, ...nobody }
}

describe('events within a stretch of time', () => {
  it('are those that touch it, in order', () => {
    const spans = fc.array(fc.tuple(fc.nat(100), fc.nat(40)))
    fc.assert(
      fc.property(spans, fc.nat(100), fc.nat(30), (some, from, length) => {
        const events = some.map(([at, lasts]) => event(at, at + lasts)).sort((a, b) => a.timeMs - b.timeMs)
        const wanted = events.filter(({ timeMs, lastMs }) => timeMs <= from + length && lastMs >= from)
        expect(eventsWithin(events)(from, from + length)).toEqual(wanted)
      }),
    )
  })
})
