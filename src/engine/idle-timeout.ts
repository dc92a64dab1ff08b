import type { SettingValue } from '../core/diagnosis.ts'
import { formatCount } from '../core/format-count.ts'
import { FLAG_CLASSIC, FLAG_WEBSOCKET } from '../core/request-batch.ts'
import { symptoms } from '../core/vocabulary.ts'
import { F_SERVED, flowFigure, slowestServedMs } from '../evidence/traffic-tally.ts'
import type { Incident } from './incident.ts'

const RESPONSE_TIMEOUT = symptoms.indexOf('response-timeout')

/**
 * Idle timeout of one load balancer: given, or the elapsed time at which its 504s after hand-over pile up, or 60 s, the
 * documented default. Slow answers below 500 are the control: none may be later than it by more than the upload took.
 */
export function inferIdleTimeout(incident: Incident, loadBalancer: string, given: number | undefined): SettingValue {
  const { failures, tally, registry } = incident
  let slowestMs = 0
  let served = 0
  for (const [id, flow] of registry.flows.entries()) {
    if (flow.loadBalancer !== loadBalancer) continue
    slowestMs = Math.max(slowestMs, slowestServedMs(tally, id))
    served += flowFigure(tally, id, F_SERVED)
  }
  const slowest =
    served === 0
      ? 'no answer among the rows'
      : `slowest of ${formatCount(served)} answers: ${slowestMs < 1_000 ? `${slowestMs} ms` : `${(slowestMs / 1000).toFixed(1)} s`}`
  if (given !== undefined) return { value: given, source: 'given', because: `--idle-timeout; ${slowest}` }

  const waits: number[] = []
  for (let i = 0; i < failures.length; i++) {
    if (failures.symptom[i] !== RESPONSE_TIMEOUT || (failures.flags[i] as number) & (FLAG_WEBSOCKET | FLAG_CLASSIC))
      continue
    if (registry.flows[failures.flow[i] as number]?.loadBalancer !== loadBalancer) continue
    const elapsed = failures.elapsedMs[i] as number
    if (!Number.isNaN(elapsed)) waits.push(elapsed - Math.max(0, failures.requestMs[i] as number))
  }
  const spike = tallest(waits)
  if (spike && spike.count >= 3 && spike.count * 2 >= waits.length && spike.seconds * 1000 >= slowestMs - 1_500)
    return {
      value: spike.seconds,
      source: 'inferred',
      because: `${formatCount(spike.count)} of ${formatCount(waits.length)} 504s after hand-over came ${spike.from.toFixed(2)} to ${spike.to.toFixed(2)} s after the request was sent; ${slowest}`,
    }
  if (slowestMs > 61_500)
    return {
      value: Math.ceil(slowestMs / 1000),
      source: 'inferred',
      because: `at least this: an answer came after ${(slowestMs / 1000).toFixed(1)} s, so it is not the default of 60 s`,
    }
  return { value: 60, source: 'default', because: `documented default; nothing in the log contradicts it (${slowest})` }
}

/** The whole second with the most waits in [s - 0.05, s + 1.05) s. */
function tallest(waitsMs: readonly number[]): { seconds: number; count: number; from: number; to: number } | undefined {
  const counts = new Map<number, number[]>()
  for (const ms of waitsMs) {
    const second = Math.floor((ms + 50) / 1000)
    if (second < 1) continue
    const list = counts.get(second)
    if (list) list.push(ms)
    else counts.set(second, [ms])
  }
  let best: { seconds: number; count: number; from: number; to: number } | undefined
  for (const [seconds, list] of counts)
    if (best === undefined || list.length > best.count || (list.length === best.count && seconds < best.seconds))
      best = {
        seconds,
        count: list.length,
        from: list.reduce((a, b) => Math.min(a, b)) / 1000,
        to: list.reduce((a, b) => Math.max(a, b)) / 1000,
      }
  return best
}
