import { availableParallelism } from 'node:os'
import type { Diagnosis } from '../core/diagnosis.ts'
import { AppError } from '../core/errors.ts'
import { concatFailures } from '../core/failure-columns.ts'
import { joinKept, type KeptPart } from '../evidence/kept-traffic.ts'
import { mergeTally } from '../evidence/traffic-tally.ts'
import { detectFormat } from '../formats/detect.ts'
import { findInputs } from '../read/inputs.ts'
import { findOverlaps, type UnitPrints } from './find-overlaps.ts'
import type { Gathered } from './gathered.ts'
import { type Incident, makeIncident, targetKey } from './incident.ts'
import { type InputPlan, planUnits, type ReadPlan } from './plan-units.ts'
import type { Heard, WitnessOptions } from './read-witnesses.ts'
import { dismissWorkers, SMALL_BYTES } from './ready-workers.ts'
import { Translation } from './registry.ts'
import { release } from './release.ts'
import { type FilterSpec, noFilter } from './row-filter.ts'
import { scanAll } from './scan-all.ts'
import type { ScanTotals, UnitBooks, UnitResult } from './unit-scan.ts'
import type { Verdict } from './verdicts.ts'
import { findWitnesses, type WitnessFiles } from './witness-files.ts'

export interface DiagnoseOptions {
  /** Files, folders, globs, `-`. */
  readonly paths: readonly string[]
  readonly filter?: FilterSpec
  readonly idleTimeoutSeconds?: number
  /** Failures kept as rows in the diagnosis. Default 10,000. */
  readonly failureRows?: number
  /** Worker threads; 0 reads in this thread. Default: by processors and by how much there is to read. */
  readonly jobs?: number
  /** Other sources: files, folders, globs, `KIND=FILE`. Those among `paths` are found by themselves. */
  readonly witnesses?: readonly string[]
  /** false: the load balancer's log alone, whatever lies beside it. */
  readonly useWitnesses?: boolean
  readonly witnessOptions?: WitnessOptions
  /** What was gathered will be saved: it must answer witnesses that turn up later. */
  readonly isSaved?: boolean
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: Progress) => void
  readonly version: string
  readonly now?: () => Date
}

export interface Progress {
  /** Log text read so far, inflated. */
  readonly bytes: number
  /** Estimate of all of it, or null when it cannot be known (standard input). */
  readonly totalBytes: number | null
  readonly rows: number
  readonly failures: number
}

export interface DiagnoseResult {
  readonly diagnosis: Diagnosis
  /** One per failure, in time order. */
  readonly verdicts: () => Iterable<Verdict>
  /** Inputs that could not be read, or not to their end, although others could. */
  readonly hasUnreadable: boolean
  /** What the diagnosis was made from; undefined when nobody said that it will be saved. */
  readonly gathered: Gathered | undefined
}

/** Rows that are kept in whole windows of time for lags and levels, over all workers. */
const KEPT_ROWS = 400_000
const FINGERPRINT_ALL_BYTES = 100_000_000
const FAILURE_ROWS = 10_000

/** Reads, parses, collects, judges: one run. Throws AppError when nothing can be read. */
export async function diagnose(options: DiagnoseOptions): Promise<DiagnoseResult> {
  return judgeGathered(await gather(options), options)
}

