import type { Inequality, Term } from './inequalities.ts'

/** `pod.preStopSeconds + app.gracefulShutdownSeconds`, for docs and findings. */
export function describeTerm(term: Term): string {
  if (typeof term === 'number') return String(term)
  if (typeof term === 'string') return term
  if ('min' in term) return `min(${term.min.map(describeTerm).join(', ')})`
  if ('sum' in term) return term.sum.map(describeTerm).join(' + ')
  return term.product
    .map((each) => (typeof each === 'object' && 'sum' in each ? `(${describeTerm(each)})` : describeTerm(each)))
    .join(' x ')
}

/** `alb.idleTimeoutSeconds + 5 < app.keepAliveSeconds`. */
export function describeInequality(rule: Inequality): string {
  const margin = rule.margin > 0 ? ` + ${rule.margin}` : ''
  return `${describeTerm(rule.left)}${margin} ${rule.relation} ${describeTerm(rule.right)}`
}
