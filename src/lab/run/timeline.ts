/** What the lab did and what happened to its parts: the truth's other half, beside the sockets. */
export interface TimelineEvent {
  readonly timeMs: number
  readonly event: string
  readonly subject?: string
  readonly detail?: Readonly<Record<string, string | number | boolean>>
}

export class Timeline {
  readonly events: TimelineEvent[] = []
  readonly #onEvent: (event: TimelineEvent) => void

  constructor(onEvent: (event: TimelineEvent) => void = () => {}) {
    this.#onEvent = onEvent
  }

  add(event: string, subject?: string, detail?: TimelineEvent['detail']): void {
    const entry: TimelineEvent = {
      timeMs: Date.now(),
      event,
      ...(subject === undefined ? {} : { subject }),
      ...(detail === undefined ? {} : { detail }),
    }
    this.events.push(entry)
    this.#onEvent(entry)
  }
}
