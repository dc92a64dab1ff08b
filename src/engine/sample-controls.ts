import { createRowConverter } from '../formats/records.ts'
import { readRequestFields } from '../formats/request-fields.ts'
import { detachedText } from '../joins/detached.ts'
import type { ControlRequest } from '../joins/subjects.ts'
import { readBlocks } from '../read/byte-chunks.ts'
import type { Incident } from './incident.ts'
import type { UnitSpec } from './unit-scan.ts'

const MOST_CONTROLS = 40_000
const NEWLINE = 0x0a

/** Log text that is read a second time, and only when there are witnesses. */
const MOST_BYTES = 256_000_000

export interface Controls {
  readonly controls: readonly ControlRequest[]
  /** One healthy request in this many. */
  readonly every: number
}

/**
 * Requests that targets answered below 500, with their trace ids, which the columns do not keep. Files with failures
 * first: coverage is asked for around them.
 */
export async function sampleControls(
  units: readonly UnitSpec[],
  incident: Pick<Incident, 'failures'>,
  requests: number,
  signal: AbortSignal,
): Promise<Controls> {
  const failuresOf = new Map<number, number>()
  for (let i = 0; i < incident.failures.length; i++) {
    const unit = incident.failures.unit[i] as number
    failuresOf.set(unit, (failuresOf.get(unit) ?? 0) + 1)
  }
  const order = units
    .filter((unit) => unit.path !== '-' && isAccessLog(unit))
    .map((unit, index) => ({ unit, failures: failuresOf.get(unit.unit) ?? 0, index }))
    .sort((a, b) => b.failures - a.failures || a.index - b.index)
  const every = Math.max(1, Math.ceil(requests / MOST_CONTROLS))
  const controls: ControlRequest[] = []
  let bytes = 0
  let isWhole = true
  for (const { unit } of order) {
    if (bytes > MOST_BYTES || signal.aborted) {
      isWhole = false
      break
    }
    bytes += await readUnit(unit, every, controls)
  }
  return { controls, every: isWhole ? every : Math.max(2, every) }
}

function isAccessLog({ detection }: UnitSpec): boolean {
  return detection === null || detection.format === 'alb' || detection.format === 'classic'
}

async function readUnit(unit: UnitSpec, every: number, controls: ControlRequest[]): Promise<number> {
  const isClassic = unit.detection?.format === 'classic'
  const converter = unit.detection && unit.detection.carrier !== 'rows' ? createRowConverter(unit.detection) : undefined
  let bytes = 0
  const take = (block: Uint8Array): void => {
    bytes += block.byteLength
    const rows = Buffer.from(block.buffer, block.byteOffset, block.byteLength)
    for (let at = 0; at < rows.length; ) {
      let end = rows.indexOf(NEWLINE, at)
      if (end < 0) end = rows.length
      // The hash of the row decides, so that the same input gives the same controls.
      if (end > at + 40 && (every === 1 || hash(rows, at + 20, end) % every === 0)) {
        const control = controlOf(rows.toString('latin1', at, end), isClassic)
        if (control !== undefined) controls.push(control)
      }
      at = end + 1
    }
  }
  try {
    await readBlocks(unit.path, unit.range, (block, isLast) => {
      take(converter ? converter.push(block) : block)
      if (isLast && converter) take(converter.end())
    })
  } catch {
    // The first reading has reported it.
  }
  return bytes
}

function controlOf(line: string, isClassic: boolean): ControlRequest | undefined {
  const row = readRequestFields(line, isClassic)
  if (row === undefined || row.targetStatus === 0 || row.targetStatus >= 500 || row.elbStatus >= 460) return undefined
  if (row.type === 'ws' || row.type === 'wss') return undefined
  const { traceId, start, end, targetStatus, receivedBytes, sentBytes, target, request } = row
  return {
    traceId: traceId === undefined ? undefined : detachedText(traceId),
    start,
    end,
    targetStatus,
    receivedBytes,
    sentBytes,
    target: detachedText(target),
    request: detachedText(request),
  }
}

function hash(row: Uint8Array, from: number, to: number): number {
  let value = 0x811c9dc5
  for (let i = from; i < to; i += 7) value = Math.imul(value ^ (row[i] as number), 0x01000193)
  return value >>> 0
}
