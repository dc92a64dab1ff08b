import { readKubernetesName, targetGroupName } from '../core/kubernetes-names.ts'
import type { Joined } from './joined.ts'
import { flowOf, groupKey, targetOf } from './subjects.ts'
import type { NodePortFact, PodFact } from './testimony.ts'
import { cut, hostOf, isNodePort, isOfNamespace, portOf, workloadOf } from './workloads.ts'

/** One pod of a Service, as far as the list of pods and the events tell. */
export interface PodLife {
  readonly name: string
  readonly node: string
  /** Ready at the latest from then on; undefined: not said. */
  readonly readyMs: number | undefined
  /** It did not exist before. */
  readonly bornMs: number
  /** When it was told to stop; Infinity: never. */
  readonly stoppedMs: number
  /** In the list of pods: what it says of it. */
  readonly fact: PodFact | undefined
}

/** The Service behind a NodePort target: a node port is one Service's, and the target group's name may not say another. */
export function serviceOf(joined: Joined, failure: number): NodePortFact | undefined {
  const target = targetOf(joined.subjects, failure)
  if (!isNodePort(target)) return undefined
  const port = portOf(target)
  const named = readKubernetesName(targetGroupName(flowOf(joined.subjects, failure).targetGroup))
  const [found, ...more] = joined.nodePorts.filter(
    ({ nodePorts, namespace, service }) =>
      nodePorts.includes(port) &&
      (named === null || (cut(namespace) === named.namespace && cut(service) === named.name)),
  )
  return more.length === 0 ? found : undefined
}

/** The name of the node with this address. */
export function nodeNameOf({ nodes, pods, events }: Joined, address: string): string | undefined {
  const listed = nodes.find((node) => node.addresses.includes(address))
  if (listed !== undefined) return listed.name
  const pod = pods.find(({ hostAddresses }) => hostAddresses.includes(address))
  if (pod !== undefined && pod.node !== '') return pod.node
  // EC2's own host names hold the address; for a node that is gone nothing else does.
  const dashed = `ip-${address.replaceAll('.', '-')}.`
  const isIt = (name: string | undefined): name is string => `${name}.`.startsWith(dashed)
  for (const { who, node } of events) {
    if (isIt(node)) return node
    if (isIt(who)) return who
  }
  return undefined
}

/** Many failures ask for the pods of one group. */
const known = new WeakMap<Joined, Map<string, readonly PodLife[]>>()

/** All pods of the workloads behind a failure's target group, those that are gone as well. */
export function podLives(joined: Joined, failure: number): readonly PodLife[] {
  const key = groupKey(flowOf(joined.subjects, failure))
  const groups = known.get(joined) ?? new Map<string, readonly PodLife[]>()
  known.set(joined, groups)
  const lives = groups.get(key) ?? podsBehind(joined, failure)
  groups.set(key, lives)
  return lives
}

function podsBehind(joined: Joined, failure: number): PodLife[] {
  const flow = flowOf(joined.subjects, failure)
  const workloads = joined.workloads.get(groupKey(flow))
  const service = serviceOf(joined, failure)
  const isTheirs = (namespace: string | undefined): boolean =>
    namespace === undefined ||
    namespace === '' ||
    (isOfNamespace(flow.targetGroup, namespace) && (service === undefined || service.namespace === namespace))
  if (workloads === undefined || workloads.size === 0) return []
  const lives = new Map<string, PodLife>()
  for (const fact of joined.pods) {
    if (!workloads.has(workloadOf(fact.name)) || !isTheirs(fact.namespace)) continue
    const { createdMs = Number.NaN, isReady, readySinceMs = Number.NaN } = fact
    lives.set(fact.name, {
      name: fact.name,
      node: fact.node,
      readyMs: isReady && !Number.isNaN(readySinceMs) ? readySinceMs : undefined,
      bornMs: Number.isNaN(createdMs) ? Number.NEGATIVE_INFINITY : createdMs,
      stoppedMs: Number.POSITIVE_INFINITY,
      fact,
    })
  }
  for (const event of joined.events) {
    if (event.node === undefined || !workloads.has(workloadOf(event.who)) || !isTheirs(event.namespace)) continue
    const listed = lives.get(event.who)
    // A StatefulSet gives the name of a pod to the next one.
    const life = listed !== undefined && event.timeMs < listed.bornMs ? `${event.who} before` : event.who
    const before = lives.get(life) ?? {
      name: event.who,
      node: event.node,
      readyMs: undefined,
      bornMs: Number.NEGATIVE_INFINITY,
      stoppedMs: Number.POSITIVE_INFINITY,
      fact: undefined,
    }
    const isStop = event.kind === 'killing'
    lives.set(life, { ...before, stoppedMs: isStop ? Math.min(before.stoppedMs, event.timeMs) : before.stoppedMs })
  }
  return [...lives.values()]
}

/** Whether a pod could take connections at that time. A Service sends nothing to one that was told to stop. */
export function wasReady({ readyMs, bornMs, stoppedMs, fact }: PodLife, timeMs: number): 'yes' | 'no' | 'unknown' {
  if (timeMs < bornMs || timeMs >= stoppedMs) return 'no'
  if (readyMs !== undefined) return timeMs >= readyMs ? 'yes' : 'unknown'
  if (fact?.isReady === false && timeMs >= (fact.readySinceMs ?? Number.NaN)) return 'no'
  // It was told to stop later, so it ran; nobody says that it was ready.
  return 'unknown'
}

/** Healthy requests to other targets of a failure's group, and to this one, that ended in a stretch of time. */
export function answeredBetween(
  { subjects }: Joined,
  failure: number,
  from: number,
  to: number,
): { readonly here: number; readonly elsewhere: number } {
  const key = groupKey(flowOf(subjects, failure))
  const host = hostOf(targetOf(subjects, failure))
  let [here, elsewhere] = [0, 0]
  for (const { target, start, end } of subjects.controls) {
    const began = Number.isNaN(start) ? end : start
    if (began < from || began > to || !subjects.groupsOfTarget.get(target)?.has(key)) continue
    if (hostOf(target) === host) here++
    else elsewhere++
  }
  return { here, elsewhere }
}
