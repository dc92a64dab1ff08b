import type { Claim } from '../claim.ts'
import type { FailureGroup } from './failure-group.ts'
import type { Measures } from './measures.ts'
import { detectRowDecided } from './row-decided.ts'

type Detector = (group: FailureGroup, measures: Measures) => Claim[]

/** In order: what one detector claims is out of reach for the next. */
const detectors: readonly Detector[] = [detectRowDecided]

/** A detector that throws becomes an error of the run; the others go on. */
export function detectAll(
  group: FailureGroup,
  measures: Measures,
  onError: (where: string, error: unknown) => void,
): Claim[] {
  const claims: Claim[] = []
  for (const detect of detectors)
    try {
      claims.push(...detect(group, measures))
    } catch (error) {
      onError(detect.name, error)
    }
  return claims
}
