import { formatCount } from '../../core/format-count.ts'
import type { Closing } from '../closing.ts'
import { answeredBetween, nodeNameOf } from '../cluster-view.ts'
import type { Joined } from '../joined.ts'
import { symptomOf, targetOf } from '../subjects.ts'
import type { LifeEvent } from '../testimony.ts'
import { hostOf, isNodePort } from '../workloads.ts'

const SILENCE = new Set(['connect-timeout', 'connect-failed', 'connect-failed-late', 'connect-refused'])
/** A drain may take minutes before the instance goes; the Node object goes about a minute after it. */
const BEFORE_MS = 600_000
const AFTER_MS = 180_000
const STILL_ALIVE_MS = 30_000
const LEAST_CONTROL = 3

/** A node that was taken away while the load balancer still sent to it. */
export function closeByRemovedNodes(joined: Joined, failures: readonly number[]): Closing[] {
  const { subjects } = joined
  const isTold = joined.events.some(({ kind }) => kind === 'node-gone' || kind === 'node-not-ready')
  if (!isTold && joined.nodes.length === 0) return []
  const byHost = new Map<string, number[]>()
  for (const failure of failures) {
    const target = targetOf(subjects, failure)
    const symptom = symptomOf(subjects, failure)
    if (!isNodePort(target) || !(SILENCE.has(symptom) || symptom === 'response-timeout')) continue
    const list = byHost.get(hostOf(target))
    if (list === undefined) byHost.set(hostOf(target), [failure])
    else list.push(failure)
  }
  return [...byHost].flatMap(([host, list]) => closeHost(joined, host, list))
}

function closeHost(joined: Joined, host: string, all: readonly number[]): Closing[] {
  const { subjects } = joined
  const lastAnswer = subjects.controls.reduce(
    (last, { target, end }) => (hostOf(target) === host ? Math.max(last, end) : last),
    Number.NEGATIVE_INFINITY,
  )
  // Only what came after its last answer: before, it was there.
  const gone = all.filter((failure) => (subjects.end[failure] as number) > lastAnswer)
  const [first] = gone
  const from = Math.min(
    ...gone
      .filter((failure) => symptomOf(subjects, failure) !== 'response-timeout')
      .map((failure) => subjects.start[failure] as number),
  )
  if (first === undefined || !Number.isFinite(from)) return []
  const name = nodeNameOf(joined, host)
  const said = removalOf(joined, host, name, from)
  if (said === undefined) return []
  // A kubelet that goes on reporting is no dead machine's: the load balancer alone cannot reach it.
  if (joined.events.some((event) => event.node === name && event.timeMs > from + STILL_ALIVE_MS)) return []
  const before = answeredBetween(joined, first, Number.NEGATIVE_INFINITY, from)
  const after = answeredBetween(joined, first, from, Number.POSITIVE_INFINITY)
  const isShown = before.here >= LEAST_CONTROL && after.elsewhere >= LEAST_CONTROL
  return gone.map((failure) => ({
    failure,
    cause: 'node-removed-before-deregistration',
    confidence: said.isSure && isShown ? 'likely' : 'possible',
    because: `${said.text}; ${host} had answered ${count(before.here)} requests before and none from then on, the other targets ${count(after.elsewhere)}`,
  }))
}

function removalOf(
  joined: Joined,
  host: string,
  name: string | undefined,
  from: number,
): { readonly text: string; readonly isSure: boolean } | undefined {
  const near = joined.events.filter(
    ({ who, timeMs }) => who === name && name !== undefined && timeMs > from - BEFORE_MS && timeMs < from + AFTER_MS,
  )
  const removed = near.find((event) => event.kind === 'node-gone')
  if (removed !== undefined) return { text: say(removed), isSure: true }
  // An autoscaling group also ends what the load balancer cannot reach, so a list without it proves less than its end at
  // that minute. One that holds none of the targets is another cluster's.
  const hosts = new Set(joined.subjects.flows.map(({ target }) => hostOf(target)))
  const isListed = ({ addresses }: { readonly addresses: readonly string[] }): boolean =>
    addresses.some((address) => address !== host && hosts.has(address))
  const isMissing = joined.nodes.some(isListed) && !joined.nodes.some(({ addresses }) => addresses.includes(host))
  if (isMissing)
    return {
      text: `no node of the cluster has the address ${host} any more; those of other targets are there`,
      isSure: false,
    }
  const silent = near.find((event) => event.kind === 'node-not-ready')
  return silent && { text: say(silent), isSure: false }
}

function say({ who, text, timeMs }: LifeEvent): string {
  return `Kubernetes says of ${who} at ${new Date(timeMs).toISOString().slice(11, 19)}: "${text.slice(0, 100)}"`
}

function count(value: number): string {
  return formatCount(value)
}
