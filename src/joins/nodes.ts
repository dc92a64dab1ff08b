import type { Joined } from './joined.ts'
import { flowOf, groupKey, targetOf } from './subjects.ts'
import type { LifeEvent, NodeFact, PodFact } from './testimony.ts'
import { isNodePort, workloadOf } from './workloads.ts'

/** EC2's own host names: `ip-10-0-16-11.eu-central-1.compute.internal`. */
const EC2_NAME = /\bip-(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})\b/

const ADDRESS = /^\d{1,3}(?:\.\d{1,3}){3}$/

/** The addresses of a node: it is one, it is in the name, or the list of nodes or of the pods that run there has it. */
export function nodeAddresses(
  node: string,
  pods: readonly PodFact[],
  nodes: readonly NodeFact[] = [],
): readonly string[] {
  if (ADDRESS.test(node)) return [node]
  const ec2 = EC2_NAME.exec(node)
  if (ec2) return [ec2.slice(1).join('.')]
  const short = shortName(node)
  const listed = nodes.find(({ name }) => shortName(name) === short)
  if (listed !== undefined && listed.addresses.length > 0) return listed.addresses
  return [...new Set(pods.filter((pod) => shortName(pod.node) === short).flatMap((pod) => pod.hostAddresses))]
}

/** The node that a file's name names: `ip-10-0-16-11.dmesg.txt`, `node-1.kernel.log`. */
export function nodeOfFile(file: string): string {
  const name = file.slice(file.lastIndexOf('/') + 1)
  return EC2_NAME.exec(name)?.[0] ?? shortName(name)
}

function shortName(node: string): string {
  return node.split('.')[0] as string
}

/** Whether new connections of a failed request went through a node. `perhaps`: one of the pods behind the NodePort is there. */
export type OnTheWay = 'yes' | 'perhaps' | 'no' | 'unknown'

export function onTheWay(joined: Joined, { addresses }: LifeEvent, subject: number): OnTheWay {
  if (addresses.length === 0) return 'unknown'
  const target = targetOf(joined.subjects, subject)
  const host = target.slice(0, target.lastIndexOf(':'))
  if (addresses.includes(host)) return 'yes'
  const behind = isNodePort(target)
    ? podsBehind(joined, subject)
    : joined.pods.filter((pod) => pod.addresses.includes(host))
  if (behind.length === 0) return 'unknown'
  const there = behind.filter((pod) => pod.hostAddresses.some((address) => addresses.includes(address))).length
  if (there === 0) return 'no'
  return isNodePort(target) && there < behind.length ? 'perhaps' : 'yes'
}

/** The pods that a NodePort draws from, as far as the witnesses tell; all pods where they do not. */
function podsBehind({ pods, subjects, workloads }: Joined, subject: number): readonly PodFact[] {
  if (subject >= subjects.failures.length) return pods
  const known = workloads.get(groupKey(flowOf(subjects, subject)))
  return known === undefined || known.size === 0 ? pods : pods.filter((pod) => known.has(workloadOf(pod.name)))
}
