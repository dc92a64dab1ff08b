import type { Diagnosis, FailureRows } from '../core/diagnosis.ts'

/** A failure as one object; every name is that of the diagnosis' column. */
export interface FailureObject {
  readonly index: number
  readonly [column: string]: string | number | null
}

export interface FailuresPage {
  /** Kept failures that pass. */
  readonly total: number
  readonly offset: number
  readonly failures: readonly FailureObject[]
  /** Query parameters that are not known or have no such value. */
  readonly problems: readonly string[]
}

const MOST = 1_000
const byName = ['symptom', 'finding', 'target', 'node', 'route', 'loadBalancer', 'targetGroup'] as const
const known = new Set<string>([...byName, 'cause', 'answeredBy', 'status', 'since', 'until', 'offset', 'limit'])

/** Filters and pages the kept failures, in the order of the diagnosis. */
export function failuresPage(diagnosis: Diagnosis, query: Readonly<Record<string, string>>): FailuresPage {
  const problems = Object.keys(query).flatMap((name) => (known.has(name) ? [] : [`unknown parameter ${name}`]))
  const offset = whole(query.offset, 0)
  const limit = Math.min(MOST, whole(query.limit, 100))
  const rows = diagnosis.failureRows
  if (!rows) return { total: 0, offset, failures: [], problems }
  const passes = filter(diagnosis, rows, query, problems)
  const failures: FailureObject[] = []
  let total = 0
  for (let row = 0; row < rows.kept; row += 1) {
    if (!passes(row)) continue
    if (total >= offset && failures.length < limit) failures.push(failure(rows, row))
    total += 1
  }
  return { total, offset, failures, problems }
}

function filter(
  diagnosis: Diagnosis,
  rows: FailureRows,
  query: Readonly<Record<string, string>>,
  problems: string[],
): (row: number) => boolean {
  const { columns, names } = rows
  const tests: ((row: number) => boolean)[] = []
  const lists = {
    symptom: names.symptoms,
    finding: names.findings,
    target: names.targets,
    node: names.nodes,
    route: names.routes,
    loadBalancer: names.loadBalancers,
    targetGroup: names.targetGroups,
  }
  for (const name of byName) {
    const wanted = query[name]
    if (wanted === undefined) continue
    const index = lists[name].indexOf(wanted)
    if (index < 0) problems.push(`no failure has this ${name}`)
    tests.push((row) => index >= 0 && columns[name][row] === index)
  }
  if (query.cause !== undefined) {
    const ids = new Set(diagnosis.findings.filter((each) => each.cause === query.cause).map((each) => each.id))
    if (ids.size === 0) problems.push('no finding has this cause')
    tests.push((row) => ids.has(names.findings[columns.finding[row] ?? -1] ?? ''))
  }
  if (query.answeredBy !== undefined) tests.push((row) => columns.answeredBy[row] === query.answeredBy)
  if (query.status !== undefined) tests.push((row) => String(columns.elbStatus[row]) === query.status)
  for (const [name, isAfter] of [
    ['since', true],
    ['until', false],
  ] as const) {
    const text = query[name]
    if (text === undefined) continue
    const limit = Date.parse(text)
    if (Number.isNaN(limit)) {
      problems.push(`${name} is not a time`)
      continue
    }
    tests.push((row) => {
      const at = Date.parse(columns.time[row] ?? '')
      return isAfter ? at >= limit : at < limit
    })
  }
  return (row) => tests.every((test) => test(row))
}

function failure(rows: FailureRows, row: number): FailureObject {
  const { columns: c, names } = rows
  const name = (list: readonly string[], index: number | undefined): string | null => list[index ?? -1] ?? null
  return {
    index: row,
    input: name(names.inputs, c.input[row]),
    row: c.row[row] ?? null,
    time: c.time[row] ?? null,
    created: c.created[row] ?? null,
    elapsedMs: c.elapsedMs[row] ?? null,
    requestSeconds: c.requestSeconds[row] ?? null,
    targetSeconds: c.targetSeconds[row] ?? null,
    responseSeconds: c.responseSeconds[row] ?? null,
    elbStatus: c.elbStatus[row] ?? null,
    targetStatus: c.targetStatus[row] ?? null,
    answeredBy: c.answeredBy[row] ?? null,
    symptom: name(names.symptoms, c.symptom[row]),
    finding: name(names.findings, c.finding[row]),
    loadBalancer: name(names.loadBalancers, c.loadBalancer[row]),
    targetGroup: name(names.targetGroups, c.targetGroup[row]),
    target: name(names.targets, c.target[row]),
    node: name(names.nodes, c.node[row]),
    route: name(names.routes, c.route[row]),
    receivedBytes: c.receivedBytes[row] ?? null,
    sentBytes: c.sentBytes[row] ?? null,
    traceId: c.traceId[row] ?? null,
    request: c.request[row] ?? null,
    client: c.client[row] ?? null,
    userAgent: c.userAgent[row] ?? null,
  }
}

function whole(text: string | undefined, otherwise: number): number {
  const value = Number(text)
  return text !== undefined && Number.isSafeInteger(value) && value >= 0 ? value : otherwise
}
