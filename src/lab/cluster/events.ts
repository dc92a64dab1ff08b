/** An event of the cluster, before it is written as `kubectl get events -o json` prints it. */
export interface ClusterEvent {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
  readonly kind: 'Pod' | 'Deployment' | 'ReplicaSet' | 'Node'
  readonly name: string
  readonly component: string
  readonly host?: string
  readonly firstMs: number
  lastMs: number
  count: number
}

export class EventRecorder {
  readonly events: ClusterEvent[] = []

  /** The same event of the same object counts up, as the API server's aggregation does. */
  record(event: Omit<ClusterEvent, 'firstMs' | 'lastMs' | 'count'>): void {
    const now = Date.now()
    const same = this.events.find(
      (other) => other.name === event.name && other.reason === event.reason && other.message === event.message,
    )
    if (same) {
      same.lastMs = now
      same.count += 1
      return
    }
    this.events.push({ ...event, firstMs: now, lastMs: now, count: 1 })
  }
}
