import { SEED_HIGH, SEED_LOW } from '../core/hash-index.ts'
import { BATCH_ROWS, type RequestBatch } from '../core/request-batch.ts'
import { detailTexts, LARGEST_DETAIL_BYTES, MOST_LABELS, RowDetails } from '../core/row-details.ts'
import { kernelCode } from './kernel-code.ts'

/** Why `scanRows` came back: see row-kernel/scan-rows.ts. 1 is a row to be read by other means. */
export const DONE = 0
export const NEW_FLOW = 2
export const NEW_ROUTE = 3
export const BATCH_FULL = 4
export const DETAIL_WANTED = 5

/** As long as the longest row that the reader keeps (src/read/line-blocks.ts). */
const BLOCK_BYTES = 1_048_576
/** Words at the end of the block reach over it. */
const SLACK_BYTES = 4_096
const FIELDS_BYTES = 1_024
/** What its kernel compares bytes with. */
const MARKS_BYTES = 64
/** A request line and a target group, to hash. */
const TEXT_BYTES = 131_072
/** Of a table of flows or routes; a power of two. */
const TABLE_SLOTS = 65_536
const SLOT_BYTES = 16
/** Of what is counted in here; with more of them, whoever counts does it elsewhere. Memory that is not used takes none. */
const TALLY_FLOWS = 2_048
const TALLY_STEPS = 1_200_000
const TALLY_ROUTES = 20_002
/** Of `FLOW_STRIDE` numbers and `SERVICE_BINS` counts (src/evidence/traffic-tally.ts). */
const FLOW_BYTES = 64
const HISTOGRAM_BYTES = 672
/** Bytes of a row in all columns. */
const ROW_BYTES = 5 * 8 + 5 * 4 + 2 * 2 + 1
/** Codes of AWS, told apart up to half as many. */
const LABEL_SLOTS = 2 * MOST_LABELS
/** Texts of details in one batch. */
const DETAIL_TEXT_BYTES = 4_194_304
const PAGE_BYTES = 65_536

/** What is used of it: neither `lib` of es2023 nor the types of Node 20 have it. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array)
  }
  class Memory {
    constructor(size: { initial: number; maximum: number })
    readonly buffer: ArrayBuffer
  }
  class Instance {
    constructor(module: Module, imports: { env: { memory: Memory } })
    readonly exports: unknown
  }
}

interface KernelExports {
  setUp(
    seed: bigint,
    marksAt: number,
    fieldsAt: number,
    flowTableAt: number,
    flowSlots: number,
    routeTableAt: number,
    routeSlots: number,
    columnsAt: number,
    rows: number,
  ): void
  setFileNode(from: number, to: number): void
  setOtherRoute(id: number): void
  setRoutesFull(isTrue: number): void
  setLength(rows: number): void
  setDetailCount(count: number): void
  scanRows(from: number, limit: number, firstRow: number): number
  rememberFlow(id: number): void
  rememberRoute(id: number): void
  rememberLabels(id: number): void
  addRoute(from: number, to: number, groupFrom: number, groupTo: number, id: number): void
  readTime(at: number): number
  setUpDetails(
    labelTableAt: number,
    labelSlots: number,
    rowsAt: number,
    labelsAt: number,
    endsAt: number,
    textsAt: number,
    room: number,
  ): void
  setUpTally(
    perFlowAt: number,
    serviceHistogramAt: number,
    stepsAt: number,
    routeRequestsAt: number,
    pickedAt: number,
  ): void
  measureSpan(rows: number): void
  pickSample(rows: number): number
  foldRows(rows: number, stepsPerFlow: number, baseMs: number, stepMs: number): number
  readonly firstEnd: { readonly value: number }
  readonly lastEnd: { readonly value: number }
  readonly websocketRows: { readonly value: number }
  readonly grpcRows: { readonly value: number }
  readonly classicRows: { readonly value: number }
  readonly rowsWithoutStart: { readonly value: number }
  readonly length: { readonly value: number }
  readonly detailCount: { readonly value: number }
  /** 1: the batch has no room for another detail. */
  readonly areTextsFull: { readonly value: number }
  readonly rowStart: { readonly value: number }
  readonly namesNode: { readonly value: number }
  readonly requestStart: { readonly value: number }
  readonly requestEnd: { readonly value: number }
  readonly groupStart: { readonly value: number }
  readonly groupEnd: { readonly value: number }
  readonly wantsDetail: { readonly value: number }
  readonly textStart: { readonly value: number }
  readonly fieldCount: { readonly value: number }
}

