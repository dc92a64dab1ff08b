import { type NodeCounter, type NodeSnapshot, NodeSnapshots } from '../formats/witnesses/node-counters.ts'
import { nodeOfFile } from './nodes.ts'
import { type EventKind, emptyTestimony, type LifeEvent, type Testimony } from './testimony.ts'

const decoder = new TextDecoder('utf-8')
const KIND_OF: Partial<Record<NodeCounter, EventKind>> = {
  insert_failed: 'insert-failed',
  conntrack_allowance_exceeded: 'allowance-exceeded',
  pps_allowance_exceeded: 'allowance-exceeded',
  bw_in_allowance_exceeded: 'allowance-exceeded',
  bw_out_allowance_exceeded: 'allowance-exceeded',
}
/** A table this full has no room for a burst. */
const FULL = 0.99

/** Counters of one node, printed again and again: what grew between two times becomes an event of that time. */
export class NodeCounters {
  readonly #name: string
  readonly #snapshots = new NodeSnapshots()

  constructor(name: string) {
    this.#name = name
  }

  add(block: Uint8Array): void {
    for (const line of decoder.decode(block).split('\n')) if (line !== '') this.#snapshots.add(line)
  }

  finish(): Testimony {
    this.#snapshots.finish()
    const { snapshots, rows, unparsed, dropped } = this.#snapshots
    const timed = snapshots.filter(({ time }) => time !== undefined)
    const notes: string[] = []
    if (timed.length < snapshots.length)
      notes.push(
        `${snapshots.length - timed.length} of ${snapshots.length} snapshots have no time: write \`date\` before each`,
      )
    if (timed.length === 1) notes.push('one snapshot: what its counters grew by is unknown, take another')
    return {
      ...emptyTestimony(this.#name, 'node-counters', 0),
      formats: new Map([['node-counters', rows]]),
      rows,
      unparsed,
      dropped,
      firstMs: timed[0]?.time?.ms ?? Number.NaN,
      lastMs: timed.at(-1)?.time?.ms ?? Number.NaN,
      hasZone: timed.every(({ time }) => time?.hasZone),
      events: nodeEvents(timed, nodeOfFile(this.#name), this.#name),
      notes,
    }
  }
}

/** What grew from one snapshot to the next, and a table that was full at one. */
export function nodeEvents(snapshots: readonly NodeSnapshot[], node: string, file: string): LifeEvent[] {
  const events: LifeEvent[] = []
  const add = (kind: EventKind, timeMs: number, lastMs: number, count: number, text: string): void => {
    const nobody = { addresses: [], workload: '', isKin: false }
    events.push({ kind, timeMs, lastMs, count, who: node, isOfNode: true, text, file, ...nobody })
  }
  for (const [n, { time, counters }] of snapshots.entries()) {
    const nowMs = time?.ms as number
    const [entries = 0, most] = [counters.get('nf_conntrack_count'), counters.get('nf_conntrack_max')]
    if (most !== undefined && entries >= most * FULL)
      add('conntrack-full', nowMs, nowMs, 1, `nf_conntrack_count ${entries} of nf_conntrack_max ${most}`)
    const before = snapshots[n - 1]
    if (before === undefined) continue
    for (const [name, value] of counters) {
      const kind = KIND_OF[name]
      // Below what it was: the node was started anew.
      const grown = value - (before.counters.get(name) ?? value)
      if (kind !== undefined && grown > 0) add(kind, before.time?.ms as number, nowMs, grown, `${name} grew`)
    }
  }
  return events
}
