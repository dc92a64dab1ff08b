import { judgeRow, usableElapsedMs } from '../causes/symptom.ts'
import {
  appendFailure,
  clearFailures,
  type FailureColumns,
  makeFailures,
  trimFailures,
} from '../core/failure-columns.ts'
import type { HashIndex } from '../core/hash-index.ts'
import { FLAG_CLASSIC, FLAG_WEBSOCKET, type Flow, type RequestBatch, type Route } from '../core/request-batch.ts'
import type { Symptom } from '../core/vocabulary.ts'
import { type KeptRows, RowWindows } from '../evidence/row-windows.ts'
import { copyTally, foldTraffic, makeTally, type TrafficTally } from '../evidence/traffic-tally.ts'
import { cutRowStart, lastWholeRow } from '../formats/cut-row.ts'
import { DETECT_BYTES, detectFormat, type LogDetection } from '../formats/detect.ts'
import { formatById } from '../formats/index.ts'
import { parseRow } from '../formats/parse-row.ts'
import { createRowConverter, type RowConverter } from '../formats/records.ts'
import { contradictionsOf } from '../formats/request-fields.ts'
import { createRequestScanner } from '../formats/request-scanner.ts'
import { createRowKernel } from '../formats/row-kernel.ts'
import { type ByteRange, readBlocks } from '../read/byte-chunks.ts'
import { type PackedTexts, TextPacker } from './failure-texts.ts'
import { compileFilter, type FilterSpec } from './row-filter.ts'

/** One file, or a range of a large one: what a worker does in one go. Plain data. */
export interface UnitSpec {
  readonly unit: number
  readonly path: string
  readonly range: ByteRange | null
  /** Log text in it, inflated; estimated for gzip, 0 for pipes. */
  readonly bytes: number
  /** null: standard input, whose first block decides. */
  readonly detection: LogDetection | null
  /** Node address from the file's name, or ''. */
  readonly node: string
}

export interface ScanSettings {
  readonly filter: FilterSpec
  /** Failures whose text is kept, earliest first. */
  readonly failureTexts: number
  /** Rows that are kept for lags and levels. */
  readonly keptRows: number
  /** One row in this many leaves a fingerprint, so that overlapping inputs are noticed. */
  readonly fingerprintEvery: number
}

/** The text of one failure; `index` points into the unit's failures. */
export interface FailureText {
  index: number
  readonly end: number
  readonly text: string
  readonly client: string | null
  readonly request: string | null
  /** With its escapes. */
  readonly userAgent: string | null
}

export interface RejectedGroup {
  readonly flow: number
  readonly symptom: Symptom
  readonly elbStatus: number
  readonly errorReason: string | null
  readonly actions: string | null
  readonly classificationReason: string | null
  /** Requests without a body whose head alone is above 16 KB (16,384 bytes: the limit of a line and of a header). */
  readonly hasLargeHead: boolean
  count: number
  firstEnd: number
  lastEnd: number
  readonly samples: { readonly row: number; readonly text: string }[]
}

/** What was read of one unit, in numbers. */
export interface UnitBooks {
  readonly unit: number
  readonly bytes: number
  /** Lines, blank ones included: where the next unit of the same input starts to count. */
  readonly lines: number
  readonly format: string
  readonly rows: number
  readonly parsed: number
  /** Parsed rows that are requests (ALB, Classic). */
  readonly requests: number
  readonly bad: number
  readonly badSamples: readonly string[]
  readonly filtered: number
  readonly repeated: number
  readonly truncated: string | null
  readonly isComplete: boolean
}

/** Routes in the order of their ids. The group's long name goes from thread to thread once for all that follow. */
export interface RoutesOfGroup {
  readonly targetGroup: string
  readonly texts: string[]
}

export interface UnitResult extends UnitBooks {
  readonly newFlows: readonly Flow[]
  readonly newRoutes: readonly RoutesOfGroup[]
  readonly failures: FailureColumns
  readonly texts: PackedTexts
  readonly rejected: readonly RejectedGroup[]
  readonly contradictions: readonly {
    readonly what: string
    rows: number
    readonly samples: { row: number; text: string }[]
  }[]
  readonly fingerprints: Float64Array
}

export interface ScanTotals {
  readonly tally: TrafficTally
  readonly kept: KeptRows
}

export interface UnitScanner {
  /** `seen` makes repeated rows count once, exactly. Stops early when `isStopped` says so. */
  scan(spec: UnitSpec, hooks: ScanHooks): Promise<UnitResult>
  totals(): ScanTotals
}