/** Everything of a run that needs the logs. */
async function gather(options: DiagnoseOptions): Promise<Gathered> {
  const signal = options.signal ?? new AbortController().signal
  const inputs = await findInputs(options.paths, detectFormat)
  const processors = availableParallelism()
  const found = await findWitnesses(
    options.witnesses ?? [],
    inputs,
    options.useWitnesses !== false,
    options.witnessOptions?.nginxLogFormat,
  )
  const plan = withWitnessNotes(planUnits(inputs, options.jobs ?? processors), found)
  if (plan.units.length === 0) failWithoutLog(options.paths, plan)
  // Waiting for a pipe in this thread would leave Ctrl-C unheard.
  const isSmall = plan.textBytes < SMALL_BYTES && !plan.hasStdin
  const jobs = options.jobs ?? (isSmall ? 0 : Math.min(processors, plan.units.length))
  const read = (exactUnits: ReadonlySet<number>) => readAll(plan, { ...options, signal, jobs, exactUnits })

  const reading = read(new Set())
  dismissWorkers()
  // All causes and fixes, half of what there is to load, while the workers read.
  void import('./build-diagnosis.ts')
  let run = await reading
  // Rows that stand in two inputs would be counted twice: read those inputs again, row by row.
  const overlaps = signal.aborted || plan.hasStdin ? new Set<number>() : findOverlaps(run.results, plan)
  if (overlaps.size > 0) run = await read(overlaps)
  if (run.results.length === 0 && !signal.aborted) failWithoutLog(options.paths, plan)

  const { incident } = run
  const heard = await hear(found, plan, run, { ...options, signal })
  return {
    incident,
    inputs: plan.inputs,
    unreadable: plan.unreadable,
    results: run.results.map(({ fingerprints, ...books }) => books),
    failed: run.failed,
    overlapping: overlaps,
    isComplete: !signal.aborted,
    filter: options.filter ?? noFilter,
    joined: heard.joined,
    unheard: heard.unheard,
    idleTimeoutSeconds: options.idleTimeoutSeconds,
    failureRows: options.failureRows ?? FAILURE_ROWS,
  }
}

/** Most runs have no witness, and need not load what understands them. */
async function hear(
  found: WitnessFiles,
  { units }: ReadPlan,
  { incident, results }: ReadRun,
  { witnessOptions, isSaved, signal }: DiagnoseOptions & { readonly signal: AbortSignal },
): Promise<Heard> {
  if (found.files.length === 0 && !isSaved) return { joined: undefined, unheard: found.unknown }
  const { askWitnesses } = await import('./ask-witnesses.ts')
  const requests = results.reduce((sum, result) => sum + result.requests, 0)
  return askWitnesses(found, {
    units,
    incident,
    requests,
    options: witnessOptions ?? {},
    isSaved: isSaved === true,
    signal,
  })
}

export async function judgeGathered(
  gathered: Gathered,
  { version, now, isSaved }: Pick<DiagnoseOptions, 'version' | 'now' | 'isSaved'>,
): Promise<DiagnoseResult> {
  const { buildDiagnosis } = await import('./build-diagnosis.ts')
  const { results, unreadable, failed, unheard } = gathered
  const built = buildDiagnosis({ ...gathered, version, now: now?.() ?? new Date() })
  // A report needs none of them, but memory.
  if (!isSaved) release(...gathered.incident.kept.byTarget.values())
  return {
    gathered: isSaved ? gathered : undefined,
    ...built,
    hasUnreadable:
      unreadable.length > 0 || failed.size > 0 || unheard.length > 0 || results.some((each) => each.truncated !== null),
  }
}

/** Its columns live in the incident by now. */
function booksOfUnit(result: UnitResult): UnitBooks & UnitPrints {
  const { newFlows, newRoutes, failures, texts, rejected, contradictions, ...books } = result
  return books
}

/** A witness among the logs is no stray file. */
function withWitnessNotes(plan: ReadPlan, { files }: WitnessFiles): ReadPlan {
  const formats = new Map(files.map((file) => [file.name, file.format]))
  const inputs = plan.inputs.map((input) => {
    const format = input.units.length === 0 ? formats.get(input.name) : undefined
    return format === undefined ? input : { ...input, note: `a witness (${format})` }
  })
  return { ...plan, inputs }
}

interface ReadRun {
  readonly incident: Incident
  readonly results: readonly (UnitBooks & UnitPrints)[]
  /** Unit to why it could not be read. */
  readonly failed: ReadonlyMap<number, string>
}

interface ReadOptions extends DiagnoseOptions {
  readonly signal: AbortSignal
  readonly jobs: number
  readonly exactUnits: ReadonlySet<number>
}

