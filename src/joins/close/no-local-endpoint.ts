import { leastOf, mostOf } from '../../core/extremes.ts'
import type { Closing } from '../closing.ts'
import { answeredBetween, nodeNameOf, type PodLife, podLives, serviceOf, wasReady } from '../cluster-view.ts'
import type { Joined } from '../joined.ts'
import { symptomOf, targetOf } from '../subjects.ts'
import { hostOf } from '../workloads.ts'

const SILENCE = new Set(['connect-timeout', 'connect-failed'])
const LEAST_ELSEWHERE = 3
const MOST_ELSEWHERE = 0.1

/** A node without a ready pod of a Service with externalTrafficPolicy Local, while other nodes had one. */
export function closeByLocalPolicy(joined: Joined, failures: readonly number[]): Closing[] {
  const { subjects } = joined
  const silent = failures.filter((failure) => SILENCE.has(symptomOf(subjects, failure)))
  const lacking = new Map<string, { failure: number; lives: readonly PodLife[]; node: string | undefined }[]>()
  const others: number[] = []
  const names = new Map<string, string | undefined>()
  for (const failure of silent) {
    const service = serviceOf(joined, failure)
    if (service?.policy !== 'Local') continue
    const target = targetOf(subjects, failure)
    if (!names.has(target)) names.set(target, nodeNameOf(joined, hostOf(target)))
    const node = names.get(target)
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

function isOn({ node, fact }: PodLife, name: string | undefined, address: string): boolean {
  return (name !== undefined && node === name) || (fact?.hostAddresses.includes(address) ?? false)
}

function closeTarget(
  joined: Joined,
  list: readonly { failure: number; lives: readonly PodLife[]; node: string | undefined }[],
): Closing[] {
  const { start } = joined.subjects
  const [first] = list
  if (first === undefined) return []
  const starts = list.map(({ failure }) => start[failure] as number)
  const [from, to] = [leastOf(starts), mostOf(starts)]
  const { here, elsewhere } = answeredBetween(joined, first.failure, from, to)
  // Open connections are served on past the rule; new ones would not be.
  if (here > list.length) return []
  const left = first.lives
    .filter((life) => life.node === first.node && life.stoppedMs <= from)
    .sort((a, b) => b.stoppedMs - a.stoppedMs)[0]
  const until = left === undefined ? '' : ` (its pod ${left.name} had been told to stop)`
  return list.map(({ failure, node, lives }) => ({
    failure,
    cause: 'no-local-endpoint',
    confidence: elsewhere >= LEAST_ELSEWHERE ? 'likely' : 'possible',
    because: `the Service has externalTrafficPolicy Local, and of its pods none was ready on ${node ?? 'this node'}${until}, while ${othersReady(lives, node, from)} had one and answered ${elsewhere.toLocaleString('en-US')} requests meanwhile`,
  }))
}

function othersReady(lives: readonly PodLife[], node: string | undefined, at: number): string {
  const ready = lives.filter((life) => life.node !== node && wasReady(life, at) === 'yes')
  return [...new Set(ready.map((life) => life.node))].sort().join(', ')
}
