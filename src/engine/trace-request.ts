import { judgeRow, usableElapsedMs } from '../causes/symptom.ts'
import { AppError, fail } from '../core/errors.ts'
import { makeFailures } from '../core/failure-columns.ts'
import { formatCount } from '../core/format-count.ts'
import { traceIdsIn } from '../core/trace-id.ts'
import { detectFormat } from '../formats/detect.ts'
import { createRowConverter } from '../formats/records.ts'
import { readRequestFields } from '../formats/request-fields.ts'
import type { Testimony } from '../joins/testimony.ts'
import { subjectsOfTrace, type TimelineEntry, type TracedRow, timelineOf } from '../joins/trace-timeline.ts'
import { readBlocks } from '../read/byte-chunks.ts'
import { findInputs } from '../read/inputs.ts'
import { planUnits } from './plan-units.ts'
import { readTestimony, type WitnessOptions } from './read-witnesses.ts'
import { sampleControls } from './sample-controls.ts'
import type { UnitSpec } from './unit-scan.ts'
import { findWitnesses } from './witness-files.ts'

export interface TraceOptions {
  readonly traceId: string
  readonly paths: readonly string[]
  readonly witnesses: readonly string[]
  readonly useWitnesses: boolean
  readonly witnessOptions: WitnessOptions
  readonly signal: AbortSignal
}

export interface RequestTrace {
  readonly traceId: string
  readonly rows: readonly TracedRow[]
  readonly timeline: readonly TimelineEntry[]
  /** Witnesses that say nothing of it, and whether that says anything. */
  readonly silent: readonly { readonly name: string; readonly kind: string; readonly why: string }[]
  readonly unreadable: readonly { readonly name: string; readonly why: string }[]
}

const MOST_ROWS = 50

/** One request's way through every log. */
export async function traceRequest(options: TraceOptions): Promise<RequestTrace> {
  const traceId = traceIdsIn(options.traceId)[0]
  if (traceId === undefined)
    return fail('USAGE', {
      what: `--trace ${options.traceId}: no trace id. It looks like Root=1-6b03a28e-1be26d49f746c583d5d1e4ac`,
    })
  const inputs = await findInputs(options.paths, detectFormat)
  const plan = planUnits(inputs, 1)
  const found = await findWitnesses(
    options.witnesses,
    inputs,
    options.useWitnesses,
    options.witnessOptions.nginxLogFormat,
  )
  if (plan.units.length === 0 && found.files.length === 0)
    throw new AppError('INPUT_NONE', { paths: options.paths.join(' '), seen: 'no log among them' })
  const rows: TracedRow[] = []
  const withRow: UnitSpec[] = []
  for (const unit of plan.units) {
    if (options.signal.aborted) break
    const before = rows.length
    await findRows(unit, traceId, inputName(plan, unit), rows)
    if (rows.length > before) withRow.push(unit)
  }
  // Healthy neighbours of the row measure the witnesses' clocks and show what they cover.
  const { controls } = await sampleControls(
    withRow.length > 0 ? withRow : plan.units.slice(0, 1),
    { failures: makeFailures() },
    plan.textBytes / 500,
    options.signal,
  )
  const subjects = subjectsOfTrace(traceId, rows, controls)
  const testimonies: Testimony[] = []
  const unreadable = [...found.unknown, ...plan.unreadable]
  for (const file of found.files) {
    if (options.signal.aborted) break
    try {
      testimonies.push(await readTestimony(file, subjects, options.witnessOptions))
    } catch (error) {
      unreadable.push({ name: file.name, why: (error as Error).message })
    }
  }
  return { traceId, rows, timeline: timelineOf(rows, testimonies), silent: silentOf(testimonies, rows), unreadable }
}

function inputName(plan: ReturnType<typeof planUnits>, unit: UnitSpec): string {
  return plan.inputs.find((input) => input.units.includes(unit.unit))?.name ?? unit.path
}

async function findRows(unit: UnitSpec, traceId: string, input: string, rows: TracedRow[]): Promise<void> {
  const needle = Buffer.from(traceId)
  const isClassic = unit.detection?.format === 'classic'
  const converter = unit.detection && unit.detection.carrier !== 'rows' ? createRowConverter(unit.detection) : undefined
  const look = (block: Uint8Array): void => {
    const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength)
    for (let at = bytes.indexOf(needle); at >= 0 && rows.length < MOST_ROWS; ) {
      const from = bytes.lastIndexOf(10, at) + 1
      const newline = bytes.indexOf(10, at)
      const to = newline < 0 ? bytes.length : newline
      const row = tracedRow(bytes.toString('utf8', from, to), isClassic, unit, input)
      // Ids also stand in URLs and user agents of other requests.
      if (row && traceIdsIn(row.traceId)[0] === traceId) rows.push(row)
      at = bytes.indexOf(needle, to)
    }
  }
  await readBlocks(unit.path, unit.range, (block, isLast) => {
    look(converter ? converter.push(block) : block)
    if (isLast && converter) look(converter.end())
  })
}

function tracedRow(raw: string, isClassic: boolean, unit: UnitSpec, input: string): TracedRow | undefined {
  const fields = readRequestFields(raw, isClassic)
  if (fields?.traceId === undefined) return undefined
  const { requestMs, targetMs, responseMs } = fields
  const sum = Math.max(0, requestMs) + Math.max(0, targetMs) + Math.max(0, responseMs)
  const verdict = judgeRow({
    loadBalancerKind: isClassic ? 'classic' : 'alb',
    elbStatus: fields.elbStatus || undefined,
    targetStatus: fields.targetStatus || undefined,
    hasTarget: fields.target !== '',
    hasTargetGroup: fields.labels.hasTargetGroup,
    requestSeconds: requestMs < 0 ? undefined : requestMs / 1000,
    elapsedMs: usableElapsedMs(fields.end, fields.start, sum),
    errorReason: fields.labels.errorReason,
    actions: fields.labels.actions,
  })
  return {
    ...fields,
    input,
    raw,
    traceId: fields.traceId,
    node: fields.node === '' ? unit.node : fields.node,
    symptom: verdict?.symptom,
  }
}

function silentOf(testimonies: readonly Testimony[], rows: readonly TracedRow[]): RequestTrace['silent'] {
  return testimonies.flatMap((testimony) => {
    const isLog = testimony.role !== 'none'
    if (testimony.hits.length > 0 || (!isLog && testimony.kind !== 'sentry')) return []
    const healthy = testimony.controlsSeen.reduce((sum, seen) => sum + (seen === 0 ? 0 : 1), 0)
    const at = rows[0]?.end
    const isOutside =
      at !== undefined &&
      (testimony.lastMs + (testimony.shiftMs ?? 0) < at - 1_000 || testimony.firstMs + (testimony.shiftMs ?? 0) > at)
    const why = isOutside
      ? 'it covers another time'
      : healthy > 0
        ? `it covers the time: ${formatCount(healthy)} healthy requests beside it are there`
        : isLog
          ? 'nothing shows that it covers this load balancer’s requests'
          : 'no event of that request'
    return [{ name: testimony.name, kind: testimony.kind, why }]
  })
}
