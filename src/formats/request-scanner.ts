/**
 * The hot path: rows of ALB access logs, bytes in, columns out. Rows are read by the kernel (row-kernel/scan-rows.ts), which
 * also keeps the details of failures; a row with anything odd goes through the exact reader of request-fields.ts.
 * `request-scanner-paths.test.ts` holds both paths against each other.
 */
import { type HashIndex, SEED_HIGH, SEED_LOW } from '../core/hash-index.ts'
import {
  BATCH_ROWS,
  type Entities,
  FLAG_CLASSIC,
  FLAG_GRPC,
  FLAG_WEBSOCKET,
  type RequestBatch,
} from '../core/request-batch.ts'
import type { RowDetails } from '../core/row-details.ts'
import { createEntityIndex } from './entity-index.ts'
import { hashBytes, hashHigh, hashLow } from './hash-bytes.ts'
import { albLabels, albTexts, isNodeAddress, type RequestFields, readRequestFields } from './request-fields.ts'
import { BATCH_FULL, createRowKernel, DETAIL_WANTED, DONE, NEW_FLOW, NEW_ROUTE, type RowKernel } from './row-kernel.ts'

export interface RequestScanner {
  readonly entities: Entities
  /** Memory to read blocks into: rows in here are not copied once more. As long as the longest row. */
  readonly block: Buffer
  /**
   * `nodeFromName`: address of the node whose file this is; used where the row has none. `seen`: rows in it are skipped,
   * and new ones added (exact, by all bytes of the row).
   */
  beginInput(format: 'alb' | 'classic', nodeFromName: string, seen?: HashIndex): void
  /** Whole lines; only the last may lack its newline. */
  scanLines(lines: Buffer, firstRow: number): number
  flush(): void
}

export interface ScanOptions {
  /** Rows whose request line does not pass are skipped; forces the slow path. */
  readonly acceptsRequest?: (requestLine: string) => boolean
  /** One that nobody else uses; its own when left out. */
  readonly kernel?: RowKernel
}

export interface ScanSink {
  /** The batch is overwritten when this returns. */
  onBatch(batch: RequestBatch): void
  onBad(text: string, row: number): void
  /** A row that was seen before, or that `acceptsRequest` refused. */
  onSkipped(why: 'repeated' | 'filtered', row: number): void
}

const NEWLINE = 10
const QUOTE = 34
const CARRIAGE_RETURN = 13

