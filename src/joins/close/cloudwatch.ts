import type { Closing } from '../closing.ts'
import { areHandshakes } from '../connect-counts.ts'
import type { Joined } from '../joined.ts'
import { symptomOf, targetOf } from '../subjects.ts'

export function closeByCloudWatch(joined: Joined, failures: readonly number[]): Closing[] {
  return [...handshakes(joined, failures), ...atTheLimit(joined, failures)]
}

/** A load balancer at its maximum refuses connections, which leave no row; some 503 of the same minutes do. */
function atTheLimit(joined: Joined, failures: readonly number[]): Closing[] {
  return failures.flatMap((failure): Closing[] => {
    const counted = joined.metrics.capacity.get(failure)
    if (counted === undefined || counted.rejected === 0 || counted.healthyTargets === 0) return []
    return [
      {
        failure,
        cause: 'load-balancer-capacity',
        confidence: 'likely',
        because: `no rule was looked at, and CloudWatch counts RejectedConnectionCount in these minutes: the load balancer was at its maximum of connections${counted.healthyTargets === undefined ? '' : ', with healthy targets'}`,
      },
    ]
  })
}

/** A refused connection and a failed handshake are one row, and two metrics. */
function handshakes(joined: Joined, failures: readonly number[]): Closing[] {
  return failures.flatMap((failure): Closing[] => {
    const counted = joined.metrics.connects.get(failure)
    // A handshake that fails after seconds is not seen in any log yet: a repeated SYN is.
    if (counted === undefined || symptomOf(joined.subjects, failure) === 'connect-failed-late') return []
    if (!areHandshakes(counted, targetOf(joined.subjects, failure))) return []
    return [
      {
        failure,
        cause: 'target-tls-handshake-failure',
        confidence: 'likely',
        because:
          'CloudWatch counts these in TargetTLSNegotiationErrorCount, not in TargetConnectionErrorCount: the connection was made, the TLS handshake failed',
        refutes: REFUTED,
      },
    ]
  })
}

/** Causes that keep a connection from being made. */
const REFUTED = [
  'connection-refused',
  'deregistration-race',
  'service-without-endpoints',
  'host-unreachable',
  'listen-backlog-overflow',
]
