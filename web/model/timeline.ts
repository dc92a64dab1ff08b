import type { RowStore } from '../data/row-store.ts'

/** One stretch of a request's way. Milliseconds from the client's first byte. */
export interface Stretch {
  readonly name: string
  readonly kind: 'request' | 'target' | 'response' | 'gap' | 'unknown'
  readonly startMs: number
  readonly lengthMs: number
  readonly says: string
}

export interface Timeline {
  readonly stretches: readonly Stretch[]
  readonly totalMs: number
  /** What the three times do not say, in a sentence; null when they say all. */
  readonly note: string | null
}

/** How the time of one failed request was spent, from its three times and its elapsed time. */
export function timeline(store: RowStore, row: number): Timeline | null {
  const { columns } = store
  const request = toMs(columns.requestSeconds[row])
  const target = toMs(columns.targetSeconds[row])
  const response = toMs(columns.responseSeconds[row])
  const elapsed = columns.elapsedMs[row] ?? null
  const known = (request ?? 0) + (target ?? 0) + (response ?? 0)
  const totalMs = Math.max(elapsed ?? known, known)
  if (elapsed === null && request === null && target === null && response === null) return null
  const stretches: Stretch[] = []
  let at = 0
  const add = (name: string, kind: Stretch['kind'], lengthMs: number, says: string): void => {
    stretches.push({ name, kind, startMs: at, lengthMs, says })
    at += lengthMs
  }
  if (request !== null)
    add(
      'request',
      'request',
      request,
      'From the client’s first byte until the load balancer had a connection and sent it on.',
    )
  if (target !== null)
    add('target', 'target', target, 'From handing the request over until the target began its answer, or closed.')
  const gap = elapsed === null ? 0 : elapsed - known
  const hasGap = gap > 5 || (gap > 0 && known === 0)
  const hasTarget = (columns.target[row] ?? -1) >= 0
  if (hasGap) {
    if (request === null)
      add(
        hasTarget ? 'trying to connect' : 'before a target was chosen',
        'unknown',
        gap,
        hasTarget
          ? 'The load balancer logged -1: it had no connection to the target in this time. Only elapsed shows it.'
          : 'The load balancer logged -1: no target was chosen. Only elapsed shows the time.',
      )
    else if (target === null)
      add(
        'waiting for the target',
        'unknown',
        gap,
        'The request was handed over and nothing came back: the target time is -1.',
      )
    else
      add(
        'not in the three times',
        'gap',
        gap,
        'Elapsed is longer than the three times together: sending the answer, or a slow client.',
      )
  }
  if (response !== null)
    add(
      'response',
      'response',
      response,
      'From the target’s answer until the load balancer began to send it to the client.',
    )
  const note =
    elapsed === null
      ? 'The row has no creation time, so elapsed is unknown.'
      : known - elapsed > 5
        ? 'The three times add up to more than elapsed: this row contradicts itself.'
        : null
  return { stretches, totalMs, note }
}

function toMs(seconds: number | null | undefined): number | null {
  return seconds === null || seconds === undefined || seconds < 0 ? null : seconds * 1000
}