/** Counts over all rows, in the kernel's memory: `TallyMemory` of src/evidence/traffic-tally.ts. */
export interface KernelTally {
  readonly perFlow: Float64Array
  readonly serviceHistogram: Uint32Array
  readonly steps: Uint32Array
  readonly routeRequests: Float64Array
  /** Rows of the batch that the last call listed. */
  readonly picked: Int32Array
  spanOf(rows: number): { readonly firstEnd: number; readonly lastEnd: number }
  fold(
    rows: number,
    steps: { readonly perFlow: number; readonly baseMs: number; readonly stepMs: number },
  ): {
    readonly websocketRows: number
    readonly grpcRows: number
    readonly classicRows: number
    readonly rowsWithoutStart: number
    /** Rows in `picked` that waited half a second or longer before they were handed over. */
    readonly waited: number
  }
}

export interface RowKernel {
  readonly exports: KernelExports
  /** All of its memory; positions of the exports are offsets in here. */
  readonly memory: Buffer
  /** Where the rows to read lie: {@link BLOCK_BYTES} long. */
  readonly block: Buffer
  /** Its columns lie in the kernel's memory; `length` is for whoever fills it to set. */
  readonly batch: RequestBatch
  /** Where each field of the last row ends, as far as it has fields. */
  readonly fieldEnds: Int32Array
  readonly tally: KernelTally
  /** Remembers the flow of the row that scanRows came back with. */
  addFlow(id: number): void
  /** Remembers the codes of the row that scanRows came back with. */
  addLabels(id: number): void
  /** Remembers the route of the row that scanRows came back with. */
  addRoute(id: number): void
  /** Remembers the route of a row that it did not read, so that it finds it when there are too many to ask for. */
  addOddRoute(request: Uint8Array, targetGroup: string, id: number): void
  /** Forgets all rows, flows and routes, for another scanner: memory for a new kernel takes milliseconds. */
  clear(): void
  /** For rows that name no node. */
  setFileNode(address: string): void
}

let compiled: WebAssembly.Module | undefined

