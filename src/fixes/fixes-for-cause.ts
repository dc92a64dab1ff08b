import type { Fix } from '../core/diagnosis.ts'
import type { CauseNumbers } from './cause-numbers.ts'
import { edgeFixes, proxyFixes } from './proxy-fixes.ts'
import { reachFixes } from './reach-fixes.ts'
import { reuseFixes } from './reuse-fixes.ts'
import { rolloutFixes } from './rollout-fixes.ts'
import { targetFixes } from './target-fixes.ts'

/**
 * What to change for a cause, first choice first, with the operator's numbers filled in. Empty when only code helps
 * (`application-error`), or when the cause is somebody's decision (`fixed-response-rule`).
 */
export function fixesForCause(causeId: string, numbers: CauseNumbers = {}): readonly Fix[] {
  for (const family of [reuseFixes, reachFixes, rolloutFixes, targetFixes, proxyFixes, edgeFixes]) {
    const fixesOf = Object.hasOwn(family, causeId) ? family[causeId] : undefined
    if (fixesOf) return fixesOf(numbers)
  }
  return []
}

/** Causes that have a fix of their own. */
export function causesWithFixes(): readonly string[] {
  return [reuseFixes, reachFixes, rolloutFixes, targetFixes, proxyFixes, edgeFixes].flatMap((family) =>
    Object.keys(family).filter((cause) => fixesForCause(cause).length > 0),
  )
}
