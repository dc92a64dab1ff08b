import { ensureRoom } from '../core/growable.ts'
import { FLAG_WEBSOCKET, type Flow, type RequestBatch } from '../core/request-batch.ts'

/** Rows of one target in one window of {@link CELL_MS}, kept whole or not at all. */
export interface RowCell {
  /** `load balancer|target group|target`. */
  readonly key: string
  /** Window number: `floor(end / CELL_MS)`. */
  readonly window: number
  length: number
  failures: number
  start: Float64Array
  end: Float64Array
  requestMs: Int32Array
  targetMs: Int32Array
  elbStatus: Uint16Array
  targetStatus: Uint16Array
  flow: Int32Array
  route: Int32Array
}

export const CELL_MS = 300_000
const LOST_LISTED = 100_000

/**
 * A bounded share of all rows, in cells that are complete, so that lags, open requests and shared ends can be measured
 * exactly inside them. Cells with failures that the load balancer made outlive healthy ones; among equals a hash of
 * target and time decides, so the same input keeps the same cells.
 */
export class RowCells {
  readonly #budget: number
  #rows = 0
  #cells = new Map<string, RowCell>()
  #current: (RowCell | undefined)[] = []
  #keys: string[] = []
  #lost = new Set<string>()

  constructor(budgetRows: number) {
    this.#budget = budgetRows
  }

  fold(batch: RequestBatch, flows: readonly Flow[]): void {
    for (let i = 0; i < batch.length; i++) {
      if (((batch.flags[i] as number) & FLAG_WEBSOCKET) !== 0) continue
      const flow = batch.flow[i] as number
      const end = batch.end[i] as number
      const window = Math.floor(end / CELL_MS)
      let cell = this.#current[flow]
      if (cell === undefined || cell.window !== window) {
        cell = this.#open(flow, window, flows)
        if (cell === undefined) continue
      }
      let at = cell.length
      if (at === cell.start.length) grow(cell)
      at = cell.length++
      cell.start[at] = batch.start[i] as number
      cell.end[at] = end
      cell.requestMs[at] = batch.requestMs[i] as number
      cell.targetMs[at] = batch.targetMs[i] as number
      const elbStatus = batch.elbStatus[i] as number
      cell.elbStatus[at] = elbStatus
      cell.targetStatus[at] = batch.targetStatus[i] as number
      cell.flow[at] = flow
      cell.route[at] = batch.route[i] as number
      if (elbStatus >= 460 && (elbStatus >= 500 || elbStatus === 460) && batch.targetStatus[i] === 0) cell.failures++
    }
    this.#rows += batch.length
    if (this.#rows > this.#budget) this.#evict()
  }

  #open(flow: number, window: number, flows: readonly Flow[]): RowCell | undefined {
    let key = this.#keys[flow]
    if (key === undefined) {
      const { loadBalancer, targetGroup, target } = flows[flow] as Flow
      key = this.#keys[flow] = target === '' ? '' : `${loadBalancer}|${targetGroup}|${target}`
    }
    if (key === '') return undefined
    const id = cellId(key, window)
    if (this.#lost.has(id)) return undefined
    let cell = this.#cells.get(id)
    if (cell === undefined) {
      cell = makeCell(key, window)
      this.#cells.set(id, cell)
    }
    this.#current[flow] = cell
    return cell
  }

  #evict(): void {
    let rows = 0
    for (const cell of this.#cells.values()) rows += cell.length
    this.#rows = rows
    if (rows <= this.#budget) return
    const order = [...this.#cells.entries()].sort(
      ([a, one], [b, other]) => Number(one.failures > 0) - Number(other.failures > 0) || rank(a) - rank(b),
    )
    for (const [id, cell] of order) {
      if (this.#rows <= this.#budget * 0.8) break
      this.#cells.delete(id)
      if (this.#lost.size < LOST_LISTED) this.#lost.add(id)
      this.#rows -= cell.length
    }
    this.#current = []
  }

  /** What was kept, without spare room, and the ids of the cells that were given up. */
  finish(): { readonly cells: RowCell[]; readonly lost: string[] } {
    const cells = [...this.#cells.values()]
    for (const cell of cells) trim(cell)
    return { cells, lost: [...this.#lost] }
  }
}

export function cellId(key: string, window: number): string {
  return `${window}|${key}`
}

/** Deterministic, so that all workers give up the same cells. */
function rank(id: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

const columns = ['start', 'end', 'requestMs', 'targetMs', 'elbStatus', 'targetStatus', 'flow', 'route'] as const

function makeCell(key: string, window: number): RowCell {
  const room = 64
  return {
    key,
    window,
    length: 0,
    failures: 0,
    start: new Float64Array(room),
    end: new Float64Array(room),
    requestMs: new Int32Array(room),
    targetMs: new Int32Array(room),
    elbStatus: new Uint16Array(room),
    targetStatus: new Uint16Array(room),
    flow: new Int32Array(room),
    route: new Int32Array(room),
  }
}

function grow(cell: RowCell): void {
  for (const name of columns) cell[name] = ensureRoom(cell[name] as Float64Array, cell.start.length + 1) as never
}

function trim(cell: RowCell): void {
  for (const name of columns) cell[name] = (cell[name] as Float64Array).slice(0, cell.length) as never
}

/** Joins the parts that several workers kept of one cell; a cell that any of them gave up is dropped as incomplete. */
export function joinCells(
  parts: readonly { readonly cells: readonly RowCell[]; readonly lost: readonly string[] }[],
): RowCell[] {
  const lost = new Set(parts.flatMap((part) => part.lost))
  const joined = new Map<string, RowCell>()
  for (const { cells } of parts)
    for (const cell of cells) {
      const id = cellId(cell.key, cell.window)
      if (lost.has(id)) continue
      const known = joined.get(id)
      joined.set(id, known === undefined ? cell : concat(known, cell))
    }
  return [...joined.values()].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.window - b.window))
}

function concat(a: RowCell, b: RowCell): RowCell {
  const length = a.length + b.length
  const out = { ...a, length, failures: a.failures + b.failures }
  for (const name of columns) {
    const one = a[name] as Float64Array
    const Typed = one.constructor as new (size: number) => Float64Array
    const column = new Typed(length)
    column.set(one.subarray(0, a.length))
    column.set((b[name] as Float64Array).subarray(0, b.length), a.length)
    out[name] = column as never
  }
  return out
}