export function createRequestScanner(sink: ScanSink, options: ScanOptions = {}): RequestScanner {
  const kernel = options.kernel ?? createRowKernel()
  const { exports: rows, memory, block, batch, fieldEnds } = kernel
  const index = createEntityIndex()
  const blockStart = block.byteOffset
  let isClassic = false
  let seenRows: HashIndex | undefined
  let fileNode = ''

  /** Reads one row by the exact rules; returns its fields when it became a row of the batch. */
  function slowRow(line: string, row: number): RequestFields | undefined {
    const fields = readRequestFields(line, isClassic)
    if (fields === undefined) {
      sink.onBad(line, row)
      return undefined
    }
    if (options.acceptsRequest && !options.acceptsRequest(fields.request)) {
      sink.onSkipped('filtered', row)
      return undefined
    }
    if (rows.length.value === BATCH_ROWS || rows.areTextsFull.value === 1) flush()
    const i = rows.length.value
    const { loadBalancer, targetGroup, target } = fields
    batch.start[i] = fields.start
    batch.end[i] = fields.end
    batch.requestMs[i] = fields.requestMs
    batch.targetMs[i] = fields.targetMs
    batch.responseMs[i] = fields.responseMs
    batch.elbStatus[i] = fields.elbStatus
    batch.targetStatus[i] = fields.targetStatus
    batch.receivedBytes[i] = fields.receivedBytes
    batch.sentBytes[i] = fields.sentBytes
    batch.flow[i] = index.flow({ loadBalancer, targetGroup, target, node: fields.node || fileNode })
    batch.route[i] = routeOf(Buffer.from(fields.request), targetGroup)
    batch.flags[i] =
      (isClassic ? FLAG_CLASSIC : 0) |
      (fields.type === 'ws' || fields.type === 'wss' ? FLAG_WEBSOCKET : 0) |
      (fields.type.startsWith('grpc') ? FLAG_GRPC : 0)
    batch.row[i] = row
    if (fields.elbStatus >= 400 && (fields.elbStatus >= 500 || fields.elbStatus === 460 || fields.targetStatus === 0))
      addDetail(i, batch.details.idOf(fields.labels), { ...fields, text: line })
    rows.setLength(i + 1)
    return fields
  }

  function routeOf(request: Buffer, targetGroup: string): number {
    const { id, isNew, isOther } = index.route(request, targetGroup)
    if (isNew) kernel.addOddRoute(request, targetGroup, id)
    if (isOther) rows.setOtherRoute(id)
    return id
  }

  /** The kernel has read a row but for its route. */
  function addRoute(): void {
    const request = memory.subarray(rows.requestStart.value, rows.requestEnd.value)
    const group = memory.toString('utf8', rows.groupStart.value, rows.groupEnd.value)
    const { id, isOther } = index.route(request, group === '-' ? '' : group)
    if (isOther) rows.setOtherRoute(id)
    else kernel.addRoute(id)
    batch.route[rows.length.value - 1] = id
  }

  /** The kernel has read a row but for its detail. */
  function readDetail(): void {
    const from = rows.textStart.value
    const count = rows.fieldCount.value
    const raw = (field: number): string => {
      if (field >= count) return ''
      const start = field === 0 ? from : (fieldEnds[field - 1] as number) + 1
      const end = fieldEnds[field] as number
      const isQuoted = memory[start] === QUOTE
      return memory.toString('utf8', isQuoted ? start + 1 : start, isQuoted ? end - 1 : end)
    }
    const labels = batch.details.idOf(albLabels(raw))
    kernel.addLabels(labels)
    addDetail(rows.length.value - 1, labels, {
      ...albTexts(raw),
      text: memory.toString('utf8', from, fieldEnds[count - 1]),
    })
  }

  function addDetail(row: number, labels: number, texts: Parameters<RowDetails['add']>[2]): void {
    const { details } = batch
    details.length = rows.detailCount.value
    details.add(row, labels, texts)
    rows.setDetailCount(details.length)
  }

  function flush(): void {
    batch.length = rows.length.value
    if (batch.length === 0) return
    batch.details.length = rows.detailCount.value
    sink.onBatch(batch)
    rows.setLength(0)
    rows.setDetailCount(0)
    batch.details.clear()
  }

  /** Whole lines in the kernel's memory. */
  function scanFast(from: number, limit: number, firstRow: number): number {
    let at = from
    let row = firstRow
    while (at < limit) {
      const before = rows.length.value
      const why = rows.scanRows(at, limit, row)
      row += rows.length.value - before
      at = rows.rowStart.value
      if (why === DONE) break
      if (why === BATCH_FULL) flush()
      else if (why === NEW_ROUTE || why === DETAIL_WANTED) {
        if (why === NEW_ROUTE) addRoute()
        if (rows.wantsDetail.value === 1) readDetail()
      } else {
        let to = memory.indexOf(NEWLINE, at)
        if (to === -1 || to > limit) to = limit
        const end = to > at && memory[to - 1] === CARRIAGE_RETURN ? to - 1 : to
        if (end > at) {
          const fields = slowRow(memory.toString('utf8', at, end), row)
          // The kernel cannot tell an address from rubbish.
          const isNode = rows.namesNode.value === 0 || (fields !== undefined && isNodeAddress(fields.node))
          if (why === NEW_FLOW && fields !== undefined && isNode) kernel.addFlow(lastFlow())
        }
        row++
        at = to + 1
      }
    }
    return row - firstRow
  }

  function lastFlow(): number {
    return batch.flow[rows.length.value - 1] as number
  }

  function scanSlowly(lines: Buffer, firstRow: number): number {
    const view = new DataView(lines.buffer, lines.byteOffset, lines.length)
    let row = firstRow
    for (let from = 0; from < lines.length; row++) {
      let to = lines.indexOf(NEWLINE, from)
      if (to === -1) to = lines.length
      const end = to > from && lines[to - 1] === CARRIAGE_RETURN ? to - 1 : to
      if (end > from) {
        if (seenRows !== undefined && isRepeated(seenRows, view, from, end)) sink.onSkipped('repeated', row)
        else slowRow(lines.toString('utf8', from, end), row)
      }
      from = to + 1
    }
    return row - firstRow
  }

  return {
    entities: index.entities,
    block,
    beginInput(format, nodeFromName, seen) {
      seenRows = seen
      isClassic = format === 'classic'
      fileNode = nodeFromName
      kernel.setFileNode(nodeFromName)
    },
    scanLines(lines, firstRow) {
      if (isClassic || seenRows !== undefined || options.acceptsRequest !== undefined)
        return scanSlowly(lines, firstRow)
      if (lines.buffer === memory.buffer) return scanFast(lines.byteOffset, lines.byteOffset + lines.length, firstRow)
      let row = firstRow
      for (let from = 0; from < lines.length; ) {
        const piece = lines.subarray(from, from + block.length)
        const isLast = from + piece.length === lines.length
        const whole = isLast ? piece.length : piece.lastIndexOf(NEWLINE) + 1
        // A row longer than the block: whatever it is, it is none for the kernel.
        if (whole === 0) return row - firstRow + scanSlowly(lines.subarray(from), row)
        block.set(piece.subarray(0, whole))
        row += scanFast(blockStart, blockStart + whole, row)
        from += whole
      }
      return row - firstRow
    },
    flush,
  }
}

function isRepeated(seen: HashIndex, lines: DataView, from: number, to: number): boolean {
  hashBytes(lines, from, to, SEED_HIGH, SEED_LOW)
  if (seen.get(hashHigh, hashLow) !== -1) return true
  seen.set(hashHigh, hashLow, 0)
  return false
}
