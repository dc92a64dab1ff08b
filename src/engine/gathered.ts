import type { Joined } from '../joins/joined.ts'
import type { Incident } from './incident.ts'
import type { InputPlan, ReadPlan } from './plan-units.ts'
import type { FilterSpec } from './row-filter.ts'
import type { UnitBooks } from './unit-scan.ts'

/** All that a run gathered: what judging needs, and nothing that only reading needs. It can be saved and judged again. */
export interface Gathered {
  readonly incident: Incident
  readonly inputs: readonly InputPlan[]
  readonly unreadable: ReadPlan['unreadable']
  readonly results: readonly UnitBooks[]
  /** Unit to why it could not be read. */
  readonly failed: ReadonlyMap<number, string>
  /** Units whose inputs share rows with others. */
  readonly overlapping: ReadonlySet<number>
  readonly isComplete: boolean
  readonly filter: FilterSpec
  /** What other sources say of the failures and of healthy requests; undefined: nobody was asked. */
  readonly joined: Joined | undefined
  /** Witnesses that could not be read. */
  readonly unheard: ReadPlan['unreadable']
  /** As the operator gave it, so that judging again needs no option twice. */
  readonly idleTimeoutSeconds: number | undefined
  readonly failureRows: number
}
