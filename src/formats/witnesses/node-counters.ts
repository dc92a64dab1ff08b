import { type LogTime, parseLogTime } from './log-time.ts'
import type { PrometheusSeries } from './prometheus.ts'

/** Counters of a node that only grow, and two levels. */
export type NodeCounter =
  | 'insert_failed'
  | 'drop'
  | 'conntrack_allowance_exceeded'
  | 'pps_allowance_exceeded'
  | 'bw_in_allowance_exceeded'
  | 'bw_out_allowance_exceeded'
  | 'nf_conntrack_count'
  | 'nf_conntrack_max'

/** What was printed at one time. */
export interface NodeSnapshot {
  readonly time: LogTime | undefined
  readonly counters: ReadonlyMap<NodeCounter, number>
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-network-performance-ena.html */
const ETHTOOL = /^\s*((?:conntrack|pps|bw_in|bw_out)_allowance_exceeded): (\d+)\s*$/
/** conntrack(8), one line per processor. */
const CONNTRACK = /^cpu=(\d+)\s.*?\binsert_failed=(\d+) drop=(\d+)/
const SYSCTL = /^net\.netfilter\.(nf_conntrack_(?:count|max)) ?= ?(\d+)\s*$/

export function hasNodeCounters(text: string): boolean {
  return text.split('\n', 400).some((line) => ETHTOOL.test(line) || CONNTRACK.test(line) || SYSCTL.test(line))
}

/** What node_exporter calls them. https://github.com/prometheus/node_exporter */
const OF_EXPORTER: ReadonlyMap<string, NodeCounter> = new Map(
  Object.entries({
    node_nf_conntrack_stat_insert_failed: 'insert_failed',
    node_nf_conntrack_stat_drop: 'drop',
    node_nf_conntrack_entries: 'nf_conntrack_count',
    node_nf_conntrack_entries_limit: 'nf_conntrack_max',
    node_ethtool_conntrack_allowance_exceeded: 'conntrack_allowance_exceeded',
    node_ethtool_pps_allowance_exceeded: 'pps_allowance_exceeded',
    node_ethtool_bw_in_allowance_exceeded: 'bw_in_allowance_exceeded',
    node_ethtool_bw_out_allowance_exceeded: 'bw_out_allowance_exceeded',
  } satisfies Record<string, NodeCounter>),
)

/** Series of node_exporter as snapshots by node: its label `node`, or the host of `instance`. */
export function snapshotsByNode(series: readonly PrometheusSeries[]): ReadonlyMap<string, readonly NodeSnapshot[]> {
  const nodes = new Map<string, Map<number, Map<NodeCounter, number>>>()
  for (const { name, labels, points } of series) {
    const counter = OF_EXPORTER.get(name)
    if (counter === undefined) continue
    const node = labels.node ?? (labels.instance ?? '').replace(/:\d+$/, '')
    const times = nodes.get(node) ?? new Map<number, Map<NodeCounter, number>>()
    nodes.set(node, times)
    for (const [ms, value] of points) {
      const counters = times.get(ms) ?? new Map<NodeCounter, number>()
      times.set(ms, counters)
      // One series for each network interface.
      counters.set(counter, (counters.get(counter) ?? 0) + value)
    }
  }
  return new Map(
    [...nodes].map(([node, times]) => [
      node,
      [...times]
        .sort(([a], [b]) => a - b)
        .map(([ms, counters]) => ({ time: { ms, stepMs: 1000, hasZone: true }, counters })),
    ]),
  )
}

/** One a second for a day. */
const MOST_SNAPSHOTS = 100_000

/** Snapshots of `conntrack -S`, `ethtool -S` and `sysctl`, each with the time above it (`date`), line by line. */
export class NodeSnapshots {
  readonly snapshots: NodeSnapshot[] = []
  rows = 0
  unparsed = 0
  /** Snapshots that were too many to be kept. */
  dropped = 0
  #time: LogTime | undefined
  #counters = new Map<NodeCounter, number>()
  readonly #processors = new Set<string>()

  add(line: string): void {
    this.rows++
    const conntrack = CONNTRACK.exec(line)
    if (conntrack) {
      const [, processor = '', insertFailed, drop] = conntrack
      // The first processor again: the next snapshot, when nobody wrote the time.
      if (this.#processors.has(processor)) this.finish()
      this.#processors.add(processor)
      this.#count('insert_failed', (this.#counters.get('insert_failed') ?? 0) + Number(insertFailed))
      this.#count('drop', (this.#counters.get('drop') ?? 0) + Number(drop))
      return
    }
    const [, name, value] = ETHTOOL.exec(line) ?? SYSCTL.exec(line) ?? []
    if (name !== undefined) {
      if (this.#counters.has(name as NodeCounter)) this.finish()
      this.#count(name as NodeCounter, Number(value))
      return
    }
    const time = parseLogTime(line.trim())
    if (time === undefined) {
      // ethtool prints hundreds of others.
      if (!/^\s*[\w.[\]-]+ ?[:=]/.test(line) && line.trim() !== '') this.unparsed++
      return
    }
    this.finish()
    this.#time = time
  }

  /** Ends the snapshot that is being read. */
  finish(): void {
    if (this.#counters.size > 0) {
      if (this.snapshots.length < MOST_SNAPSHOTS) this.snapshots.push({ time: this.#time, counters: this.#counters })
      else this.dropped++
    }
    this.#counters = new Map()
    this.#processors.clear()
    this.#time = undefined
  }

  #count(name: NodeCounter, value: number): void {
    this.#counters.set(name, value)
  }
}
