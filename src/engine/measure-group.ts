import type { FailureGroup } from '../causes/detect/failure-group.ts'
import type { Measures } from '../causes/detect/measures.ts'
import { F_REQUESTS, flowFigure } from '../evidence/traffic-tally.ts'
import type { Incident } from './incident.ts'

export function measureGroup(incident: Incident, group: FailureGroup): Measures {
  let requests = 0
  for (const [id, flow] of incident.registry.flows.entries())
    if (flow.loadBalancer === group.loadBalancer && flow.targetGroup === group.targetGroup)
      requests += flowFigure(incident.tally, id, F_REQUESTS)
  return { requests }
}
