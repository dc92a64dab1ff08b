import { binomialSurprise } from '../../core/binomial-surprise.ts'
import { leastOf, mostOf } from '../../core/extremes.ts'
import type { Claim } from '../claim.ts'
import { type FailureGroup, groupBy, nodeAt, targetAt, withSymptom } from './failure-group.ts'
import type { Measures, TargetTraffic } from './measures.ts'
import { clock, count, plural, seconds, share } from './words.ts'

const LEAST_OF_NODE = 6
/** Requests of the other nodes in the same seconds: without them there is no control. */
const LEAST_CONTROL = 24
const LEAST_SURPRISE = 6
const LEAST_CONNECT_MS = 9_500
const MOST_ELSEWHERE = 0.05
/** Nodes hear of a change within seconds of each other: only what lasts is one node's own. */
const LEAST_SPAN_MS = 30_000

interface NodeRate {
  readonly node: string
  readonly failed: number
  /** Requests of the node that began in the same stretch and went to a target. */
  readonly requests: number
}

/** Cause 58 and its kin: one node of the load balancer fails, the others serve the same group in the same seconds. */
export function detectOneNode(group: FailureGroup, measures: Measures): Claim[] {
  if (measures.nodes.size < 2) return []
  return [...judgeConnections(group, measures), ...judgeNoTarget(group, measures)]
}

/** Connections of one node are not answered, whichever target they are for. */
function judgeConnections(group: FailureGroup, measures: Measures): Claim[] {
  const timedOut = withSymptom(group, 'connect-timeout')
  if (timedOut.length < LEAST_OF_NODE || measures.targets.size < 2) return []
  const [node, mine] = worstNode(group, timedOut)
  const targets = new Set(mine.map((i) => targetAt(group, i)))
  const sentTo = measures.nodes.get(node)?.targets.size ?? 0
  if (node === '' || targets.size < 2 || targets.size < sentTo * 0.6) return []
  const starts = mine.map((i) => startOf(group, i))
  const [from, to] = [leastOf(starts), mostOf(starts)]
  const rates = ratesIn(group, measures, from, to)
  const own = rates.find((rate) => rate.node === node)
  const others = sum(rates.filter((rate) => rate.node !== node))
  if (own === undefined || mine.length < LEAST_OF_NODE || others.requests < LEAST_CONTROL) return []
  // A control is a sample too, and never taken as exactly none.
  const usual = (others.failed + 1) / (others.requests + 2)
  if (others.failed > mine.length * MOST_ELSEWHERE || own.failed < usual * own.requests * 10) return []
  const surprise = binomialSurprise(own.failed, own.requests, usual)
  if (surprise < LEAST_SURPRISE) return []
  const isShared = [...measures.nodes].some(
    ([each, { targets: theirs }]) => each !== node && [...theirs].some((target) => targets.has(target)),
  )
  // Targets of its own may be slow to accept, and let some through: then they are judged one by one.
  if (!isShared && own.failed < own.requests * 0.9) return []
  const waiting = withSymptom(group, 'response-timeout').filter((i) => {
    const start = startOf(group, i)
    return start >= from - 5_000 && start <= to + 5_000
  })
  const ofNode = waiting.filter((i) => nodeAt(group, i) === node)
  // On connections that were open before, requests go into the same silence; slow answers would meet all nodes.
  const stuck = ofNode.length >= waiting.length * 0.9 ? ofNode : []
  return [
    {
      // Where the others reach the very same targets, no target is to blame and borrowing other targets would not help.
      cause: isShared ? 'security-group-or-nacl-block' : 'zonal-imbalance',
      confidence: 'likely',
      title: isShared
        ? 'The way from one node of the load balancer to all targets was filtered'
        : 'One node of the load balancer reached none of its own targets; the other nodes reached theirs',
      hop: 'network',
      failures: [...mine, ...stuck],
      because: [
        `${plural(mine.length, 'connection')} of node ${node} were not answered within 10 s, to ${count(targets.size)} of ${plural(measures.targets.size, 'target')}, from ${clock(from)} to ${clock(to)}: ${share(own.failed, own.requests)} of its ${plural(own.requests, 'request')} then; of ${plural(others.requests, 'request')} of the other nodes ${count(others.failed)} (by chance less than once in 10^${Math.floor(surprise)})`,
        isShared
          ? "the other nodes reach the same targets meanwhile, so the targets are alive: what is lost is lost on the way from or to that node, as by its subnet's network ACL or route"
          : 'each node has targets of its own (cross-zone load balancing is off), so it is that zone: its targets or its subnet',
        ...(stuck.length > 0
          ? [
              `${plural(stuck.length, 'request')} of that node on connections that were open before got no answer either, until the idle timeout`,
            ]
          : []),
      ],
      evidence: [byNode('Connections that timed out, by node of the load balancer', 'timed out', rates)],
      ruledOut: [
        ...(isShared
          ? [{ cause: 'listen-backlog-overflow', why: 'a full accept queue does not know which node is asking' }]
          : []),
        { cause: 'target-idle-timeout', why: '10.00 s is the connect timeout; the request was never handed over' },
      ],
      candidates: isShared
        ? ['zonal-imbalance', 'stale-endpoint-routing', 'conntrack-table-full']
        : ['security-group-or-nacl-block', 'node-removed-before-deregistration', 'listen-backlog-overflow'],
      decidedBy: ['request_processing_time', 'elb_status_code', 'target:port', 'time'],
      numbers: isShared ? { isOneNode: true } : {},
    },
  ]
}

