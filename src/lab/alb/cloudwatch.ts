/** What one finished request means to CloudWatch. */
export interface CountedRequest {
  readonly timeMs: number
  readonly elbStatus: number
  readonly targetStatus: number | undefined
  readonly hasTarget: boolean
  readonly targetMs: number | undefined
  readonly isFixedResponse: boolean
  readonly isFailOpen: boolean
  readonly isNonCompliant: boolean
}

interface Minute {
  readonly counts: Map<string, number>
  /** Emptied when the next minute begins: what stays is {@link times}. */
  targetSeconds: number[]
  times: ResponseTimes | undefined
}

interface ResponseTimes {
  readonly Average: number
  readonly p99: number
  readonly Maximum: number
}

export interface MetricDataResult {
  readonly Id: string
  readonly Label: string
  readonly Timestamps: readonly string[]
  readonly Values: readonly number[]
  readonly StatusCode: 'Complete'
}

const MINUTE_MS = 60_000

/**
 * Counts per minute what the namespace AWS/ApplicationELB would hold for one load balancer with one target group.
 * Meanings: docs.aws.amazon.com, "CloudWatch metrics for your Application Load Balancer".
 */
export class CloudWatchCounts {
  readonly #minutes = new Map<number, Minute>()
  readonly #hosts = new Map<number, { healthy: number; unhealthy: number }>()

  countRequest(request: CountedRequest): void {
    const minute = this.#minuteOf(request.timeMs)
    const { elbStatus, targetStatus } = request
    // Only requests for which a target was chosen: 503 without a target and 400 are left out.
    if (request.hasTarget) add(minute, 'RequestCount')
    if (targetStatus !== undefined) {
      const century = Math.floor(targetStatus / 100)
      if (century >= 2 && century <= 5) add(minute, `HTTPCode_Target_${century}XX_Count`)
    } else if (elbStatus >= 500) {
      add(minute, 'HTTPCode_ELB_5XX_Count')
      if ([500, 502, 503, 504].includes(elbStatus)) add(minute, `HTTPCode_ELB_${elbStatus}_Count`)
    } else if (elbStatus >= 400) add(minute, 'HTTPCode_ELB_4XX_Count')
    if (request.isFixedResponse) add(minute, 'HTTP_Fixed_Response_Count')
    if (request.isFailOpen) add(minute, 'UnhealthyRoutingRequestCount')
    if (request.isNonCompliant) add(minute, 'DesyncMitigationMode_NonCompliant_Request_Count')
    if (request.targetMs !== undefined && targetStatus !== undefined)
      minute.targetSeconds.push(Math.floor(request.targetMs) / 1000)
  }

