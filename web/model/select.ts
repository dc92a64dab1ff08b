import { answerers, type RowStore } from '../data/row-store.ts'

/** What the reader narrowed the failures to. null = not narrowed. */
export interface Criteria {
  /** Epoch milliseconds, half-open. */
  readonly range: readonly [number, number] | null
  readonly symptom: number | null
  /** Which findings pass; null = all. */
  readonly findings: Uint8Array | null
  readonly target: number | null
  readonly node: number | null
  readonly route: number | null
  readonly status: number | null
  readonly answeredBy: number | null
}

export interface Steps {
  readonly startMs: number
  readonly stepMs: number
  readonly count: number
}

/** Counts over the rows that pass. `series` ignores the time range: the chart shows all of the time. */
export interface Selection {
  readonly count: number
  readonly mask: Uint8Array
  readonly byAnswerer: Uint32Array
  readonly byFinding: Uint32Array
  readonly bySymptom: Uint32Array
  readonly byTarget: Uint32Array
  readonly byNode: Uint32Array
  readonly byRoute: Uint32Array
  readonly byStatus: ReadonlyMap<number, number>
  readonly series: readonly Float64Array[]
}

export function select(store: RowStore, criteria: Criteria, steps: Steps): Selection {
  const { loaded, names, time, symptom, finding, target, node, route, elbStatus, answeredBy } = store
  const mask = new Uint8Array(loaded)
  const byAnswerer = new Uint32Array(answerers.length)
  const byFinding = new Uint32Array(names.findings.length)
  const bySymptom = new Uint32Array(names.symptoms.length)
  const byTarget = new Uint32Array(names.targets.length)
  const byNode = new Uint32Array(names.nodes.length)
  const byRoute = new Uint32Array(names.routes.length)
  const statuses = new Uint32Array(1000)
  const series = answerers.map(() => new Float64Array(steps.count))
  const from = criteria.range?.[0] ?? Number.NEGATIVE_INFINITY
  const to = criteria.range?.[1] ?? Number.POSITIVE_INFINITY
  const isRanged = criteria.range !== null
  const wantedSymptom = criteria.symptom ?? -2
  const wantedTarget = criteria.target ?? -2
  const wantedNode = criteria.node ?? -2
  const wantedRoute = criteria.route ?? -2
  const wantedStatus = criteria.status ?? -2
  const wantedAnswerer = criteria.answeredBy ?? -2
  const wantedFindings = criteria.findings
  let count = 0
  // One loop without closures: 100,000 rows have to fit into a frame.
  for (let row = 0; row < loaded; row += 1) {
    if (wantedSymptom !== -2 && symptom[row] !== wantedSymptom) continue
    if (wantedTarget !== -2 && target[row] !== wantedTarget) continue
    if (wantedNode !== -2 && node[row] !== wantedNode) continue
    if (wantedRoute !== -2 && route[row] !== wantedRoute) continue
    if (wantedStatus !== -2 && elbStatus[row] !== wantedStatus) continue
    const who = answeredBy[row] as number
    if (wantedAnswerer !== -2 && who !== wantedAnswerer) continue
    const which = finding[row] as number
    if (wantedFindings !== null && (which < 0 || wantedFindings[which] === 0)) continue
    const at = time[row] as number
    const step = Math.floor((at - steps.startMs) / steps.stepMs)
    if (step >= 0 && step < steps.count) add(series[who] as Float64Array, step)
    // A row without a time passes only while no time is asked for.
    if (isRanged && !(at >= from && at < to)) continue
    mask[row] = 1
    count += 1
    add(byAnswerer, who)
    if (which >= 0) add(byFinding, which)
    const sym = symptom[row] as number
    if (sym >= 0) add(bySymptom, sym)
    const tgt = target[row] as number
    if (tgt >= 0) add(byTarget, tgt)
    const nod = node[row] as number
    if (nod >= 0) add(byNode, nod)
    const rte = route[row] as number
    if (rte >= 0) add(byRoute, rte)
    const status = elbStatus[row] as number
    if (status < 1000) add(statuses, status)
  }
  const byStatus = new Map<number, number>()
  for (let status = 0; status < statuses.length; status += 1)
    if ((statuses[status] as number) > 0) byStatus.set(status, statuses[status] as number)
  return { count, mask, byAnswerer, byFinding, bySymptom, byTarget, byNode, byRoute, byStatus, series }
}

/** An index that the caller has checked. */
function add(counts: Uint32Array | Float64Array, index: number): void {
  counts[index] = (counts[index] as number) + 1
}
