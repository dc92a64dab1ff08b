import type { Diagnosis } from '../core/diagnosis.ts'
import type { KnownLoad } from './cost.ts'
import type { Values } from './read/workload.ts'

/** What a diagnosis knows about settings that no file says. */
export function measuredValues(diagnosis: Diagnosis): Values {
  const values: Values = {}
  const [balancer] = diagnosis.settings.byLoadBalancer
  if (balancer && balancer.idleTimeoutSeconds.source !== 'default')
    values['alb.idleTimeoutSeconds'] = {
      value: balancer.idleTimeoutSeconds.value,
      source: 'measured',
      at: null,
      because: balancer.idleTimeoutSeconds.because,
    }
  const keepAlive = diagnosis.settings.byTargetGroup.find((group) => group.keepAliveSeconds !== null)?.keepAliveSeconds
  if (keepAlive)
    values['app.keepAliveSeconds'] = {
      value: keepAlive.value,
      source: 'measured',
      at: null,
      because: `measured: ${keepAlive.because}`,
    }
  const slowest = Math.max(0, ...diagnosis.load.map((row) => row.serviceSeconds?.p99 ?? 0))
  if (slowest > 0)
    values['app.slowestRequestSeconds'] = {
      value: Math.ceil(slowest * 100) / 100,
      source: 'measured',
      at: null,
      because: 'p99 of the log',
    }
  return values
}

export function loadOf(diagnosis: Diagnosis): KnownLoad | undefined {
  if (diagnosis.load.length === 0) return undefined
  let requestsPerSecond = 0
  for (const row of diagnosis.load) requestsPerSecond += row.requestsPerSecond.mean
  return { requestsPerSecond, targets: diagnosis.load.length }
}
