import type { Claim } from '../causes/claim.ts'
import { detectAll } from '../causes/detect/detect-all.ts'
import { type FailureGroup, groupBy } from '../causes/detect/failure-group.ts'
import type { SettingValue } from '../core/diagnosis.ts'
import { failuresByTime } from '../core/failure-columns.ts'
import { countOpenRequests, type OpenRequests } from '../evidence/open-requests.ts'
import { type Incident, symptomOf } from './incident.ts'
import { measureGroup } from './measure-group.ts'

export interface JudgedClaim extends Claim {
  readonly loadBalancer: string
  readonly targetGroup: string
}

export interface JudgeErrors {
  readonly where: string
  readonly message: string
}

export interface Judgement {
  readonly claims: readonly JudgedClaim[]
  /** All failures by end. */
  readonly byTime: readonly number[]
  /** Failure index to its claim. */
  readonly claimOf: Int32Array
  readonly errors: readonly JudgeErrors[]
  /** By `load balancer|target group|target`. */
  readonly openRequests: ReadonlyMap<string, OpenRequests>
}

/** Every failure to exactly one claim: detectors in their order, the first that names a failure keeps it. */
export function judge(incident: Incident, idleTimeouts: ReadonlyMap<string, SettingValue>): Judgement {
  const { failures, registry } = incident
  const byTime = failuresByTime(failures)
  const groupOfFlow = registry.flows.map(({ loadBalancer, targetGroup }) => `${loadBalancer}|${targetGroup}`)
  const byGroup = groupBy(byTime, (i) => groupOfFlow[failures.flow[i] as number])

  const claims: JudgedClaim[] = []
  const errors: JudgeErrors[] = []
  const claimOf = new Int32Array(failures.length).fill(-1)
  for (const indices of byGroup.values()) {
    const flow = registry.flows[failures.flow[indices[0] as number] as number]
    if (flow === undefined) continue
    const idle = idleTimeouts.get(flow.loadBalancer)
    const group: FailureGroup = {
      loadBalancer: flow.loadBalancer,
      targetGroup: flow.targetGroup,
      failures,
      flows: registry.flows,
      routes: registry.routes,
      indices,
      everything: indices,
      isNodePort: isNodePortGroup(incident, flow.loadBalancer, flow.targetGroup),
      idleTimeoutSeconds: idle?.value ?? 60,
      isIdleTimeoutKnown: idle !== undefined && idle.source !== 'default',
    }
    const measures = measureGroup(incident, group)
    const found = detectAll(group, measures, (where, error) =>
      errors.push({ where, message: error instanceof Error ? error.message : String(error) }),
    )
    for (const claim of found) {
      const mine = claim.failures.filter((failure) => claimOf[failure] === -1)
      if (mine.length === 0) continue
      for (const failure of mine) claimOf[failure] = claims.length
      claims.push({ ...claim, failures: mine, loadBalancer: flow.loadBalancer, targetGroup: flow.targetGroup })
    }
    // Whatever no detector took, by symptom and status: undetermined, with the catalogue's candidates.
    const rest = indices.filter((failure) => claimOf[failure] === -1)
    for (const [, left] of groupBy(
      rest,
      (failure) => `${symptomOf(incident, failure)}|${failures.elbStatus[failure]}`,
    )) {
      for (const failure of left) claimOf[failure] = claims.length
      claims.push({
        cause: null,
        confidence: null,
        failures: left,
        because: [],
        evidence: [],
        ruledOut: [],
        candidates: [],
        decidedBy: ['elb_status_code', 'target_status_code'],
        numbers: {},
        loadBalancer: flow.loadBalancer,
        targetGroup: flow.targetGroup,
      })
    }
  }
  const openRequests = new Map<string, OpenRequests>()
  for (const [key, rows] of incident.kept.byTarget) {
    const levels = countOpenRequests(rows)
    if (levels) openRequests.set(key, levels)
  }
  return { claims, byTime, claimOf, errors, openRequests }
}

export function isNodePortGroup(incident: Incident, loadBalancer: string, targetGroup: string): boolean {
  let targets = 0
  for (const flow of incident.registry.flows) {
    if (flow.loadBalancer !== loadBalancer || flow.targetGroup !== targetGroup || flow.target === '') continue
    const port = Number(flow.target.slice(flow.target.lastIndexOf(':') + 1))
    if (port < 30_000 || port > 32_767) return false
    targets++
  }
  return targets > 0
}
