import type { Claim } from '../claim.ts'
import { detectOtherCloses, detectSharedEnds } from './closed.ts'
import { detectConnectFailures } from './connect.ts'
import { detectDependencyStall } from './dependency.ts'
import { type FailureGroup, withLeft } from './failure-group.ts'
import { detectIdleFlow } from './idle-flow.ts'
import { detectKeepAliveRace, detectWeakKeepAliveRace } from './keepalive.ts'
import type { Measures } from './measures.ts'
import { detectOneNode } from './one-node.ts'
import { detectOneRoute } from './one-route.ts'
import { detectRecycling } from './recycling.ts'
import { detectRowDecided } from './row-decided.ts'
import { detectStaleRules } from './stale-rules.ts'
import { detectTargetAnswered } from './target-answered.ts'
import { detectTimeouts } from './timeouts.ts'
import { detectColdStart } from './young-targets.ts'

type Detector = (group: FailureGroup, measures: Measures) => Claim[]

/** In order: what one detector claims is out of reach for the next. */
const detectors: readonly Detector[] = [
  detectOneNode,
  detectRowDecided,
  detectStaleRules,
  detectConnectFailures,
  detectSharedEnds,
  detectKeepAliveRace,
  detectIdleFlow,
  detectRecycling,
  detectOneRoute,
  detectWeakKeepAliveRace,
  detectOtherCloses,
  detectColdStart,
  detectDependencyStall,
  detectTimeouts,
  detectTargetAnswered,
]

/** A detector that throws becomes an error of the run; the others go on. */
export function detectAll(
  group: FailureGroup,
  measures: Measures,
  onError: (where: string, error: unknown) => void,
): Claim[] {
  const claims: Claim[] = []
  const taken = new Uint8Array(group.failures.length)
  let left = withLeft(group, group.indices)
  for (const detect of detectors)
    try {
      const found = detect(left, measures)
      if (found.length === 0) continue
      claims.push(...found)
      for (const claim of found) for (const failure of claim.failures) taken[failure] = 1
      left = withLeft(
        left,
        left.indices.filter((failure) => taken[failure] === 0),
      )
    } catch (error) {
      onError(detect.name, error)
    }
  return claims
}
