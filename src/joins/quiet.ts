import { coverageOf } from './coverage.ts'
import { eventsOf } from './events-within.ts'
import { concerns, type Joined } from './joined.ts'
import type { EventKind } from './testimony.ts'

const LIVES: ReadonlySet<EventKind> = new Set([
  'started',
  'stopping',
  'worker-timeout',
  'worker-killed',
  'worker-recycled',
  'out-of-memory',
  'crashed',
  'grace-exceeded',
  'liveness-kill',
  'back-off',
  'killing',
  'scaled',
  'evicted',
  'node-gone',
  'node-not-ready',
  'reload',
  'no-connections',
])
const AROUND_MS = 10_000

/** Causes that begin with a process, a pod or a proxy that starts, stops or reloads. */
export const LIFE_CAUSES: readonly string[] = [
  'deregistration-race',
  'shutdown-drops-in-flight',
  'worker-recycling',
  'worker-killed-mid-request',
  'worker-timeout',
  'liveness-probe-kills-busy-pod',
  'proxy-reload-closes-connections',
  'proxy-sheds-idle-connections',
]

/** Nothing started, stopped or reloaded near any of these failures, and the witnesses would show it. */
export function isQuiet(joined: Joined, failures: readonly number[]): boolean {
  return quietOnes(joined, failures).length === failures.length
}

/**
 * The failures near which nothing started, stopped or reloaded. The witnesses would show it: they hold such events at
 * other times, and the app's log covers the window.
 */
export function quietOnes(joined: Joined, failures: readonly number[]): number[] {
  if (!joined.events.some(({ kind }) => LIVES.has(kind))) return []
  const within = eventsOf(joined, LIVES)
  const { isCovering, gaps } = coverageOf(joined, 'app', failures)
  if (!isCovering) return []
  return failures.filter((failure) => {
    if (gaps.has(failure)) return false
    const end = joined.subjects.end[failure] as number
    return !within(end - AROUND_MS, end + AROUND_MS).some((event) => concerns(joined, event, failure) !== 'no')
  })
}
