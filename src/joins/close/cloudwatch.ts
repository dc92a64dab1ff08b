import type { Closing } from '../closing.ts'
import { areHandshakes } from '../connect-counts.ts'
import type { Joined } from '../joined.ts'
import { symptomOf, targetOf } from '../subjects.ts'

/** A refused connection and a failed handshake are one row, and two metrics. */
export function closeByCloudWatch(joined: Joined, failures: readonly number[]): Closing[] {
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