export interface ScanHooks {
  readonly isStopped: () => boolean
  /** Failures that end later need no text, but for a few of every kind. */
  readonly lateAfter: () => number
  readonly onBytes: (bytes: number) => void
  readonly seen?: HashIndex | undefined
}

const SHORT_LIMIT = 500
const SLOT_MS = 600_000
const MOST_REJECTED_GROUPS = 5_000

export function createUnitScanner(settings: ScanSettings, kernel = createRowKernel()): UnitScanner {
  const filter = compileFilter(settings.filter)
  const tally = makeTally(kernel.tally)
  const windows = new RowWindows(settings.keptRows)
  const texts = new TextPacker(settings.failureTexts)
  // Of the unit that is read; its room is used again, since what is thrown away waits for a collector.
  const failures = makeFailures()
  let state = makeUnitState()
  let sentFlows = 0
  let sentRoutes = 0

  const scanner = createRequestScanner(
    {
      onBatch(batch) {
        state.parsed += batch.length
        state.requests += batch.length
        fingerprint(batch)
        const removed = filter.apply(batch, scanner.entities.flows)
        state.filtered += removed
        state.parsed -= removed
        state.requests -= removed
        const { flows, routes } = scanner.entities
        const span = kernel.tally.spanOf(batch.length)
        foldTraffic(tally, batch, span, flows.length, routes.length, kernel.tally)
        windows.add(batch, span)
        for (let n = 0; n < batch.details.length; n++) judge(batch, n)
      },
      onBad,
      onSkipped(why) {
        if (why === 'repeated') state.repeated++
        else state.filtered++
      },
    },
    { kernel, ...(filter.acceptsRequest && { acceptsRequest: filter.acceptsRequest }) },
  )

  function onBad(text: string, row = -1): void {
    state.bad++
    state.lastBadRow = row
    if (state.badSamples.length < 5) state.badSamples.push(text.slice(0, SHORT_LIMIT))
  }

  /** Rows that are the same in every column are the same row, as far as this can tell; the exact pass decides. */
  function fingerprint(batch: RequestBatch): void {
    const isAll = settings.fingerprintEvery <= 1
    const count = isAll ? batch.length : kernel.exports.pickSample(batch.length)
    // The bits of the two times: a float's remainder would cost more than parsing the row.
    const ends = new Int32Array(batch.end.buffer, batch.end.byteOffset, 2 * batch.length)
    const starts = new Int32Array(batch.start.buffer, batch.start.byteOffset, 2 * batch.length)
    for (let n = 0; n < count; n++) {
      const i = isAll ? n : (kernel.tally.picked[n] as number)
      const bits = Math.imul((ends[2 * i] as number) ^ Math.imul(ends[2 * i + 1] as number, 0x85ebca6b), 0x9e3779b1)
      const others =
        Math.imul((batch.sentBytes[i] as number) | 0, 0x85ebca6b) ^
        Math.imul((batch.receivedBytes[i] as number) | 0, 0xc2b2ae35) ^
        Math.imul((batch.targetMs[i] as number) + 7, 0x27d4eb2f) ^
        Math.imul((starts[2 * i] as number) ^ (starts[2 * i + 1] as number), 0x165667b1) ^
        Math.imul(batch.elbStatus[i] as number, 0x2545f491)
      // 53 bits, all that a number holds; the first eight of `bits` are the same in every print of a sample.
      state.fingerprints.push((bits & 0xff_ffff) * 2 ** 29 + ((others ^ (others << 13)) >>> 3))
    }
  }

  /** The row of detail `n`. */
  function judge(batch: RequestBatch, n: number): void {
    const i = batch.details.rowOf(n)
    const labels = batch.details.labelsOf(n)
    const isClassic = ((batch.flags[i] as number) & FLAG_CLASSIC) !== 0
    const { loadBalancer, targetGroup, target } = scanner.entities.flows[batch.flow[i] as number] as Flow
    const row = {
      target,
      targetGroup,
      isWebSocket: ((batch.flags[i] as number) & FLAG_WEBSOCKET) !== 0,
      start: batch.start[i] as number,
      end: batch.end[i] as number,
      requestMs: batch.requestMs[i] as number,
      targetMs: batch.targetMs[i] as number,
      responseMs: batch.responseMs[i] as number,
      elbStatus: batch.elbStatus[i] as number,
      targetStatus: batch.targetStatus[i] as number,
    }
    const sum = Math.max(0, row.requestMs) + Math.max(0, row.targetMs) + Math.max(0, row.responseMs)
    const elapsedMs = usableElapsedMs(row.end, row.start, sum)
    const verdict = judgeRow({
      loadBalancerKind: isClassic ? 'classic' : 'alb',
      elbStatus: row.elbStatus || undefined,
      targetStatus: row.targetStatus || undefined,
      hasTarget: target !== '',
      hasTargetGroup: labels.hasTargetGroup,
      requestSeconds: row.requestMs < 0 ? undefined : row.requestMs / 1000,
      elapsedMs,
      errorReason: labels.errorReason,
      actions: labels.actions,
    })
    if (verdict === undefined) return
    if (!isClassic) for (const what of contradictionsOf(row, labels)) contradict(what, batch, n)
    if (verdict.kind === 'rejected') {
      reject(batch, n, verdict.symptom)
      return
    }
    const index = appendFailure(failures, batch, n, verdict, state.unit, elapsedMs)
    const slot = `${loadBalancer}|${targetGroup}|${verdict.symptom}|${Math.floor(row.end / SLOT_MS)}`
    const inSlot = (state.slots.get(slot) ?? 0) + 1
    state.slots.set(slot, inSlot)
    // A few of every kind, so that each finding has sample rows.
    const isLoose = inSlot > 2
    if (!isLoose || row.end <= state.lateAfter()) texts.add(batch.details, n, index, row.end, isLoose)
  }

  function contradict(what: string, batch: RequestBatch, n: number): void {
    let known = state.contradictions.get(what)
    if (known === undefined) {
      known = { what, rows: 0, samples: [] }
      state.contradictions.set(what, known)
    }
    known.rows++
    if (known.samples.length < 2) known.samples.push(sampleOf(batch, n))
  }

  function reject(batch: RequestBatch, n: number, symptom: Symptom): void {
    const i = batch.details.rowOf(n)
    const { errorReason, actions, classificationReason } = batch.details.labelsOf(n)
    const flow = batch.flow[i] as number
    const elbStatus = batch.elbStatus[i] as number
    const { loadBalancer, targetGroup } = scanner.entities.flows[flow] as Flow
    const reasons = [errorReason, actions, classificationReason]
    const hasLargeHead = elbStatus === 400 && isLargeHead(batch, n)
    const key = [loadBalancer, targetGroup, symptom, elbStatus, hasLargeHead, ...reasons].join('|')
    const end = batch.end[i] as number
    let group = state.rejected.get(key)
    if (group === undefined) {
      if (state.rejected.size >= MOST_REJECTED_GROUPS) return
      group = {
        flow,
        symptom,
        elbStatus,
        errorReason: errorReason ?? null,
        actions: actions ?? null,
        classificationReason: classificationReason ?? null,
        hasLargeHead,
        count: 0,
        firstEnd: end,
        lastEnd: end,
        samples: [],
      }
      state.rejected.set(key, group)
    }
    group.count++
    group.firstEnd = Math.min(group.firstEnd, end)
    group.lastEnd = Math.max(group.lastEnd, end)
    if (group.samples.length < 3) group.samples.push(sampleOf(batch, n))
  }

  return {
    async scan(spec, hooks) {
      state = makeUnitState(spec.unit, hooks.lateAfter)
      texts.begin()
      clearFailures(failures)
      let begun: Reader | undefined
      const begin = (detection: LogDetection): Reader => {
        const { format, carrier } = detection
        const isRequests = format === 'alb' || format === 'classic'
        if (isRequests) scanner.beginInput(format, spec.node, hooks.seen)
        return { detection, isRequests, converter: carrier === 'rows' ? undefined : createRowConverter(detection) }
      }
      if (spec.detection) begun = begin(spec.detection)
      let row = 1

      const scanLines = ({ isRequests, detection }: Reader, lines: Buffer): void => {
        if (lines.length === 0) return
        if (isRequests) row += scanner.scanLines(lines, row)
        else row += countOtherRows(detection.format, lines)
      }
      function countOtherRows(id: LogDetection['format'], lines: Buffer): number {
        const table = formatById(id)
        let count = 0
        for (const line of lines.toString('utf8').split('\n')) {
          if (line.trim() === '') continue
          count++
          if (parseRow(table, line).isBad) onBad(line)
          else state.parsed++
        }
        return count
      }

      let bytes = 0
      let rowBefore: Uint8Array = new Uint8Array(0)
      let isRowCut = false
      const read = await readBlocks(
        spec.path,
        spec.range,
        (block, isLast) => {
          bytes += block.length
          hooks.onBytes(block.length)
          if (block.length === 0 && hooks.isStopped()) throw new Stopped()
          begun ??= begin(detectBlock(block))
          const cutAt = isLast && !begun.converter ? cutRowStart(block, rowBefore) : -1
          if (!isLast) rowBefore = lastWholeRow(block)
          const lines = cutAt < 0 ? block : block.subarray(0, cutAt)
          scanLines(begun, begun.converter ? Buffer.from(begun.converter.push(lines)) : asBuffer(lines))
          if (cutAt >= 0) {
            isRowCut = true
            row++
            onBad(asBuffer(block.subarray(cutAt)).toString('utf8'))
          }
          if (hooks.isStopped()) throw new Stopped()
        },
        {
          onEndlessRow: (size) => onBad(`(one row of ${size} bytes without a newline: skipped)`),
          isStopped: hooks.isStopped,
          buffer: scanner.block,
        },
      ).catch((error: unknown) => {
        if (!(error instanceof Stopped)) throw error
        return { bytes, truncated: null, endsWithoutNewline: false, isStopped: true }
      })
      const isComplete = !read.isStopped
      begun ??= begin(detectBlock(new Uint8Array(0)))
      if (begun.converter) scanLines(begun, Buffer.from(begun.converter.end()))
      scanner.flush()
      const cut =
        isRowCut || (read.endsWithoutNewline && state.lastBadRow === row - 1 && state.bad > 0)
          ? 'the last row is cut: the file ends in the middle of it'
          : null

      const { flows, routes } = scanner.entities
      const newFlows = flows.slice(sentFlows)
      const newRoutes = packRoutes(routes.slice(sentRoutes))
      sentFlows = flows.length
      sentRoutes = routes.length
      return {
        unit: spec.unit,
        bytes: read.bytes,
        lines: row - 1,
        format: begun.detection.name,
        rows: state.parsed + state.bad + state.filtered + state.repeated,
        parsed: state.parsed,
        requests: state.requests,
        bad: state.bad,
        badSamples: state.badSamples,
        filtered: state.filtered,
        repeated: state.repeated,
        truncated: read.truncated ?? cut,
        isComplete,
        newFlows,
        newRoutes,
        failures: trimFailures(failures),
        texts: texts.finish(),
        rejected: [...state.rejected.values()],
        contradictions: [...state.contradictions.values()],
        fingerprints: Float64Array.from(state.fingerprints),
      }
    },
    totals: () => ({ tally: copyTally(tally), kept: windows.finish() }),
  }
}

