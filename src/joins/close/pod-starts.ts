import { leastOf, mostOf } from '../../core/extremes.ts'
import { formatCount } from '../../core/format-count.ts'
import type { Closing } from '../closing.ts'
import { answeredBetween, type PodLife, podLives, wasReady } from '../cluster-view.ts'
import type { Joined } from '../joined.ts'
import { byTargetGroup, flowOf, groupKey, symptomOf, targetOf } from '../subjects.ts'
import { isNodePort } from '../workloads.ts'
import { atLeast } from './events.ts'

/** How long a process takes to listen is not known: the shortest of these that holds nearly all of the failures. */
const START_MS = [5_000, 10_000, 20_000, 40_000]
const NEARLY_ALL = 0.95
const LEAST = 3
const MOST_BY_CHANCE = { likely: 0.02, possible: 0.2 } as const

/** Refused behind a NodePort within seconds of the start of a pod that nothing probes: ready before it listens. */
export function closeByUnprobedStarts(joined: Joined, failures: readonly number[]): Closing[] {
  const { subjects } = joined
  const mine = failures.filter(
    (failure) => symptomOf(subjects, failure) === 'connect-refused' && isNodePort(targetOf(subjects, failure)),
  )
  return byTargetGroup(subjects, mine).flatMap((list) => closeGroup(joined, list))
}

function closeGroup(joined: Joined, all: readonly number[]): Closing[] {
  const { subjects } = joined
  const lives = podLives(joined, all[0] as number)
  const starts = lives.filter(({ fact, readyMs }) => fact?.isProbed === false && readyMs !== undefined)
  if (starts.length === 0) return []
  const startOf = (failure: number): number => subjects.start[failure] as number
  // Lists have whole seconds.
  const begun = (at: number, withinMs: number): PodLife | undefined =>
    starts.find(({ readyMs = Number.NaN }) => at >= readyMs - 1_000 && at < readyMs + withinMs)
  const within = START_MS.find(
    (ms) => all.filter((failure) => begun(startOf(failure), ms)).length >= all.length * NEARLY_ALL,
  )
  if (within === undefined) return []
  const near = all.filter((failure) => begun(startOf(failure), within) !== undefined)
  const isServed = near.every((failure) => {
    const starting = begun(startOf(failure), within)
    return lives.some((life) => life !== starting && wasReady(life, startOf(failure)) !== 'no')
  })
  if (near.length < LEAST || !isServed) return []
  const key = groupKey(flowOf(subjects, all[0] as number))
  const controls = subjects.controls.filter(({ target }) => subjects.groupsOfTarget.get(target)?.has(key))
  const healthyNear = controls.filter(({ start, end }) => begun(Number.isNaN(start) ? end : start, within)).length
  const byChance = (healthyNear + 1) / (controls.length + 2)
  const secondsOf = (list: readonly number[]): number =>
    new Set(list.map((each) => Math.floor(startOf(each) / 1000))).size
  // The stretch was chosen to fit.
  const chance = atLeast(secondsOf(near), secondsOf(all), byChance) * START_MS.length
  if (chance > MOST_BY_CHANCE.possible) return []
  const starting = near.map(startOf)
  const { here, elsewhere } = answeredBetween(joined, near[0] as number, leastOf(starting), mostOf(starting))
  return near.map((failure) => ({
    failure,
    cause: 'connection-refused',
    confidence: chance <= MOST_BY_CHANCE.likely && here + elsewhere >= LEAST ? 'likely' : 'possible',
    because: `a pod of the Service had become ready within ${within / 1000} s before, and has no readiness probe: it is sent connections before it listens; the older pods answered ${formatCount(here + elsewhere)} requests meanwhile`,
    refutes: ['service-without-endpoints'],
  }))
}
