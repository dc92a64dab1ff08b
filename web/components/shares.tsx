import { computed } from '@preact/signals'
import type { TopRow } from '../../src/core/diagnosis.ts'
import { Histogram } from '../charts/histogram.tsx'
import { elapsedHistogram } from '../model/elapsed.ts'
import { percent } from '../model/format.ts'
import { head, isFiltered, lastSelection, store } from '../model/state.ts'
import { type Cell, DataTable } from './data-table.tsx'
import { Section } from './section.tsx'

/** Who carries the failures, and what the targets carry. Follows the filter. */
export function Shares() {
  const diagnosis = head.value
  if (!diagnosis || diagnosis.books.failures === 0) return null
  const { top, load } = diagnosis
  return (
    <Section
      id="shares"
      title="Where the failures lie"
      note={
        isFiltered.value
          ? 'Failures in the filter. How many healthy requests there were is only known without it.'
          : undefined
      }
    >
      <div class="columns">
        <Elapsed />
        <Share
          title="By target"
          name="target"
          rows={top.targets}
          names={store.value?.names.targets}
          counts={lastSelection.value?.byTarget}
        />
        <Share
          title="By route"
          name="route"
          rows={top.routes.filter((row) => row.failures > 0)}
          names={store.value?.names.routes}
          counts={lastSelection.value?.byRoute}
        />
        <Share
          title="By target group"
          name="target group"
          rows={top.targetGroups}
          names={undefined}
          counts={undefined}
        />
        {load.length > 0 && (
          <div class="wide">
            <h3>Load per target</h3>
            <DataTable
              caption="Load per target"
              columns={[
                'target',
                'requests per s, mean',
                'requests per s, peak',
                'service time p50',
                'service time p99',
                'open requests p99',
                'open requests max',
              ]}
              rows={load.map((row): Cell[] => [
                row.target,
                Number(row.requestsPerSecond.mean.toPrecision(3)),
                Number(row.requestsPerSecond.peak.toPrecision(3)),
                row.serviceSeconds ? `${row.serviceSeconds.p50.toFixed(3)}\u00A0s` : null,
                row.serviceSeconds ? `${row.serviceSeconds.p99.toFixed(3)}\u00A0s` : null,
                row.openRequests?.p99 ?? null,
                row.openRequests?.max ?? null,
              ])}
              limit={10}
            />
          </div>
        )}
      </div>
    </Section>
  )
}

interface ShareProps {
  readonly title: string
  readonly name: string
  readonly rows: readonly TopRow[]
  /** For the filtered view: names and counts of the rows that pass. */
  readonly names: readonly string[] | undefined
  readonly counts: Uint32Array | undefined
}

function Share({ title, name, rows, names, counts }: ShareProps) {
  if (isFiltered.value) {
    if (!names || !counts) return null
    let all = 0
    for (const value of counts) all += value
    const ranked = [...counts.keys()]
      .filter((index) => (counts[index] ?? 0) > 0)
      .sort((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0))
      .slice(0, 40)
    return (
      <div>
        <h3>{title}</h3>
        <DataTable
          caption={title}
          columns={[name, 'failures', 'share of the filter']}
          rows={ranked.map((index): Cell[] => [
            names[index] ?? '–',
            counts[index] ?? 0,
            percent(counts[index] ?? 0, all),
          ])}
          limit={10}
        />
      </div>
    )
  }
  if (rows.length === 0) return null
  return (
    <div>
      <h3>{title}</h3>
      <DataTable
        caption={title}
        columns={[name, 'requests', 'failures', 'failed', 'ELB 5XX', 'target 5XX']}
        rows={rows.map((row): Cell[] => [
          row.key.replace(/^.*:targetgroup\//, ''),
          row.requests,
          row.failures,
          percent(row.failures, row.requests),
          row.elb5xx,
          row.target5xx,
        ])}
        limit={10}
      />
    </div>
  )
}

/** The timers in force, one by one: a pile of failures that lies at one of them was made by it. */
const timers = computed(() => {
  const byLabel = new Map<string, number>()
  for (const each of head.value?.settings.byLoadBalancer ?? []) {
    const { connectTimeoutSeconds: connect, idleTimeoutSeconds: idle, clientTimeoutsSeconds: clients } = each
    byLabel.set(`connect timeout ${connect.value} s`, connect.value)
    byLabel.set(`idle timeout ${idle.value} s`, idle.value)
    for (const client of clients) byLabel.set(`client’s timeout ${client.value} s`, client.value)
  }
  return [...byLabel].map(([label, at]) => ({ at, label }))
})

function Elapsed() {
  const rows = store.value
  const chosen = lastSelection.value
  if (!rows || !chosen || chosen.count === 0) return null
  return <Histogram evidence={elapsedHistogram(rows, chosen.mask, timers.value)} />
}
