import type { Diagnosis, TopRow } from '../core/diagnosis.ts'

/** Shares of the requests before and after, by part; the last part is all the rest. */
export interface Parts {
  readonly by: 'route' | 'target group'
  readonly names: readonly string[]
  readonly requestsBefore: readonly number[]
  readonly requestsAfter: readonly number[]
  readonly covered: { readonly before: number; readonly after: number }
}

const LEAST_COVERED = 0.5

/** By route where that covers most requests on both sides, else by target group, else nothing. */
export function partsOf(before: Diagnosis, after: Diagnosis): Parts | null {
  const byRoute = match('route', before.top.routes, after.top.routes, before, after)
  const byGroup = match('target group', groupRows(before), groupRows(after), before, after)
  const usable = [byRoute, byGroup].filter(
    (parts) => parts.names.length > 1 && parts.covered.before >= LEAST_COVERED && parts.covered.after >= LEAST_COVERED,
  )
  return usable[0] ?? null
}

/** The rate that these failures before (by part, the rest last) would have with the requests of after. */
export function rateByMix(parts: Parts, failuresBefore: readonly number[]): number | null {
  const total = parts.requestsAfter.reduce((sum, count) => sum + count, 0)
  if (total <= 0) return null
  let expected = 0
  for (const [part, failures] of failuresBefore.entries()) {
    const requests = parts.requestsBefore[part] ?? 0
    // Nothing can be known of a part that nobody asked for before.
    if (requests > 0) expected += (failures / requests) * (parts.requestsAfter[part] ?? 0)
  }
  return expected / total
}

/** Failures of a side by part, the rest last. */
export function failuresByPart(parts: Parts, diagnosis: Diagnosis): readonly number[] {
  const rows = parts.by === 'route' ? diagnosis.top.routes : diagnosis.top.targetGroups
  return spread(parts, (name) => rows.find((row) => row.key === name)?.failures ?? 0, diagnosis.books.failures)
}

/** Failures of each cause (or finding without one) by part, from the rows that the diagnosis kept; null when it kept not all. */
export function causeFailuresByPart(parts: Parts, diagnosis: Diagnosis): Map<string, number[]> | null {
  const { failureRows } = diagnosis
  if (!failureRows || failureRows.kept < failureRows.total) return null
  const { names, columns } = failureRows
  const keys = new Map(diagnosis.findings.map((finding) => [finding.id, finding.cause ?? finding.symptom]))
  const partOf = new Map(parts.names.map((name, part) => [name, part]))
  const named = parts.by === 'route' ? names.routes : names.targetGroups
  const column = parts.by === 'route' ? columns.route : columns.targetGroup
  const byCause = new Map<string, number[]>()
  for (const [row, finding] of columns.finding.entries()) {
    const key = keys.get(names.findings[finding] ?? '')
    if (key === undefined) continue
    const counts = byCause.get(key) ?? new Array<number>(parts.names.length + 1).fill(0)
    const part = partOf.get(named[column[row] ?? -1] ?? '') ?? parts.names.length
    counts[part] = (counts[part] ?? 0) + 1
    byCause.set(key, counts)
  }
  return byCause
}

function match(
  by: Parts['by'],
  before: readonly TopRow[],
  after: readonly TopRow[],
  one: Diagnosis,
  other: Diagnosis,
): Parts {
  const inBefore = new Map(before.map((row) => [row.key, row.requests]))
  const inAfter = new Map(after.map((row) => [row.key, row.requests]))
  // A list that holds every request says of what it lacks that nobody asked for it.
  const isAll = (rows: ReadonlyMap<string, number>, of: number): boolean => sum([...rows.values()]) >= 0.999 * of
  const knowsBefore = isAll(inBefore, one.books.requests)
  const knowsAfter = isAll(inAfter, other.books.requests)
  const names = [...new Set([...inBefore.keys(), ...inAfter.keys()])].filter(
    (name) => (inBefore.has(name) || knowsBefore) && (inAfter.has(name) || knowsAfter),
  )
  const count = (rows: ReadonlyMap<string, number>) => (name: string) => rows.get(name) ?? 0
  const parts = { by, names }
  const requestsBefore = spread(parts, count(inBefore), one.books.requests)
  const requestsAfter = spread(parts, count(inAfter), other.books.requests)
  const { requests: all } = one.books
  const { requests: later } = other.books
  // Where nobody asked before, no rate is known that the requests after could be weighed with.
  const known = requestsAfter.slice(0, -1).filter((_, part) => (requestsBefore[part] ?? 0) > 0)
  return {
    ...parts,
    requestsBefore,
    requestsAfter,
    covered: {
      before: all === 0 ? 0 : Math.min(1, sum(requestsBefore.slice(0, -1)) / all),
      after: later === 0 ? 0 : Math.min(1, sum(known) / later),
    },
  }
}

function spread(parts: Pick<Parts, 'names'>, count: (name: string) => number, total: number): number[] {
  const counts = parts.names.map(count)
  return [...counts, Math.max(0, total - sum(counts))]
}

/** `top.targetGroups` holds groups with failures only; the others' requests are known from their targets' rates. */
function groupRows(diagnosis: Diagnosis): TopRow[] {
  const { window, top, load } = diagnosis
  const rows = new Map(top.targetGroups.map((row) => [row.key, row]))
  const seconds = window ? Math.max(1, (Date.parse(window.end) - Date.parse(window.start)) / 1000) : 0
  const others = new Map<string, number>()
  for (const { targetGroup, requestsPerSecond } of load)
    if (targetGroup !== null && !rows.has(targetGroup))
      others.set(targetGroup, (others.get(targetGroup) ?? 0) + requestsPerSecond.mean * seconds)
  return [
    ...rows.values(),
    ...[...others].map(([key, requests]) => ({ key, requests, failures: 0, elb5xx: 0, target5xx: 0 })),
  ]
}

function sum(values: readonly number[]): number {
  let total = 0
  for (const value of values) total += value
  return total
}
