import { isoMicroseconds } from './clock.ts'
import type { HealthCheckResult } from './health-checker.ts'

export interface HealthCheckRow extends HealthCheckResult {
  readonly target: string
  /** The group's name, not its ARN. */
  readonly targetGroup: string
  readonly loadBalancer: string
  readonly nodeAddress: string
}

/** The ten fields of the health check log (docs.aws.amazon.com, "Health check log entries"; off by default there too). */
export function formatHealthCheckRow(row: HealthCheckRow): string {
  return [
    'http',
    isoMicroseconds(row.timeMs),
    (row.latencyMs / 1000).toFixed(9),
    row.target,
    row.targetGroup,
    row.isPass ? 'PASS' : 'FAIL',
    row.targetStatus ?? '-',
    row.reason ?? '-',
    row.loadBalancer,
    row.nodeAddress,
  ].join(' ')
}
