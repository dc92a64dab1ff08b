import { symptomPages } from '../causes/symptom-pages.ts'
import type { Missing, WitnessReport } from '../core/diagnosis.ts'
import { applyWitnesses } from '../joins/apply-witnesses.ts'
import type { Joined } from '../joins/joined.ts'
import { symptomOf } from '../joins/subjects.ts'
import type { Judgement } from './judge.ts'

export interface HeardJudgement extends Judgement {
  readonly witnesses: readonly WitnessReport[]
  readonly missing: readonly Missing[]
}

/** The judgement over the load balancer's log, after the other witnesses were heard. */
export function hearWitnesses(judgement: Judgement, joined: Joined | undefined): HeardJudgement {
  if (joined === undefined || joined.testimonies.length === 0) return { ...judgement, witnesses: [], missing: [] }
  try {
    const heard = applyWitnesses(judgement.claims, joined, (claim) => {
      if (claim.candidates.length > 0 || claim.cause !== null) return claim.candidates
      // An undetermined claim without candidates of its own has those of its symptom's page.
      const symptom = symptomOf(joined.subjects, claim.failures[0] as number)
      return symptomPages[symptom].candidates.map((candidate) => candidate.cause)
    })
    return { ...judgement, ...heard }
  } catch (error) {
    // A witness is an addition: the judgement stands without it, and the run says so.
    const message = error instanceof Error ? error.message : String(error)
    return { ...judgement, witnesses: [], missing: [], errors: [...judgement.errors, { where: 'witnesses', message }] }
  }
}