async function readAll(plan: ReadPlan, options: ReadOptions): Promise<ReadRun> {
  const failureRows = options.failureRows ?? FAILURE_ROWS
  const incident = makeIncident(failureRows)
  const results: (UnitBooks & UnitPrints)[] = []
  const failed = new Map<number, string>()
  const translations: Translation[] = []
  const parts: KeptPart[] = []
  let bytes = 0
  let rows = 0
  const translationOf = (worker: number): Translation => {
    translations[worker] ??= new Translation(incident.registry)
    return translations[worker]
  }
  const report = (): void =>
    options.onProgress?.({
      bytes,
      totalBytes: plan.hasStdin ? null : plan.textBytes,
      rows,
      failures: incident.failures.length,
    })

  await scanAll(
    {
      units: plan.units,
      exactUnits: plan.hasStdin ? new Set(plan.units.map((unit) => unit.unit)) : options.exactUnits,
      settings: {
        filter: options.filter ?? noFilter,
        failureTexts: failureRows,
        keptRows: Math.ceil(KEPT_ROWS / Math.max(1, options.jobs)),
        fingerprintEvery: plan.textBytes <= FINGERPRINT_ALL_BYTES ? 1 : 256,
      },
      jobs: options.jobs,
      signal: options.signal,
    },
    {
      onBytes(more) {
        bytes += more
        report()
      },
      onFailed(unit, message) {
        failed.set(unit, message)
      },
      onResult(result, worker) {
        const translation = translationOf(worker)
        translation.add(result.newFlows, result.newRoutes)
        addResult(incident, result, translation)
        release(result.failures)
        results.push(booksOfUnit(result))
        rows += result.rows
        report()
        return incident.texts.lateAfter
      },
      onTotals(totals: ScanTotals, worker) {
        const translation = translationOf(worker)
        const { flows, routes } = incident.registry
        mergeTally(incident.tally, totals.tally, translation.flows, translation.routes, flows.length, routes.length)
        release(totals.tally)
        parts.push({ ...totals.kept, flows: translation.flows, routes: translation.routes })
      },
    },
  )
  incident.kept = joinKept(parts, (flow) => targetKey(incident.registry.flows[flow]))
  release(...parts.flatMap((part) => part.chunks))
  return { incident, results: results.sort((a, b) => a.unit - b.unit), failed }
}

function addResult(incident: Incident, result: UnitResult, translation: Translation): void {
  const base = incident.failures.length
  concatFailures(incident.failures, result.failures, translation.flows, translation.routes)
  incident.texts.add(result.texts, base)
  for (const group of result.rejected) {
    const flow = translation.flows[group.flow] as number
    incident.rejected.push({
      ...group,
      flow,
      samples: group.samples.map((sample) => ({ ...sample, unit: result.unit })),
    })
  }
  for (const { what, rows, samples } of result.contradictions) {
    let known = incident.contradictions.get(what)
    if (known === undefined) {
      known = { rows: 0, samples: [] }
      incident.contradictions.set(what, known)
    }
    known.rows += rows
    if (known.samples.length < 2) known.samples.push(...samples.map((sample) => ({ ...sample, unit: result.unit })))
  }
}

function failWithoutLog(paths: readonly string[], plan: ReadPlan): never {
  const seen = plan.inputs.map((input: InputPlan) => `${input.name} is ${input.note ?? 'no log'}`)
  const unreadable = plan.unreadable.map(({ name, why }) => `${name}: ${why}`)
  const all = [...seen, ...unreadable]
  if (all.length > 0 && seen.length === 0 && plan.unreadable.length === 1)
    throw new AppError('INPUT_UNREADABLE', { path: plan.unreadable[0]?.name ?? '', why: plan.unreadable[0]?.why ?? '' })
  const shown = all.length === 0 ? 'the folder is empty' : all.slice(0, 4).join('; ')
  const more = all.length > 4 ? `; and ${all.length - 4} more` : ''
  throw new AppError('INPUT_NONE', { paths: paths.join(' '), seen: shown + more })
}
