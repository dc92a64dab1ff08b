import type { Columns, Head, RowChunk } from './head.ts'

/** The failure rows as typed arrays: a filter over 100,000 of them is one pass of a few milliseconds. */
export interface RowStore {
  readonly kept: number
  readonly total: number
  readonly names: NonNullable<Head['failureRows']>['names']
  /** Rows that have arrived. */
  loaded: number
  /** Epoch milliseconds; NaN when the row has no time. */
  readonly time: Float64Array
  /** NaN when absent. */
  readonly elapsedMs: Float64Array
  /** 0 when absent. */
  readonly elbStatus: Uint16Array
  readonly target: Int32Array
  readonly node: Int32Array
  readonly route: Int32Array
  readonly symptom: Int32Array
  readonly finding: Int32Array
  /** Index into {@link answerers}. */
  readonly answeredBy: Uint8Array
  /** Everything as it came, for the detail view and the downloads. */
  readonly columns: { -readonly [Name in keyof Columns]: Columns[Name][number][] }
}

export const answerers = ['load-balancer', 'target', 'nobody'] as const

export function createRowStore(rows: NonNullable<Head['failureRows']>): RowStore {
  const { kept, total, names } = rows
  const columns = Object.fromEntries(columnNames.map((name) => [name, []])) as unknown as RowStore['columns']
  return {
    kept,
    total,
    names,
    loaded: 0,
    time: new Float64Array(kept),
    elapsedMs: new Float64Array(kept),
    elbStatus: new Uint16Array(kept),
    target: new Int32Array(kept),
    node: new Int32Array(kept),
    route: new Int32Array(kept),
    symptom: new Int32Array(kept),
    finding: new Int32Array(kept),
    answeredBy: new Uint8Array(kept),
    columns,
  }
}

/** Chunks come in order. */
export function addChunk(store: RowStore, chunk: RowChunk): void {
  const { columns, from } = chunk
  const count = Math.min(columns.time.length, store.kept - from)
  for (let index = 0; index < count; index += 1) {
    const row = from + index
    store.time[row] = toMs(columns.time[index])
    store.elapsedMs[row] = columns.elapsedMs[index] ?? Number.NaN
    store.elbStatus[row] = columns.elbStatus[index] ?? 0
    store.target[row] = columns.target[index] ?? -1
    store.node[row] = columns.node[index] ?? -1
    store.route[row] = columns.route[index] ?? -1
    store.symptom[row] = columns.symptom[index] ?? -1
    store.finding[row] = columns.finding[index] ?? -1
    store.answeredBy[row] = Math.max(0, answerers.indexOf(columns.answeredBy[index] ?? 'load-balancer'))
  }
  for (const name of columnNames) {
    const all = store.columns[name] as unknown[]
    for (const value of columns[name] ?? []) all.push(value)
  }
  store.loaded = from + count
}

function toMs(time: string | null | undefined): number {
  return time ? Date.parse(time) : Number.NaN
}

const columnNames: readonly (keyof Columns)[] = [
  'input',
  'row',
  'time',
  'created',
  'elapsedMs',
  'requestSeconds',
  'targetSeconds',
  'responseSeconds',
  'elbStatus',
  'targetStatus',
  'receivedBytes',
  'sentBytes',
  'loadBalancer',
  'targetGroup',
  'target',
  'node',
  'route',
  'symptom',
  'finding',
  'answeredBy',
  'traceId',
  'request',
  'client',
  'userAgent',
]
