import type { Subjects } from './subjects.ts'
import type { Hit, LifeEvent, MetricSeries, Testimony } from './testimony.ts'

/** Everything all witnesses say, by failure. */
export interface Joined {
  readonly subjects: Subjects
  readonly testimonies: readonly Testimony[]
  readonly hitsOf: ReadonlyMap<number, readonly Hit[]>
  /** By time, on the load balancer's clock. */
  readonly events: readonly LifeEvent[]
  readonly metrics: readonly MetricSeries[]
  /** Targets to the pods that answered for them, over all files. */
  readonly podsOfTarget: ReadonlyMap<string, ReadonlySet<string>>
  /** Control to who saw it, over all files: 1 = app, 2 = proxy. */
  readonly controlsSeen: Uint8Array
}

export function joinTestimonies(subjects: Subjects, testimonies: readonly Testimony[]): Joined {
  const hitsOf = new Map<number, Hit[]>()
  const podsOfTarget = new Map<string, Set<string>>()
  const controlsSeen = new Uint8Array(subjects.controls.length)
  for (const testimony of testimonies) {
    for (const hit of testimony.hits) {
      const known = hitsOf.get(hit.failure)
      if (known === undefined) hitsOf.set(hit.failure, [hit])
      else known.push(hit)
    }
    for (const [target, pods] of testimony.podsOfTarget) {
      const known = podsOfTarget.get(target) ?? new Set<string>()
      for (const pod of pods) known.add(pod)
      podsOfTarget.set(target, known)
    }
    for (const [control, seen] of testimony.controlsSeen.entries())
      if (seen !== 0) controlsSeen[control] = (controlsSeen[control] as number) | seen
  }
  for (const hits of hitsOf.values()) hits.sort((a, b) => a.timeMs - b.timeMs)
  return {
    subjects,
    testimonies,
    hitsOf,
    podsOfTarget,
    controlsSeen,
    events: withAddresses(testimonies).sort((a, b) => a.timeMs - b.timeMs),
    metrics: testimonies.flatMap((each) => each.metrics),
  }
}

/** Events name pods, and only the list of pods, often another file, has their addresses. */
function withAddresses(testimonies: readonly Testimony[]): LifeEvent[] {
  const addressesOf = new Map(testimonies.flatMap((each) => each.pods.map((pod) => [pod.name, pod.addresses] as const)))
  return testimonies
    .flatMap((each) => each.events)
    .map((event) => (event.addresses.length > 0 ? event : { ...event, addresses: addressesOf.get(event.who) ?? [] }))
}

export function hitsBy(joined: Joined, failure: number, role: 'app' | 'proxy'): readonly Hit[] {
  return (joined.hitsOf.get(failure) ?? []).filter((hit) => hit.role === role)
}
