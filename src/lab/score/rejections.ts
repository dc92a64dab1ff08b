import type { FindingSummary } from '../run/diagnose.ts'

/**
 * Requests that the load balancer rejected: many have no trace id, so counts are compared. No cause may be named for more
 * requests than it had, and what stays open must have its true cause among the first four candidates.
 */
export function missedRejections(
  truth: Readonly<Record<string, number>>,
  findings: readonly FindingSummary[],
): readonly string[] {
  const missed: string[] = []
  const left = new Map(Object.entries(truth))
  const rejected = findings.filter((finding) => finding.failures === 0)
  for (const { cause, confidence, requests } of rejected) {
    if (cause === null) continue
    const had = left.get(cause) ?? 0
    left.set(cause, had - requests)
    if (confidence !== 'possible' && requests > had)
      missed.push(`${cause} (${confidence}) is said of ${requests} rejected requests, and was so of ${had}`)
  }
  const open = rejected.filter((finding) => finding.cause === null)
  const openCount = open.reduce((sum, finding) => sum + finding.requests, 0)
  const total = [...left.values()].reduce((sum, count) => sum + Math.max(0, count), 0)
  if (openCount !== total) missed.push(`${total} rejected requests were to be explained, ${openCount} are left open`)
  for (const [cause, count] of left)
    if (count > 0 && !open.some((finding) => finding.candidates.slice(0, 4).includes(cause)))
      missed.push(`${cause} is no candidate of ${count} rejected requests`)
  return missed
}
