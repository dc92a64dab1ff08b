import type { Missing } from '../core/diagnosis.ts'
import { leastOf, mostOf } from '../core/extremes.ts'
import { formatCount } from '../core/format-count.ts'
import { sumSteps } from '../evidence/traffic-tally.ts'
import type { Incident } from './incident.ts'
import type { InputPlan } from './plan-units.ts'

const INTERVAL_MS = 300_000
const LEAST_PER_STEP = 10
const LEAST_GAP_STEPS = 6
const FEW_FAILURES = 5

/**
 * What the log itself shows to be absent: node files, stretches without a row, healthy requests, a clock that agrees.
 * Delivery is best effort, so absence proves nothing and must be said.
 */
export function findGaps(incident: Incident, inputs: readonly InputPlan[]): Missing[] {
  return [
    ...missingNodeFiles(inputs),
    ...silentStretch(incident),
    ...oneSided(incident),
    ...thin(incident),
    ...clockTrouble(incident),
  ]
}

/** Every node writes a file every five minutes while it has traffic. */
function missingNodeFiles(inputs: readonly InputPlan[]): Missing[] {
  const byBalancer = new Map<string, Map<string, Set<number>>>()
  for (const { fileName, units } of inputs) {
    if (!fileName?.node || fileName.log !== 'access' || units.length === 0) continue
    const nodes = byBalancer.get(fileName.loadBalancer) ?? new Map<string, Set<number>>()
    const ends = nodes.get(fileName.node) ?? new Set<number>()
    ends.add(fileName.endMs)
    nodes.set(fileName.node, ends)
    byBalancer.set(fileName.loadBalancer, nodes)
  }
  const missing: Missing[] = []
  for (const [loadBalancer, nodes] of byBalancer) {
    const all = [...nodes.values()].flatMap((ends) => [...ends])
    const first = leastOf(all)
    const last = mostOf(all)
    const intervals = Math.round((last - first) / INTERVAL_MS) + 1
    if (nodes.size < 2 || intervals > 2_000) continue
    for (const [node, ends] of nodes)
      if (ends.size < intervals)
        missing.push({
          what: `${intervals - ends.size} of ${intervals} five-minute files of node ${node} (${loadBalancer})`,
          why: 'other nodes have files for those minutes: either the node had no traffic, or its files were not delivered or not downloaded; rates and shares leave its requests out',
        })
  }
  return missing.slice(0, 5)
}

function silentStretch(incident: Incident): Missing[] {
  const { tally, registry } = incident
  if (tally.stepsPerFlow === 0) return []
  const perStep = sumSteps(tally, registry.flows.keys())
  const stepMs = tally.stepSeconds * 1000
  const first = Math.floor(tally.minEnd / stepMs) - tally.firstStep
  const last = Math.floor(tally.maxEnd / stepMs) - tally.firstStep
  let total = 0
  let longest = { from: 0, length: 0 }
  let run = 0
  for (let step = first; step <= last; step++) {
    const count = perStep[step] as number
    total += count
    run = count === 0 ? run + 1 : 0
    if (run > longest.length) longest = { from: step - run + 1, length: run }
  }
  if (longest.length < LEAST_GAP_STEPS || total / (last - first + 1) < LEAST_PER_STEP) return []
  const at = (step: number): string => new Date((tally.firstStep + step) * stepMs).toISOString().slice(0, 19)
  return [
    {
      what: `any request from ${at(longest.from)} to ${at(longest.from + longest.length)} UTC`,
      why: `on average ${Math.round(total / (last - first + 1))} requests come in ${tally.stepSeconds} s: either nothing reached the load balancer, or files are missing (delivery is best effort)`,
    },
  ]
}

function oneSided(incident: Incident): Missing[] {
  const failures = incident.failures.length
  const { tally } = incident
  let requests = 0
  for (let flow = 0; flow < tally.flows; flow++) requests += tally.perFlow[flow * 8] ?? 0
  if (failures < 10 || failures < requests * 0.97) return []
  return [
    {
      what: 'healthy requests',
      why: `${formatCount(failures)} of ${formatCount(requests)} rows are failures, as if the others had been filtered out: without them there is no control, and causes that need one stay undetermined`,
    },
  ]
}

function thin(incident: Incident): Missing[] {
  const failures = incident.failures.length
  if (failures === 0 || failures >= FEW_FAILURES) return []
  return [
    {
      what: 'more failures',
      why: `${failures} ${failures === 1 ? 'is' : 'are'} too few for patterns over many rows: a longer stretch of the log would tell more`,
    },
  ]
}

function clockTrouble(incident: Incident): Missing[] {
  const reversed = incident.contradictions.get('time lies before request_creation_time')?.rows ?? 0
  if (reversed === 0) return []
  return [
    {
      what: `a usable elapsed time in ${formatCount(reversed)} failed rows`,
      why: 'time lies before request_creation_time there: a clock was set, or the rows were edited; connect failures in them stay one class',
    },
  ]
}