/** One node has nobody to send to, while the others forward to the same group. */
function judgeNoTarget(group: FailureGroup, measures: Measures): Claim[] {
  const all = withSymptom(group, 'no-target')
  if (all.length < LEAST_OF_NODE) return []
  const [node, mine] = worstNode(group, all)
  const starts = mine.map((i) => startOf(group, i))
  const [from, to] = [leastOf(starts), mostOf(starts)]
  if (node === '' || all.length - mine.length > all.length * MOST_ELSEWHERE || to - from < LEAST_SPAN_MS) return []
  const lacking = groupBy(all, (i) => nodeAt(group, i))
  const rates = ratesIn(group, measures, from, to).map((rate) => ({
    ...rate,
    failed: lacking.get(rate.node)?.length ?? 0,
  }))
  const own = rates.find((rate) => rate.node === node)
  const others = sum(rates.filter((rate) => rate.node !== node))
  if (others.requests < LEAST_CONTROL || (own?.requests ?? 0) > mine.length * 0.2) return []
  return [
    {
      cause: 'zonal-imbalance',
      confidence: 'likely',
      title: 'One node of the load balancer had no target; the others had',
      failures: mine,
      because: [
        `${plural(mine.length, 'request')} of node ${node} found no target for ${seconds(to - from, 0)} from ${clock(from)}, and ${count(own?.requests ?? 0)} did`,
        `meanwhile the other nodes forwarded ${plural(others.requests, 'request')} to the same target group and lacked a target ${plural(others.failed, 'time')}: targets are registered, but that node may not use them (cross-zone load balancing is off)`,
      ],
      evidence: [byNode('Requests without a target, by node of the load balancer', 'no target', rates)],
      ruledOut: [
        {
          cause: 'no-registered-targets',
          why: `the group had targets: ${plural(others.requests, 'request')} of other nodes were forwarded to them`,
        },
      ],
      candidates: ['all-targets-unhealthy'],
      decidedBy: ['target:port', 'elb_status_code', 'target_group_arn', 'time'],
      numbers: {},
    },
  ]
}

function startOf({ failures }: FailureGroup, failure: number): number {
  const start = failures.start[failure] as number
  return Number.isNaN(start) ? (failures.end[failure] as number) : start
}

function worstNode(group: FailureGroup, failures: readonly number[]): readonly [string, readonly number[]] {
  const [worst] = [...groupBy(failures, (i) => nodeAt(group, i))].sort((a, b) => b[1].length - a[1].length)
  return worst ?? ['', []]
}

/** From the kept rows alone, so that what failed and what did not are counted in the same windows. */
function ratesIn(group: FailureGroup, measures: Measures, from: number, to: number): NodeRate[] {
  const rates = new Map([...measures.nodes.keys()].map((node) => [node, { node, failed: 0, requests: 0 }]))
  for (const target of measures.targets.keys()) {
    const rows = measures.rowsOf(target)
    if (rows === undefined) continue
    for (let i = 0; i < rows.length; i++) {
      const start = rows.start[i] as number
      const rate = rates.get(group.flows[rows.flow[i] as number]?.node ?? '')
      if (rate === undefined || !(start >= from && start <= to)) continue
      rate.requests++
      if (isConnectTimeout(rows, i)) rate.failed++
    }
  }
  return [...rates.values()]
}

function isConnectTimeout(rows: TargetTraffic, i: number): boolean {
  const isUnconnected = rows.elbStatus[i] === 504 && rows.targetStatus[i] === 0 && (rows.requestMs[i] as number) < 0
  return isUnconnected && (rows.end[i] as number) - (rows.start[i] as number) >= LEAST_CONNECT_MS
}

function sum(rates: readonly NodeRate[]): { readonly failed: number; readonly requests: number } {
  let [failed, requests] = [0, 0]
  for (const rate of rates) {
    failed += rate.failed
    requests += rate.requests
  }
  return { failed, requests }
}

function byNode(title: string, what: string, rates: readonly NodeRate[]): Claim['evidence'][number] {
  return {
    kind: 'table',
    id: 'by-node',
    title,
    columns: ['node', what, 'requests to targets in that time'],
    rows: rates.map((rate) => [rate.node, rate.failed, rate.requests]),
  }
}
