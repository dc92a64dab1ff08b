import { binomialSurprise } from '../../core/binomial-surprise.ts'
import { leastOf, mostOf } from '../../core/extremes.ts'
import type { Claim } from '../claim.ts'
import { isOnLadder } from './connect.ts'
import { type FailureGroup, groupByTarget, symptomAt, withSymptom } from './failure-group.ts'
import type { Measures } from './measures.ts'
import { clock, count, plural, seconds } from './words.ts'

const LEAST = 6
const LEAST_ANSWERS = 6
const LEAST_LATE = 3
const NEIGHBOUR_MS = 3_600
const MOST_ELSEWHERE = 0.1
/** By chance less than once in 10^2. */
const LEAST_SURPRISE = 2

/**
 * Cause 15: through one node some connections are refused or find no host, while it passes others on and the other nodes
 * pass all on. What is behind them is the same pods, so the nodes' rules differ.
 */
export function detectStaleRules(group: FailureGroup, measures: Measures): Claim[] {
  if (!group.isNodePort || measures.targets.size < 2) return []
  const all = withSymptom(group, 'connect-refused', 'connect-failed-late', 'connect-timeout')
  const [worst] = [...groupByTarget(group, all)].sort((a, b) => b[1].length - a[1].length)
  if (worst === undefined || worst[1].length < LEAST) return []
  const [target, own] = worst
  const waits = own
    .filter((i) => symptomAt(group, i) === 'connect-failed-late')
    .map((i) => group.failures.elapsedMs[i] as number)
  // A neighbour that is gone is given up 3 s after the first packet to it, whoever sent that; a SYN that is refused late
  // has been repeated, at whole seconds.
  const late = waits.length
  const isGone = waits.every((ms) => ms < NEIGHBOUR_MS) && waits.filter((ms) => !isOnLadder(ms)).length >= 2
  if (late < LEAST_LATE || !isGone || all.length - own.length > own.length * MOST_ELSEWHERE) return []
  const starts = own.map((i) => group.failures.start[i] as number)
  const [from, to] = [leastOf(starts), mostOf(starts)]
  if (Number.isNaN(from)) return []
  const here = answersBetween(measures, [target], from, to)
  const elsewhere = answersBetween(
    measures,
    [...measures.targets.keys()].filter((other) => other !== target),
    from,
    to,
  )
  if (here < LEAST_ANSWERS || elsewhere < LEAST_ANSWERS) return []
  const usual = (here + own.length) / (here + own.length + elsewhere)
  const surprise = binomialSurprise(own.length, all.length, usual)
  if (surprise < LEAST_SURPRISE) return []
  const refused = own.filter((i) => symptomAt(group, i) === 'connect-refused').length
  return [
    {
      cause: 'stale-endpoint-routing',
      confidence: 'possible',
      title: 'One node sent some connections to a pod that was not there; the other nodes did not',
      failures: own,
      because: [
        `of ${plural(own.length, 'connection')} through ${target} that failed from ${clock(from)} to ${clock(to)}, ${count(refused)} were refused at once, ${count(late)} found no host within ${seconds(mostOf(waits))} (a neighbour that does not answer is given up after 3), ${count(own.length - refused - late)} were not answered within 10 s; it passed ${count(here)} others on meanwhile`,
        `the other nodes passed ${count(elsewhere)} on and failed ${count(all.length - own.length)} (by chance less than once in 10^${Math.floor(surprise)}): they send to the same pods, so it is the rules of this node`,
      ],
      evidence: [],
      ruledOut: [
        {
          cause: 'service-without-endpoints',
          why: `without any endpoint the other nodes would refuse as well; they answered ${plural(elsewhere, 'request')}`,
        },
      ],
      // With externalTrafficPolicy Local a node has pods of its own.
      candidates: ['connection-refused', 'listen-backlog-overflow'],
      decidedBy: ['target:port', 'request_processing_time', 'request_creation_time', 'time'],
      numbers: {},
    },
  ]
}

function answersBetween(measures: Measures, targets: readonly string[], from: number, to: number): number {
  let answered = 0
  for (const target of targets) {
    const rows = measures.rowsOf(target)
    if (rows === undefined) continue
    for (let i = 0; i < rows.length; i++) {
      const start = rows.start[i] as number
      if (start >= from && start <= to && rows.targetStatus[i] !== 0) answered++
    }
  }
  return answered
}
