import type { Scenario, ScenarioFix } from '../scenarios/scenario.ts'
import { isFixFolder, readFixFolder } from './fix-folder.ts'

/** A fix by the scenario's own name for it, or the folder that `why5xx fix` wrote. */
export function findFix(scenario: Scenario, fix: string): ScenarioFix | undefined {
  const named = scenario.fixes?.[fix]
  if (named) return named
  return isFixFolder(fix) ? readFixFolder(fix) : undefined
}
