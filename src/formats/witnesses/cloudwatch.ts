import { asList, asObject, asText, asTime } from './json-document.ts'

export interface CloudWatchMetric {
  /** `HTTPCode_ELB_5XX_Count`. */
  readonly name: string
  readonly label: string
  readonly periodMs: number
  /** Start of a period and its value, ascending. */
  readonly points: readonly (readonly [number, number])[]
}

/**
 * `aws cloudwatch get-metric-data` (MetricDataResults) and `get-metric-statistics` (Label, Datapoints).
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
 */
export function readCloudWatch(values: readonly unknown[]): CloudWatchMetric[] {
  const metrics: CloudWatchMetric[] = []
  for (const value of values) {
    const document = asObject(value)
    for (const entry of asList(document.MetricDataResults)) {
      const { Id, Label, Timestamps, Values } = asObject(entry)
      const label = asText(Label) ?? asText(Id) ?? ''
      const times = asList(Timestamps)
      metrics.push(
        metric(
          nameOf(label, asText(Id)),
          label,
          asList(Values).map((number, index) => [asTime(times[index]), Number(number)]),
        ),
      )
    }
    if ('Datapoints' in document) {
      const label = asText(document.Label) ?? ''
      const points = asList(document.Datapoints).map((point): [number, number] => {
        const { Timestamp, Sum, Maximum, Average, Minimum, SampleCount } = asObject(point)
        return [asTime(Timestamp), Number(Sum ?? Maximum ?? Average ?? Minimum ?? SampleCount)]
      })
      metrics.push(metric(nameOf(label, undefined), label, points))
    }
  }
  return metrics
}

function metric(name: string, label: string, points: readonly (readonly [number, number])[]): CloudWatchMetric {
  const sorted = points
    .filter(([time, number]) => Number.isFinite(time) && Number.isFinite(number))
    .sort((a, b) => a[0] - b[0])
  let periodMs = 60_000
  for (let i = 1; i < sorted.length; i++) {
    const step = (sorted[i] as readonly [number, number])[0] - (sorted[i - 1] as readonly [number, number])[0]
    if (step > 0 && (i === 1 || step < periodMs)) periodMs = step
  }
  // AWS's periods are 60 s or a multiple; with one or two points a gap must not be taken for one.
  if (sorted.length < 4) periodMs = 60_000
  return { name, label, periodMs, points: sorted }
}

const NAMES = [
  'HTTPCode_ELB_5XX_Count',
  'HTTPCode_ELB_500_Count',
  'HTTPCode_ELB_502_Count',
  'HTTPCode_ELB_503_Count',
  'HTTPCode_ELB_504_Count',
  'HTTPCode_ELB_4XX_Count',
  'HTTPCode_Target_5XX_Count',
  'HTTPCode_Target_4XX_Count',
  'HTTPCode_Target_3XX_Count',
  'HTTPCode_Target_2XX_Count',
  'TargetConnectionErrorCount',
  'TargetTLSNegotiationErrorCount',
  'UnhealthyRoutingRequestCount',
  'UnHealthyHostCount',
  'HealthyHostCount',
  'RejectedConnectionCount',
  'RequestCount',
  'pod_cpu_utilization_over_pod_limit',
  // Of the CloudWatch agent, for one instance.
  'ethtool_conntrack_allowance_exceeded',
  'ethtool_pps_allowance_exceeded',
  'ethtool_bw_in_allowance_exceeded',
  'ethtool_bw_out_allowance_exceeded',
] as const

/** Labels are free text, and ids too; the metric's own name is in one of them by default. */
function nameOf(label: string, id: string | undefined): string {
  const text = `${label} ${id ?? ''}`.toLowerCase()
  return NAMES.find((name) => text.includes(name.toLowerCase())) ?? label
}
