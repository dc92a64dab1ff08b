import type { CpuStat } from '../cluster/cpu-limit.ts'

export interface CpuStatRow extends CpuStat {
  readonly pod: string
  readonly container: string
}

const STEP_MS = 5_000
/** Prometheus looks back so far for a sample. */
const STALE_MS = 300_000

/** What cAdvisor makes of cpu.stat. */
const METRICS: Readonly<Record<string, (stat: CpuStat) => number>> = {
  container_cpu_cfs_periods_total: (stat) => stat.nr_periods,
  container_cpu_cfs_throttled_periods_total: (stat) => stat.nr_throttled,
  container_cpu_cfs_throttled_seconds_total: (stat) => stat.throttled_usec / 1e6,
  container_cpu_usage_seconds_total: (stat) => stat.usage_usec / 1e6,
}

/**
 * `GET /api/v1/query_range?query={__name__=~"container_cpu_.*",namespace="shop"}&step=5s` as Prometheus answers it.
 * https://prometheus.io/docs/prometheus/latest/querying/api/
 */
export function prometheusMatrix(rows: readonly CpuStatRow[]): unknown {
  const times = rows.map((row) => row.timeMs)
  const from = Math.ceil(Math.min(...times) / STEP_MS) * STEP_MS
  const to = Math.floor(Math.max(...times) / STEP_MS) * STEP_MS
  const keys = new Set(rows.map(({ pod, container }) => JSON.stringify({ pod, container })))
  const containers = [...keys].map((key) => JSON.parse(key) as Pick<CpuStatRow, 'pod' | 'container'>)
  const result = Object.entries(METRICS).flatMap(([name, read]) =>
    containers.map(({ pod, container }) => {
      const of = rows.filter((row) => row.pod === pod && row.container === container)
      const values: [number, string][] = []
      for (let at = from; at <= to; at += STEP_MS) {
        const last = of.findLast((row) => row.timeMs <= at && row.timeMs > at - STALE_MS)
        if (last !== undefined) values.push([at / 1000, String(read(last))])
      }
      return { metric: { __name__: name, container, job: 'kubelet', namespace: 'shop', pod }, values }
    }),
  )
  return { status: 'success', data: { resultType: 'matrix', result } }
}