  countConnectionError(atMs: number): void {
    add(this.#minuteOf(atMs), 'TargetConnectionErrorCount')
  }

  countTlsError(atMs: number): void {
    add(this.#minuteOf(atMs), 'TargetTLSNegotiationErrorCount')
  }

  countRejectedConnection(atMs: number): void {
    add(this.#minuteOf(atMs), 'RejectedConnectionCount')
  }

  countAuth(atMs: number, outcome: 'success' | 'failure' | 'error'): void {
    const names = { success: 'ELBAuthSuccess', failure: 'ELBAuthFailure', error: 'ELBAuthError' } as const
    add(this.#minuteOf(atMs), names[outcome])
  }

  /** The highest of the minute. */
  observeConnections(atMs: number, connections: number): void {
    const { counts } = this.#minuteOf(atMs)
    counts.set('ActiveConnectionCount', Math.max(connections, counts.get('ActiveConnectionCount') ?? 0))
  }

  countNewConnection(atMs: number): void {
    add(this.#minuteOf(atMs), 'NewConnectionCount')
  }

  /** The lowest healthy and the highest unhealthy count of the minute stay: the statistics AWS advises. */
  observeHosts(atMs: number, healthy: number, unhealthy: number): void {
    const start = Math.floor(atMs / MINUTE_MS) * MINUTE_MS
    const seen = this.#hosts.get(start)
    this.#hosts.set(start, {
      healthy: Math.min(healthy, seen?.healthy ?? healthy),
      unhealthy: Math.max(unhealthy, seen?.unhealthy ?? unhealthy),
    })
  }

  results(): readonly MetricDataResult[] {
    const results: MetricDataResult[] = []
    for (const label of COUNTS) {
      const points = [...this.#minutes].map(([start, minute]) => [start, minute.counts.get(label) ?? 0] as const)
      results.push(
        result(
          label,
          label,
          points.filter(([, value]) => value > 0),
        ),
      )
    }
    const measured = [...this.#minutes].flatMap(([start, minute]) => {
      const times = minute.times ?? summarize(minute.targetSeconds)
      return times === undefined ? [] : [[start, times] as const]
    })
    for (const statistic of ['Average', 'p99', 'Maximum'] as const)
      results.push(
        result(
          `TargetResponseTime_${statistic}`,
          `TargetResponseTime ${statistic}`,
          measured.map(([start, times]) => [start, times[statistic]] as const),
        ),
      )
    const hosts = [...this.#hosts]
    results.push(
      result(
        'HealthyHostCount',
        'HealthyHostCount',
        hosts.map(([start, seen]) => [start, seen.healthy]),
      ),
    )
    results.push(
      result(
        'UnHealthyHostCount',
        'UnHealthyHostCount',
        hosts.map(([start, seen]) => [start, seen.unhealthy]),
      ),
    )
    return results
  }

  /** Time does not run backwards here, so a minute is over when a later one begins. */
  #closeMinutes(): void {
    for (const minute of this.#minutes.values()) {
      minute.times ??= summarize(minute.targetSeconds)
      minute.targetSeconds = []
    }
  }

  #minuteOf(atMs: number): Minute {
    const start = Math.floor(atMs / MINUTE_MS) * MINUTE_MS
    let minute = this.#minutes.get(start)
    if (minute === undefined) {
      this.#closeMinutes()
      minute = { counts: new Map(), targetSeconds: [], times: undefined }
      this.#minutes.set(start, minute)
    }
    return minute
  }
}

function add(minute: Minute, label: string): void {
  minute.counts.set(label, (minute.counts.get(label) ?? 0) + 1)
}

const COUNTS = [
  'RequestCount',
  'ActiveConnectionCount',
  'NewConnectionCount',
  'RejectedConnectionCount',
  'HTTPCode_ELB_4XX_Count',
  'HTTPCode_ELB_5XX_Count',
  'HTTPCode_ELB_500_Count',
  'HTTPCode_ELB_502_Count',
  'HTTPCode_ELB_503_Count',
  'HTTPCode_ELB_504_Count',
  'HTTPCode_Target_2XX_Count',
  'HTTPCode_Target_3XX_Count',
  'HTTPCode_Target_4XX_Count',
  'HTTPCode_Target_5XX_Count',
  'TargetConnectionErrorCount',
  'TargetTLSNegotiationErrorCount',
  'HTTP_Fixed_Response_Count',
  'ELBAuthSuccess',
  'ELBAuthFailure',
  'ELBAuthError',
  'UnhealthyRoutingRequestCount',
  'DesyncMitigationMode_NonCompliant_Request_Count',
] as const

function summarize(values: readonly number[]): ResponseTimes | undefined {
  if (values.length === 0) return undefined
  const sorted = Float64Array.from(values).sort()
  let sum = 0
  for (const value of sorted) sum += value
  return {
    Average: sum / sorted.length,
    p99: sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0,
    Maximum: sorted[sorted.length - 1] ?? 0,
  }
}

/** Newest first, as get-metric-data answers unless told otherwise (ScanBy TimestampDescending). */
function result(name: string, label: string, points: readonly (readonly [number, number])[]): MetricDataResult {
  const sorted = [...points].sort((a, b) => b[0] - a[0])
  return {
    Id: `m_${name.toLowerCase()}`,
    Label: label,
    Timestamps: sorted.map(([start]) => `${new Date(start).toISOString().slice(0, 19)}+00:00`),
    Values: sorted.map(([, value]) => value),
    StatusCode: 'Complete',
  }
}

/** Byte for byte what `aws cloudwatch get-metric-data` prints: four spaces, and every value with a decimal point. */
export function formatMetricData(results: readonly MetricDataResult[]): string {
  const text = JSON.stringify({ MetricDataResults: results, Messages: [] }, null, 4)
  return `${text.replace(/^( {16})(-?\d+)(,?)$/gm, '$1$2.0$3')}\n`
}
