import { commentText } from '../escape.ts'
import type { PlannedValue } from '../plan.ts'

/** The comment beside a value: which inequality, whose numbers, which cause. */
export function reason(value: PlannedValue): string {
  const rule = value.inequality === null ? '' : `inequality ${value.inequality}: `
  const cause = value.cause === null ? '' : `; prevents ${value.cause}`
  return commentText(`${rule}${value.because}${cause}`)
}
