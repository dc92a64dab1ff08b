import type { FailureRows, Finding } from '../core/diagnosis.ts'
import { failuresByTime, traceIdOf } from '../core/failure-columns.ts'
import type { Flow } from '../core/request-batch.ts'
import { formatMicroseconds } from '../core/timestamp.ts'
import { type AnsweredBy, answeredByValues, symptoms } from '../core/vocabulary.ts'
import type { Places } from './build-diagnosis.ts'
import type { Incident } from './incident.ts'
import { isoOrNull } from './traffic-totals.ts'

/** The first failures as columns, in time order. */
export function failureRowsOf(
  incident: Incident,
  limit: number,
  places: Places,
  findings: readonly Finding[],
  findingOf: (failure: number) => number,
): FailureRows | null {
  const { failures, registry, texts } = incident
  if (limit === 0) return null
  const order = failuresByTime(failures).slice(0, limit)
  const names = {
    loadBalancers: new Names(),
    targetGroups: new Names(),
    targets: new Names(),
    nodes: new Names(),
    routes: new Names(),
  }
  const flow = (i: number): Flow => registry.flows[failures.flow[i] as number] as Flow
  const seconds = (ms: number): number | null => (ms < 0 ? null : ms / 1000)
  const columns: FailureRows['columns'] = {
    input: order.map((i) => places.inputIndex(failures.unit[i] as number)),
    row: order.map((i) => places.row(failures.unit[i] as number, failures.row[i] as number)),
    time: order.map((i) => formatMicroseconds(failures.end[i] as number)),
    created: order.map((i) => isoOrNull(failures.start[i] as number)),
    elapsedMs: order.map((i) => {
      const ms = failures.elapsedMs[i] as number
      return Number.isNaN(ms) ? null : Math.round(ms * 1000) / 1000
    }),
    requestSeconds: order.map((i) => seconds(failures.requestMs[i] as number)),
    targetSeconds: order.map((i) => seconds(failures.targetMs[i] as number)),
    responseSeconds: order.map((i) => seconds(failures.responseMs[i] as number)),
    elbStatus: order.map((i) => failures.elbStatus[i] || null),
    targetStatus: order.map((i) => failures.targetStatus[i] || null),
    receivedBytes: order.map((i) => failures.receivedBytes[i] as number),
    sentBytes: order.map((i) => failures.sentBytes[i] as number),
    loadBalancer: order.map((i) => names.loadBalancers.index(flow(i).loadBalancer)),
    targetGroup: order.map((i) => names.targetGroups.index(flow(i).targetGroup)),
    target: order.map((i) => names.targets.index(flow(i).target)),
    node: order.map((i) => names.nodes.index(flow(i).node)),
    route: order.map((i) => names.routes.index(registry.routes[failures.route[i] as number]?.text ?? '')),
    symptom: order.map((i) => failures.symptom[i] as number),
    finding: order.map(findingOf),
    answeredBy: order.map((i) => answeredByValues[failures.answeredBy[i] as number] as AnsweredBy),
    traceId: order.map((i) => traceIdOf(failures, i) ?? null),
    request: order.map((i) => texts.read(i, 'request')),
    client: order.map((i) => texts.read(i, 'client')),
    userAgent: order.map((i) => texts.read(i, 'userAgent')),
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
