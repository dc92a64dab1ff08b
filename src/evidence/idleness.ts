/** What is needed of the kept rows of a target, all of them. */
interface Rows {
  readonly length: number
  readonly start: Float64Array
  readonly end: Float64Array
  readonly requestMs: Int32Array
  readonly targetStatus: Uint16Array
  readonly flow: Int32Array
}

/** Creation and request time are cut to the millisecond, the end is not: in the middle it was this much later. */
const HAND_OVER_MS = 1

/**
 * How long the connection of each request had been idle, ms, by row; NaN where it must have been a new one. The log names
 * no connections: on each flow (node, target) a request is taken to use the one that was used last, and an answer to
 * leave its connection for the next. Connections idle for longer than `longestMs` are closed by the load balancer.
 */
export function idleness(rows: Rows, longestMs: number): Float64Array {
  const idle = new Float64Array(rows.length).fill(Number.NaN)
  const steps: { readonly at: number; readonly row: number; readonly isTaken: boolean }[] = []
  for (let row = 0; row < rows.length; row++) {
    const at = (rows.start[row] as number) + (rows.requestMs[row] as number) + HAND_OVER_MS
    if (!((rows.requestMs[row] as number) >= 0) || Number.isNaN(at)) continue
    steps.push({ at, row, isTaken: true })
    // An answer comes after its own request, whatever the log's precision is.
    if (rows.targetStatus[row] !== 0)
      steps.push({ at: Math.max(at + 0.5, rows.end[row] as number), row, isTaken: false })
  }
  steps.sort((a, b) => a.at - b.at || Number(a.isTaken) - Number(b.isTaken) || a.row - b.row)
  const pools = new Map<number, number[]>()
  for (const { at, row, isTaken } of steps) {
    const flow = rows.flow[row] as number
    const pool = pools.get(flow) ?? []
    pools.set(flow, pool)
    if (!isTaken) {
      pool.push(at)
      continue
    }
    const last = pool.pop()
    // What lies below the last one has been idle for longer still.
    if (last !== undefined && at - last <= longestMs) idle[row] = at - last
    else pool.length = 0
  }
  return idle
}
