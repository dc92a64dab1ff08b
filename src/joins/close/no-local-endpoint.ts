import { leastOf, mostOf } from '../../core/extremes.ts'
import { formatCount } from '../../core/format-count.ts'
import type { Closing } from '../closing.ts'
import { answeredBetween, nodeNameOf, type PodLife, podLives, serviceOf, wasReady } from '../cluster-view.ts'
import type { Joined } from '../joined.ts'
import { symptomOf, targetOf } from '../subjects.ts'
import { hostOf } from '../workloads.ts'

const SILENCE = new Set(['connect-timeout', 'connect-failed'])
const LEAST_ELSEWHERE = 3
const MOST_ELSEWHERE = 0.1

interface Lacking {
  readonly failure: number
  readonly lives: readonly PodLife[]
  readonly node: string
}

/** A node without a ready pod of a Service with externalTrafficPolicy Local, while other nodes had one. */
export function closeByLocalPolicy(joined: Joined, failures: readonly number[]): Closing[] {
  const { subjects } = joined
  const silent = failures.filter((failure) => SILENCE.has(symptomOf(subjects, failure)))
  const lacking = new Map<string, Lacking[]>()
  const others: number[] = []
  const names = new Map<string, string | undefined>()
  for (const failure of silent) {
    const service = serviceOf(joined, failure)
    if (service?.policy !== 'Local') continue
    const target = targetOf(subjects, failure)
    if (!names.has(target)) names.set(target, nodeNameOf(joined, hostOf(target)))
    const node = names.get(target)
    // Of a node that no witness knows nobody can say that it had no pod.
    if (node === undefined) {
      others.push(failure)
      continue
    }
    const lives = podLives(joined, failure)
    const at = subjects.start[failure] as number
    const here = lives.filter((life) => isOn(life, node, hostOf(target)))
    const elsewhere = lives.filter((life) => !here.includes(life))
    if (here.every((life) => wasReady(life, at) === 'no') && elsewhere.some((life) => wasReady(life, at) === 'yes')) {
      const list = lacking.get(target) ?? []
      list.push({ failure, lives, node })
      lacking.set(target, list)
    } else others.push(failure)
  }
  const claimed = [...lacking.values()].reduce((sum, list) => sum + list.length, 0)
  // What is silent on nodes with a pod as well has another reason.
  if (others.length > claimed * MOST_ELSEWHERE) return []
  return [...lacking.values()].flatMap((list) => closeTarget(joined, list))
}

function isOn({ node, fact }: PodLife, name: string, address: string): boolean {
  return node === name || (fact?.hostAddresses.includes(address) ?? false)
}

/** A dead node has no pod, either. */
function isAlive({ nodes, events }: Joined, node: string, from: number): boolean {
  return (
    nodes.some(({ name, isReady }) => name === node && isReady) ||
    events.some((event) => event.node === node && event.timeMs > from)
  )
}

function closeTarget(joined: Joined, list: readonly Lacking[]): Closing[] {
  const { start, controlEvery } = joined.subjects
  const [first] = list
  if (first === undefined) return []
  const starts = list.map(({ failure }) => start[failure] as number)
  const [from, to] = [leastOf(starts), mostOf(starts)]
  const { here, elsewhere } = answeredBetween(joined, first.failure, from, to)
  // Open connections are served on past the rule; new ones would not be.
  if (here * controlEvery > list.length) return []
  const left = first.lives
    .filter((life) => life.node === first.node && life.stoppedMs <= from)
    .sort((a, b) => b.stoppedMs - a.stoppedMs)[0]
  const until = left === undefined ? '' : ` (its pod ${left.name} had been told to stop)`
  const isSure = elsewhere >= LEAST_ELSEWHERE && isAlive(joined, first.node, from)
  return list.map(({ failure, node, lives }) => ({
    failure,
    cause: 'no-local-endpoint',
    confidence: isSure ? 'likely' : 'possible',
    candidates: ['host-unreachable', 'node-removed-before-deregistration'],
    because: `the Service has externalTrafficPolicy Local, and of its pods none was ready on ${node}${until}, while ${othersReady(lives, node, from)} had one and answered ${formatCount(elsewhere)} requests meanwhile`,
  }))
}

function othersReady(lives: readonly PodLife[], node: string, at: number): string {
  const ready = lives.filter((life) => life.node !== node && wasReady(life, at) === 'yes')
  return [...new Set(ready.map((life) => life.node))].sort().join(', ')
}
