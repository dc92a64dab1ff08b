import { asList, asObject, asText, asTime } from './json-document.ts'

/** One series of a range query. */
export interface PrometheusSeries {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** Epoch ms and value, ascending. */
  readonly points: readonly (readonly [number, number])[]
}

/**
 * Answers of `GET /api/v1/query_range` (a matrix), as curl keeps them; Grafana and Thanos answer the same.
 * https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries
 */
export function readPrometheus(values: readonly unknown[]): {
  readonly series: readonly PrometheusSeries[]
  /** Series that an expression left without a name: what they count is not known. */
  readonly nameless: number
} {
  const series: PrometheusSeries[] = []
  let nameless = 0
  for (const value of values) {
    const document = asObject(value)
    const data = asObject(document.data ?? document)
    for (const entry of asList(data.result)) {
      const { metric, values: pairs } = asObject(entry)
      const { __name__: name, ...rest } = asObject(metric)
      if (asText(name) === undefined) {
        nameless++
        continue
      }
      const labels: Record<string, string> = {}
      for (const [label, text] of Object.entries(rest)) if (typeof text === 'string') labels[label] = text
      const points = asList(pairs)
        .map((pair): [number, number] => [asTime(asList(pair)[0]), Number(asList(pair)[1])])
        .filter(([time, number]) => Number.isFinite(time) && Number.isFinite(number))
        .sort((a, b) => a[0] - b[0])
      series.push({ name: name as string, labels, points })
    }
  }
  return { series, nameless }
}
