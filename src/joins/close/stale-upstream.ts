import { firstFrom } from '../../core/first-from.ts'
import { type NginxSentence, nginxSentenceOf } from '../../formats/witnesses/nginx-error.ts'
import type { Closing } from '../closing.ts'
import { hitsBy, type Joined } from '../joined.ts'
import { symptomOf, targetOf } from '../subjects.ts'
import type { Hit } from '../testimony.ts'
import { hostOf, workloadOf } from '../workloads.ts'

const NOT_CONNECTED: ReadonlySet<NginxSentence> = new Set([
  'refused',
  'no-route',
  'connect-failed',
  'connect-timed-out',
  'timed-out-connecting',
])

/** The address of an error line, when no pod has it and other pods could have been asked. */
export function staleAddress(joined: Joined, failure: number, error: Hit): string | undefined {
  const sentence = error.row.message === undefined ? undefined : nginxSentenceOf(error.row.message)
  if (sentence === undefined || !NOT_CONNECTED.has(sentence.id)) return undefined
  const host = /^(?:\w+:\/\/)?((?:\d+\.){3}\d+):/.exec(error.row.upstreamAddress?.at(-1) ?? '')?.[1]
  if (host === undefined) return undefined
  const { pods, nodes, services } = joined
  const isKnown =
    pods.some(({ addresses, hostAddresses }) => addresses.includes(host) || hostAddresses.includes(host)) ||
    nodes.some(({ addresses }) => addresses.includes(host)) ||
    services.some(({ addresses }) => addresses.includes(host))
  // What is not of the pods' network is no pod's address, and never was; where nodes share it, so may anybody.
  const network = host.slice(0, host.lastIndexOf('.') + 1)
  const isNear = (address: string): boolean => address.startsWith(network)
  const ofPods = pods.filter(({ addresses }) => addresses.some(isNear))
  const isShared = [...pods.map((pod) => pod.hostAddresses), ...nodes.map((node) => node.addresses)].flat().some(isNear)
  const at = joined.subjects.end[failure] as number
  // Whose successor is in the list may have been alive then.
  const isReplaced = ofPods.some(({ createdMs = Number.NaN }) => createdMs > at)
  const proxy = hostOf(targetOf(joined.subjects, failure))
  const proxies = new Set([
    workloadOf(error.row.source),
    ...pods.flatMap(({ name, addresses }) => (addresses.includes(proxy) ? [workloadOf(name)] : [])),
  ])
  const couldBeAsked = ofPods.some(
    ({ name, isReady, readySinceMs = Number.NaN }) => isReady && readySinceMs <= at && !proxies.has(workloadOf(name)),
  )
  return isKnown || isShared || isReplaced || !couldBeAsked ? undefined : host
}

export function closedByStaleAddress(failure: number, host: string, message: string): Closing {
  return {
    failure,
    cause: 'upstream-dns-stale-or-failed',
    confidence: 'likely',
    because: `nginx tried ${host}, which no pod has (any more), while other pods were ready: "${message}"`,
  }
}

/**
 * What the same proxy answered around such tries, as long as nothing was answered well in between: the servers that it
 * has are those addresses. After one error nginx bans a server for ten seconds, and says only that none is left.
 */
export function closeAround(joined: Joined, failures: readonly number[], closings: readonly Closing[]): Closing[] {
  const { end } = joined.subjects
  const closed = new Map(closings.map((closing) => [closing.failure, closing]))
  const stale = new Map<string, number[]>()
  for (const { failure, cause } of closings) {
    if (cause !== 'upstream-dns-stale-or-failed') continue
    const target = targetOf(joined.subjects, failure)
    const known = stale.get(target)
    if (known === undefined) stale.set(target, [end[failure] as number])
    else known.push(end[failure] as number)
  }
  if (stale.size === 0) return []
  for (const times of stale.values()) times.sort((a, b) => a - b)
  return failures.flatMap((failure): Closing[] => {
    const known = closed.get(failure)
    if (known !== undefined && known.cause !== 'nginx-no-live-upstreams') return []
    if (symptomOf(joined.subjects, failure) !== 'target-answered') return []
    const status = joined.subjects.failures.targetStatus[failure]
    if ((status !== 502 && status !== 504) || hitsBy(joined, failure, 'app').length > 0) return []
    const target = targetOf(joined.subjects, failure)
    const at = end[failure] as number
    const times = stale.get(target) ?? []
    // Whatever was answered since the nearest such try was answered since the others as well.
    const next = firstFrom(times.length, (n) => times[n] as number, at)
    const isOne = [times[next - 1], times[next]].some(
      (time) => time !== undefined && !wasAnswered(joined, target, time, at),
    )
    if (!isOne) return []
    return [
      {
        failure,
        cause: 'upstream-dns-stale-or-failed',
        confidence: 'likely',
        because: `the same nginx tried addresses that no pod has, and answered nothing well in between${known === undefined ? '' : ' ("no live upstreams": those are all that it has)'}`,
        refutes: ['nginx-no-live-upstreams'],
      },
    ]
  })
}

function wasAnswered(joined: Joined, target: string, one: number, other: number): boolean {
  const [from, to] = [Math.min(one, other), Math.max(one, other)]
  const own = joined.controlsByTarget.get(target) ?? []
  const endOf = (n: number): number => joined.subjects.controls[own[n] as number]?.end ?? Number.NaN
  let next = firstFrom(own.length, endOf, from)
  while (next < own.length && endOf(next) <= from) next++
  return next < own.length && endOf(next) < to
}
