import type { FailureRows, Finding } from '../core/diagnosis.ts'
import { traceIdOf } from '../core/failure-columns.ts'
import type { Flow } from '../core/request-batch.ts'
import { formatMicroseconds } from '../core/timestamp.ts'
import { type AnsweredBy, answeredByValues, symptoms } from '../core/vocabulary.ts'
import { decodeEscapes } from '../formats/decode.ts'
import type { Places } from './build-diagnosis.ts'
import type { Incident } from './incident.ts'
import { isoOrNull } from './traffic-totals.ts'

/** The first failures as columns, in time order. */
export function failureRowsOf(
  incident: Incident,
  /** Of all failures. */
  byTime: readonly number[],
  limit: number,
  places: Places,
  findings: readonly Finding[],
  findingOf: (failure: number) => number,
): FailureRows | null {
  const { failures, registry } = incident
  if (limit === 0) return null
  const order = byTime.slice(0, limit)
  const names = {
    loadBalancers: new Names(),
    targetGroups: new Names(),
    targets: new Names(),
    nodes: new Names(),
    routes: new Names(),
  }
  const ofFlow = (into: Names, nameOf: (flow: Flow) => string): number[] =>
    perId(order, failures.flow, (id) => into.index(nameOf(registry.flows[id] as Flow)))
  const seconds = (column: Int32Array): (number | null)[] =>
    order.map((i) => ((column[i] as number) < 0 ? null : (column[i] as number) / 1000))
  const statuses = (column: Uint16Array): (number | null)[] => order.map((i) => column[i] || null)
  const bytes = (column: Float64Array): number[] => order.map((i) => column[i] as number)
  const firstRows = perId(order, failures.unit, (unit) => places.row(unit, 0))
  const columns: FailureRows['columns'] = {
    input: perId(order, failures.unit, (unit) => places.inputIndex(unit)),
    row: order.map((i, n) => (firstRows[n] as number) + (failures.row[i] as number)),
    time: order.map((i) => formatMicroseconds(failures.end[i] as number)),
    created: order.map((i) => isoOrNull(failures.start[i] as number)),
    elapsedMs: order.map((i) => {
      const ms = failures.elapsedMs[i] as number
      return Number.isNaN(ms) ? null : Math.round(ms * 1000) / 1000
    }),
    requestSeconds: seconds(failures.requestMs),
    targetSeconds: seconds(failures.targetMs),
    responseSeconds: seconds(failures.responseMs),
    elbStatus: statuses(failures.elbStatus),
    targetStatus: statuses(failures.targetStatus),
    receivedBytes: bytes(failures.receivedBytes),
    sentBytes: bytes(failures.sentBytes),
    loadBalancer: ofFlow(names.loadBalancers, (flow) => flow.loadBalancer),
    targetGroup: ofFlow(names.targetGroups, (flow) => flow.targetGroup),
    target: ofFlow(names.targets, (flow) => flow.target),
    node: ofFlow(names.nodes, (flow) => flow.node),
    route: perId(order, failures.route, (id) => names.routes.index(registry.routes[id]?.text ?? '')),
    symptom: order.map((i) => failures.symptom[i] as number),
    finding: order.map(findingOf),
    answeredBy: order.map((i) => answeredByValues[failures.answeredBy[i] as number] as AnsweredBy),
    traceId: order.map((i) => traceIdOf(failures, i) ?? null),
    ...textColumns(incident, order),
  }
  return {
    total: failures.length,
    kept: order.length,
    names: {
      inputs: places.reports.map((report) => report.name),
      loadBalancers: names.loadBalancers.list,
      targetGroups: names.targetGroups.list,
      targets: names.targets.list,
      nodes: names.nodes.list,
      routes: names.routes.list,
      symptoms: [...symptoms],
      findings: findings.map((finding) => finding.id),
    },
    columns,
  }
}

/** What belongs to an id, asked once for all failures that have it. */
function perId(order: readonly number[], ids: Int32Array, of: (id: number) => number): number[] {
  const known = new Map<number, number>()
  return order.map((i) => {
    const id = ids[i] as number
    let value = known.get(id)
    if (value === undefined) {
      value = of(id)
      known.set(id, value)
    }
    return value
  })
}

function textColumns({ texts }: Incident, order: readonly number[]) {
  const columns = {
    request: [] as (string | null)[],
    client: [] as (string | null)[],
    userAgent: [] as (string | null)[],
  }
  const decodedOnce = onceEach(decodeEscapes)
  for (const i of order) {
    const { request, client, userAgent } = texts.readShort(i)
    columns.request.push(request)
    columns.client.push(client)
    columns.userAgent.push(userAgent?.includes('\\x') ? decodedOnce(userAgent) : userAgent)
  }
  return columns
}

/** Clients are many, their kinds are few. */
function onceEach(of: (text: string) => string): (text: string) => string {
  const known = new Map<string, string>()
  return (text) => {
    const found = known.get(text) ?? of(text)
    known.set(text, found)
    return found
  }
}

class Names {
  readonly list: string[] = []
  readonly #ids = new Map<string, number>()

  /** -1 for ''. */
  index(name: string): number {
    if (name === '') return -1
    let id = this.#ids.get(name)
    if (id === undefined) {
      id = this.list.push(name) - 1
      this.#ids.set(name, id)
    }
    return id
  }
}
