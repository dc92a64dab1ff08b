import type { Fix } from '../core/diagnosis.ts'
import type { Hop } from '../core/vocabulary.ts'

/** A fix that is not one setting: a network rule, a change of code, a step to take. */
export function advice(
  hop: Hop,
  title: string,
  patch: string,
  because: string,
  undo = 'Revert the change.',
  safety: Fix['safety'] = 'review',
): Fix {
  return { title, hop, safety, patch, undo, because }
}
