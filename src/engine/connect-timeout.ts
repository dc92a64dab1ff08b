import type { SettingValue } from '../core/diagnosis.ts'
import { formatCount } from '../core/format-count.ts'
import { symptoms } from '../core/vocabulary.ts'
import { findSpikes } from '../evidence/spikes.ts'
import { flowOf, type Incident } from './incident.ts'

const AWS_SECONDS = 10
const LEAST = 3
const CONNECT_TIMEOUT = symptoms.indexOf('connect-timeout')

/** Connect timeout of one load balancer: where its unanswered connections ended, or the 10 s that AWS documents. */
export function inferConnectTimeout(incident: Incident, loadBalancer: string): SettingValue {
  const waits: number[] = []
  for (let i = 0; i < incident.failures.length; i++)
    if (incident.failures.symptom[i] === CONNECT_TIMEOUT && flowOf(incident, i).loadBalancer === loadBalancer) {
      const elapsed = incident.failures.elapsedMs[i] as number
      if (!Number.isNaN(elapsed)) waits.push(elapsed)
    }
  const [spike] = findSpikes(waits, { widthMs: 250, leastCount: LEAST, leastShare: 0.5 })
  if (spike === undefined)
    return {
      value: AWS_SECONDS,
      source: 'default',
      because: `the load balancer's own, fixed: it gives up on a connection after ${AWS_SECONDS} s`,
    }
  return {
    value: Math.round(spike.seconds * 10) / 10,
    source: 'inferred',
    because: `${formatCount(spike.count)} of ${formatCount(waits.length)} connections that were never answered ended after ${(spike.fromMs / 1000).toFixed(2)} to ${(spike.toMs / 1000).toFixed(2)} s`,
  }
}
