import type { FailureGroup } from '../causes/detect/failure-group.ts'
import type { Echo, Measures, TargetLife } from '../causes/detect/measures.ts'
import { echoTest } from '../evidence/echo.ts'
import { idleness } from '../evidence/idleness.ts'
import type { TargetRows } from '../evidence/kept-traffic.ts'
import { findKnee } from '../evidence/knee.ts'
import { openTimes } from '../evidence/open-requests.ts'
import { findPeriod } from '../evidence/period.ts'
import { findStalls } from '../evidence/stalls.ts'
import {
  addService,
  F_FIRST_END,
  F_FIRST_SUCCESS,
  F_LAST_END,
  F_LAST_SUCCESS,
  F_REQUESTS,
  F_SERVED,
  F_SERVED_SUM,
  flowFigure,
  SERVICE_BINS,
  serviceBinStart,
  type TrafficTally,
} from '../evidence/traffic-tally.ts'
import { youthTest } from '../evidence/youth.ts'
import { knownKeepAlives } from '../settings/servers.ts'
import { type Incident, targetKey } from './incident.ts'

/** Everything that detectors may ask about one group, each computed when first asked. */
export function measureGroup(incident: Incident, group: FailureGroup): Measures {
  const { registry, tally, failures, kept } = incident
  const flowIds: number[] = []
  for (const [id, flow] of registry.flows.entries())
    if (flow.loadBalancer === group.loadBalancer && flow.targetGroup === group.targetGroup) flowIds.push(id)

  const targets = new Map<string, TargetLife>()
  const nodes = new Map<string, { requests: number; targets: Set<string> }>()
  let requests = 0
  let served = 0
  let servedSum = 0
  const histogram = new Float64Array(SERVICE_BINS)
  for (const id of flowIds) {
    const target = registry.flows[id]?.target ?? ''
    requests += flowFigure(tally, id, F_REQUESTS)
    served += flowFigure(tally, id, F_SERVED)
    servedSum += flowFigure(tally, id, F_SERVED_SUM)
    addService(histogram, tally, id)
    if (target === '') continue
    const node = registry.flows[id]?.node ?? ''
    const sent = nodes.get(node) ?? { requests: 0, targets: new Set<string>() }
    sent.requests += flowFigure(tally, id, F_REQUESTS)
    nodes.set(node, { ...sent, targets: sent.targets.add(target) })
    targets.set(target, livedOn(targets.get(target), tally, id))
  }

  // The key of a target is long: made once for each, however often a detector asks.
  const rowsByTarget = new Map<string, TargetRows>()
  for (const target of targets.keys()) {
    const rows = kept.byTarget.get(targetKey({ ...group, target, node: '' }))
    if (rows) rowsByTarget.set(target, rows)
  }
  const rowsOf: Measures['rowsOf'] = (target) => rowsByTarget.get(target)
  // Detectors ask about the same failures again when nobody has taken one of them.
  let lastEcho: { readonly asked: readonly number[]; readonly found: Echo | undefined } | undefined
  return {
    requests,
    logStart: tally.minEnd,
    logEnd: tally.maxEnd,
    targets,
    nodes,
    rowsOf,
    idleOf: (target, longestMs) => {
      const rows = rowsOf(target)
      return rows && rows.length === targets.get(target)?.requests ? idleness(rows, longestMs) : undefined
    },
    openTimesOf: (target) => {
      const rows = rowsOf(target)
      return rows ? openTimes(rows) : undefined
    },
    stallsOf: once((target) => {
      const rows = rowsOf(target)
      return rows ? findStalls(rows) : []
    }),
    kneeOf: (target, fromMs, toMs) => {
      const rows = rowsOf(target)
      return rows ? findKnee(rows, fromMs, toMs) : undefined
    },
    period: findPeriod,
    youth: youthTest,
    echo(asked): Echo | undefined {
      if (lastEcho?.asked.length === asked.length && asked.every((failure, n) => failure === lastEcho?.asked[n]))
        return lastEcho.found
      const probes = asked.map((failure) => ({
        flow: failures.flow[failure] as number,
        handOverMs: (failures.start[failure] as number) + Math.max(0, failures.requestMs[failure] as number),
        route: failures.route[failure] as number,
      }))
      const found = echoTest(probes, [...rowsByTarget.values()], knownKeepAlives())
      lastEcho = { asked, found }
      return found
    },
    routeRequests(route) {
      const id = registry.routeId({ targetGroup: group.targetGroup, text: route })
      return id === undefined ? 0 : (tally.routeRequests[id] ?? 0)
    },
    service: { meanMs: served === 0 ? 0 : servedSum / served, p99Ms: quantileMs(histogram, 0.99), served },
  }
}

/** A target's life with that on one more flow. */
function livedOn(known: TargetLife | undefined, tally: TrafficTally, flow: number): TargetLife {
  return {
    requests: (known?.requests ?? 0) + flowFigure(tally, flow, F_REQUESTS),
    firstEnd: Math.min(known?.firstEnd ?? Number.POSITIVE_INFINITY, flowFigure(tally, flow, F_FIRST_END)),
    lastEnd: Math.max(known?.lastEnd ?? Number.NEGATIVE_INFINITY, flowFigure(tally, flow, F_LAST_END)),
    firstSuccess: Math.min(known?.firstSuccess ?? Number.POSITIVE_INFINITY, flowFigure(tally, flow, F_FIRST_SUCCESS)),
    lastSuccess: Math.max(known?.lastSuccess ?? Number.NEGATIVE_INFINITY, flowFigure(tally, flow, F_LAST_SUCCESS)),
  }
}

/** Computed when first asked. */
function once<T>(compute: (target: string) => T): (target: string) => T {
  const known = new Map<string, T>()
  return (target) => {
    if (!known.has(target)) known.set(target, compute(target))
    return known.get(target) as T
  }
}

function quantileMs(histogram: Float64Array, share: number): number {
  let total = 0
  for (const count of histogram) total += count
  let left = total * share
  for (const [bin, count] of histogram.entries()) {
    left -= count
    if (left <= 0 && count > 0) return serviceBinStart(bin)
  }
  return 0
}