export function createRowKernel(slots = TABLE_SLOTS): RowKernel {
  compiled ??= new WebAssembly.Module(Buffer.from(kernelCode, 'base64'))
  const fieldsAt = 0
  const marksAt = FIELDS_BYTES
  const textAt = marksAt + MARKS_BYTES
  const flowTableAt = textAt + TEXT_BYTES
  const routeTableAt = flowTableAt + slots * SLOT_BYTES
  const columnsAt = routeTableAt + slots * SLOT_BYTES
  const blockAt = columnsAt + BATCH_ROWS * ROW_BYTES
  const perFlowAt = blockAt + BLOCK_BYTES + SLACK_BYTES
  const histogramAt = perFlowAt + TALLY_FLOWS * FLOW_BYTES
  const stepsAt = histogramAt + TALLY_FLOWS * HISTOGRAM_BYTES
  const routesAt = stepsAt + TALLY_STEPS * 4
  const pickedAt = routesAt + TALLY_ROUTES * 8
  // One more is written than is listed.
  const labelTableAt = alignedTo(16, pickedAt + (BATCH_ROWS + 1) * 4)
  const detailRowsAt = labelTableAt + LABEL_SLOTS * SLOT_BYTES
  const detailLabelsAt = detailRowsAt + BATCH_ROWS * 4
  const textEndsAt = detailLabelsAt + BATCH_ROWS * 4
  const textsAt = textEndsAt + BATCH_ROWS * detailTexts.length * 4
  const textsEnd = textsAt + DETAIL_TEXT_BYTES + LARGEST_DETAIL_BYTES
  const pages = Math.ceil(textsEnd / PAGE_BYTES)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
  const instance = new WebAssembly.Instance(compiled, { env: { memory } })
  const kernel = instance.exports as KernelExports
  // Rows are written by strangers: nobody can aim at two texts with one hash.
  const seed = (BigInt(SEED_HIGH) << 32n) | BigInt(SEED_LOW >>> 0)
  kernel.setUp(seed, marksAt, fieldsAt, flowTableAt, slots, routeTableAt, slots, columnsAt, BATCH_ROWS)
  kernel.setUpDetails(labelTableAt, LABEL_SLOTS, detailRowsAt, detailLabelsAt, textEndsAt, textsAt, DETAIL_TEXT_BYTES)
  kernel.setUpTally(perFlowAt, histogramAt, stepsAt, routesAt, pickedAt)

  const { buffer } = memory
  let next = columnsAt
  const take = (bytes: number): number => {
    const at = next
    next += BATCH_ROWS * bytes
    return at
  }
  const doubles = (): Float64Array => new Float64Array(buffer, take(8), BATCH_ROWS)
  const ints = (): Int32Array => new Int32Array(buffer, take(4), BATCH_ROWS)
  const shorts = (): Uint16Array => new Uint16Array(buffer, take(2), BATCH_ROWS)
  // In the order in which the kernel writes them.
  const batch: RequestBatch = {
    length: 0,
    start: doubles(),
    end: doubles(),
    receivedBytes: doubles(),
    sentBytes: doubles(),
    row: doubles(),
    requestMs: ints(),
    targetMs: ints(),
    responseMs: ints(),
    flow: ints(),
    route: ints(),
    elbStatus: shorts(),
    targetStatus: shorts(),
    flags: new Uint8Array(buffer, take(1), BATCH_ROWS),
    details: new RowDetails({
      row: new Int32Array(buffer, detailRowsAt, BATCH_ROWS),
      labels: new Int32Array(buffer, detailLabelsAt, BATCH_ROWS),
      ends: new Int32Array(buffer, textEndsAt, BATCH_ROWS * detailTexts.length),
      bytes: new Uint8Array(buffer, textsAt, textsEnd - textsAt),
    }),
  }
  const text = Buffer.from(buffer, textAt, TEXT_BYTES)
  // A table that is fuller makes long searches; what is not in it is asked for row by row.
  const mostEntries = slots / 2
  let flows = 0
  let routes = 0
  let labels = 0
  /** For one more route. */
  const hasRoom = (): boolean => {
    if (routes++ < mostEntries) return true
    kernel.setRoutesFull(1)
    return false
  }
  return {
    exports: kernel,
    memory: Buffer.from(buffer),
    block: Buffer.from(buffer, blockAt, BLOCK_BYTES),
    batch,
    fieldEnds: new Int32Array(buffer, fieldsAt, FIELDS_BYTES / 4),
    tally: {
      perFlow: new Float64Array(buffer, perFlowAt, (TALLY_FLOWS * FLOW_BYTES) / 8),
      serviceHistogram: new Uint32Array(buffer, histogramAt, (TALLY_FLOWS * HISTOGRAM_BYTES) / 4),
      steps: new Uint32Array(buffer, stepsAt, TALLY_STEPS),
      routeRequests: new Float64Array(buffer, routesAt, TALLY_ROUTES),
      picked: new Int32Array(buffer, pickedAt, BATCH_ROWS),
      spanOf(rows) {
        kernel.measureSpan(rows)
        return { firstEnd: kernel.firstEnd.value, lastEnd: kernel.lastEnd.value }
      },
      fold(rows, { perFlow, baseMs, stepMs }) {
        const waited = kernel.foldRows(rows, perFlow, baseMs, stepMs)
        return {
          websocketRows: kernel.websocketRows.value,
          grpcRows: kernel.grpcRows.value,
          classicRows: kernel.classicRows.value,
          rowsWithoutStart: kernel.rowsWithoutStart.value,
          waited,
        }
      },
    },
    addFlow(id) {
      if (flows++ < mostEntries) kernel.rememberFlow(id)
    },
    addLabels(id) {
      if (id < MOST_LABELS && labels++ < MOST_LABELS) kernel.rememberLabels(id)
    },
    addRoute(id) {
      if (hasRoom()) kernel.rememberRoute(id)
    },
    clear() {
      flows = routes = labels = 0
      batch.length = 0
      batch.details.forget()
      kernel.setLength(0)
      kernel.setDetailCount(0)
      kernel.setOtherRoute(-1)
      kernel.setRoutesFull(0)
      new Uint8Array(buffer, flowTableAt, 2 * slots * SLOT_BYTES).fill(0)
      new Uint8Array(buffer, labelTableAt, LABEL_SLOTS * SLOT_BYTES).fill(0)
    },
    addOddRoute(request, targetGroup, id) {
      if (!hasRoom()) return
      const groupAt = text.write(targetGroup || '-')
      const length = Math.min(request.length, TEXT_BYTES - groupAt)
      text.set(request.subarray(0, length), groupAt)
      kernel.addRoute(textAt + groupAt, textAt + groupAt + length, textAt, textAt + groupAt, id)
    },
    setFileNode(address) {
      kernel.setFileNode(textAt, textAt + text.write(address))
    },
  }
}

function alignedTo(bytes: number, at: number): number {
  return Math.ceil(at / bytes) * bytes
}