interface Reader {
  readonly detection: LogDetection
  readonly isRequests: boolean
  readonly converter: RowConverter | undefined
}

/** Standard input that is no log. */
export class NotALog extends Error {}

function detectBlock(block: Uint8Array): LogDetection {
  const detection = detectFormat(block.subarray(0, DETECT_BYTES))
  if (detection.kind === 'log') return detection
  throw new NotALog(detection.kind === 'gzip' ? 'gzip inside gzip' : detection.seen)
}

/** Thrown out of a reader to end it early. */
class Stopped extends Error {}

function makeUnitState(unit = -1, lateAfter = (): number => Number.POSITIVE_INFINITY) {
  return {
    unit,
    lateAfter,
    parsed: 0,
    requests: 0,
    bad: 0,
    badSamples: [] as string[],
    lastBadRow: -1,
    filtered: 0,
    repeated: 0,
    slots: new Map<string, number>(),
    rejected: new Map<string, RejectedGroup>(),
    contradictions: new Map<string, { what: string; rows: number; samples: { row: number; text: string }[] }>(),
    fingerprints: [] as number[],
  }
}

const HEAD_LIMIT = 16_384

/** `GET https://shop.example:443/cart HTTP/1.1` with 20 KB received: all of it is the head. */
function isLargeHead({ details, receivedBytes }: RequestBatch, n: number): boolean {
  const request = details.textOf(n, 'request')
  if (details.labelsOf(n).classificationReason !== undefined || request === undefined) return false
  return (
    (receivedBytes[details.rowOf(n)] as number) > HEAD_LIMIT && /^(GET|HEAD|OPTIONS|DELETE) \S+ HTTP\/\d/.test(request)
  )
}

function sampleOf({ details, row }: RequestBatch, n: number): { row: number; text: string } {
  return { row: row[details.rowOf(n)] as number, text: details.textOf(n, 'text') ?? '' }
}

function asBuffer(block: Uint8Array): Buffer {
  return Buffer.isBuffer(block) ? block : Buffer.from(block.buffer, block.byteOffset, block.length)
}

function packRoutes(routes: readonly Route[]): RoutesOfGroup[] {
  const packed: RoutesOfGroup[] = []
  for (const { targetGroup, text } of routes) {
    const last = packed.at(-1)
    if (last?.targetGroup === targetGroup) last.texts.push(text)
    else packed.push({ targetGroup, texts: [text] })
  }
  return packed
}
