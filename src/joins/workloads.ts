import { readKubernetesName, targetGroupName } from '../core/kubernetes-names.ts'
import { flowOf, groupKey, type Subjects, targetOf } from './subjects.ts'
import type { LifeEvent, NodePortFact, PodFact, ServiceFact } from './testimony.ts'

/** Letters and digits of the suffixes that Kubernetes makes up: k8s.io/apimachinery/pkg/util/rand. */
const SAFE = '[bcdfghjklmnpqrstvwxz2456789]'
const SUFFIX = new RegExp(`-${SAFE}{6,10}-${SAFE}{5}$|-${SAFE}{5}$|-${SAFE}{6,10}$`)

/** `reports-6d5c9f7b8-x2x9p` and `reports-1` to `reports`; a collector's `store-1-app` to `store-app`. */
export function workloadOf(podOrSource: string): string {
  const pod = podOrSource.split('/')[0] as string
  return pod.replace(SUFFIX, '').replace(/-\d+(?=-|$)/g, '')
}

/** Which workloads stand behind each target group, as far as the witnesses show. */
export type WorkloadsByGroup = ReadonlyMap<string, ReadonlySet<string>>

export interface ClusterFacts {
  readonly pods: readonly PodFact[]
  readonly services: readonly ServiceFact[]
  readonly nodePorts?: readonly NodePortFact[]
  /** Targets to the pods that answered for them, by a proxy's or the app's log. */
  readonly podsOfTarget: ReadonlyMap<string, ReadonlySet<string>>
}

export function workloadsByGroup({ flows }: Subjects, facts: ClusterFacts): WorkloadsByGroup {
  const out = new Map<string, Set<string>>()
  const targets = new Map<string, Set<string>>()
  const keyOfTarget = new Map<string, string>()
  for (const flow of flows) {
    const key = groupKey(flow)
    const known = targets.get(key) ?? new Set<string>()
    targets.set(key, known)
    if (flow.target === '') continue
    known.add(flow.target)
    keyOfTarget.set(flow.target, key)
  }
  for (const flow of flows) {
    const key = groupKey(flow)
    if (out.has(key)) continue
    out.set(key, workloadsOf(flow.targetGroup, targets.get(key) ?? new Set(), facts))
  }
  for (const [target, sources] of facts.podsOfTarget) {
    const known = out.get(keyOfTarget.get(target) ?? '')
    if (known !== undefined) for (const source of sources) known.add(workloadOf(source))
  }
  return out
}

function workloadsOf(
  targetGroup: string,
  targets: ReadonlySet<string>,
  { pods, services, nodePorts = [] }: ClusterFacts,
): Set<string> {
  const hosts = new Set([...targets].map(hostOf))
  const ports = new Set([...targets].filter(isNodePort).map(portOf))
  const named = readKubernetesName(targetGroupName(targetGroup))
  const isNamed = (namespace: string, name: string): boolean =>
    named !== null && cut(namespace) === named.namespace && cut(name) === named.name
  // A node port is one Service's. Where the target group's name says which, that goes before.
  const byPort = named === null ? nodePorts.filter((each) => each.nodePorts.some((port) => ports.has(port))) : []
  const isOfPort = (namespace: string, name: string): boolean =>
    byPort.length === 1 && byPort[0]?.namespace === namespace && byPort[0].service === name
  const found = new Set<string>()
  for (const service of services)
    if (
      isNamed(service.namespace, service.service) ||
      isOfPort(service.namespace, service.service) ||
      service.addresses.some((address) => hosts.has(address))
    )
      for (const pod of service.pods) found.add(workloadOf(pod))
  for (const pod of pods) {
    const workload = workloadOf(pod.name)
    if (pod.addresses.some((address) => hosts.has(address)) || (found.size === 0 && isNamed(pod.namespace, workload)))
      found.add(workload)
  }
  return found
}

/** What the controller makes of a name: letters and digits only, eight of them. */
export function cut(name: string): string {
  return name.replace(/[^a-z0-9]/gi, '').slice(0, 8)
}

export function hostOf(target: string): string {
  return target.slice(0, target.lastIndexOf(':'))
}

export function portOf(target: string): number {
  return Number(target.slice(target.lastIndexOf(':') + 1))
}

export type Concern = 'yes' | 'no' | 'unknown'

/** Whether an event is about what stands behind a failure's target group. */
export function concernOf(event: LifeEvent, failure: number, subjects: Subjects, groups: WorkloadsByGroup): Concern {
  const target = targetOf(subjects, failure)
  if (event.addresses.length > 0 && !isNodePort(target))
    return event.addresses.some((address) => target === address || hostOf(target) === address) ? 'yes' : 'no'
  const flow = flowOf(subjects, failure)
  if (event.namespace !== undefined && !isOfNamespace(flow.targetGroup, event.namespace)) return 'no'
  const known = groups.get(groupKey(flow))
  if (event.workload === '' || known === undefined || known.size === 0) return event.isKin ? 'yes' : 'unknown'
  return [...known].some((workload) => isSameWorkload(workload, event.workload)) ? 'yes' : 'no'
}

/** As far as the target group's name says whose it is: two namespaces may have a Deployment of one name. */
export function isOfNamespace(targetGroup: string, namespace: string): boolean {
  const named = readKubernetesName(targetGroupName(targetGroup))
  return named === null || cut(namespace) === named.namespace
}

/** A collector's name has the container behind it: `store-app` is of `store`. */
function isSameWorkload(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}-`) || b.startsWith(`${a}-`)
}

export function isNodePort(target: string): boolean {
  const port = portOf(target)
  return port >= 30_000 && port <= 32_767
}
