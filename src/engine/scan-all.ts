import { HashIndex } from '../core/hash-index.ts'
import { dealUnits, InOrder } from './deal-units.ts'
import { LateMark } from './late-mark.ts'
import { takeWorker } from './ready-workers.ts'
import type { ScanSettings, ScanTotals, UnitResult, UnitSpec } from './unit-scan.ts'
import type { FromWorker, ToWorker } from './worker-messages.ts'

export interface ScanEvents {
  /**
   * `worker` tells whose ids the result speaks; results of one worker come in order. Returns the end behind which texts of
   * loose failures are not wanted any more.
   */
  readonly onResult: (result: UnitResult, worker: number) => number
  readonly onFailed: (unit: number, message: string) => void
  readonly onTotals: (totals: ScanTotals, worker: number) => void
  /** Bytes of log text, inflated. */
  readonly onBytes: (bytes: number) => void
}

export interface ScanPlan {
  readonly units: readonly UnitSpec[]
  /** Units whose inputs overlap: read one after the other, and rows seen before are skipped exactly. */
  readonly exactUnits: ReadonlySet<number>
  readonly settings: ScanSettings
  /** 0: in this thread (little input, or no threads wanted). */
  readonly jobs: number
  readonly signal: AbortSignal
}

export async function scanAll(plan: ScanPlan, events: ScanEvents): Promise<void> {
  if (plan.jobs === 0) await scanHere(plan, events)
  else await scanInWorkers(plan, events)
}

async function scanHere(plan: ScanPlan, events: ScanEvents): Promise<void> {
  const { createUnitScanner } = await import('./unit-scan.ts')
  const scanner = createUnitScanner(plan.settings)
  const seen = new HashIndex()
  let lateAfter = Number.POSITIVE_INFINITY
  for (const spec of plan.units) {
    if (plan.signal.aborted) break
    try {
      const result = await scanner.scan(spec, {
        isStopped: () => plan.signal.aborted,
        lateAfter: () => lateAfter,
        onBytes: events.onBytes,
        seen: plan.exactUnits.has(spec.unit) ? seen : undefined,
      })
      lateAfter = events.onResult(result, 0)
    } catch (error) {
      events.onFailed(spec.unit, error instanceof Error ? error.message : String(error))
    }
  }
  events.onTotals(scanner.totals(), 0)
}

interface InOrderEvents extends Omit<ScanEvents, 'onResult'> {
  readonly onResult: (result: UnitResult, worker: number) => void
}

async function scanInWorkers(plan: ScanPlan, events: ScanEvents): Promise<void> {
  const stop = new SharedArrayBuffer(4)
  const onAbort = (): void => {
    Atomics.store(new Int32Array(stop), 0, 1)
  }
  if (plan.signal.aborted) onAbort()
  plan.signal.addEventListener('abort', onAbort)
  const hands = dealUnits(plan.units, plan.exactUnits, plan.jobs)
  const order = new InOrder(plan.units)
  const totals: ScanTotals[] = []
  const late = new LateMark()
  const inOrder: InOrderEvents = {
    onBytes: events.onBytes,
    onResult: (result, worker) => order.add(result.unit, () => late.set(events.onResult(result, worker))),
    onFailed: (unit, message) => order.add(unit, () => events.onFailed(unit, message)),
    onTotals(each, worker) {
      totals[worker] = each
    },
  }
  try {
    await Promise.all(hands.map((hand, worker) => runWorker(worker, hand, plan, { stop, late: late.memory }, inOrder)))
    order.finish()
    for (const [worker, each] of totals.entries()) events.onTotals(each, worker)
  } finally {
    plan.signal.removeEventListener('abort', onAbort)
  }
}

function runWorker(
  index: number,
  hand: readonly UnitSpec[],
  { settings, exactUnits }: ScanPlan,
  shared: Pick<ToWorker, 'stop' | 'late'>,
  events: InOrderEvents,
): Promise<void> {
  const worker = takeWorker()
  return new Promise<void>((resolve, reject) => {
    worker.on('error', reject)
    worker.on('message', (message: FromWorker) => {
      switch (message.type) {
        case 'bytes':
          events.onBytes(message.bytes)
          break
        case 'done':
          events.onResult(message.result, index)
          break
        case 'failed':
          events.onFailed(message.unit, message.message)
          break
        case 'totals':
          events.onTotals(message.totals, index)
          // Its heap goes while this thread goes on: what comes next needs memory of its own.
          void worker.terminate()
          resolve()
          break
      }
    })
    const units = hand.map((spec) => ({ spec, isExact: exactUnits.has(spec.unit) }))
    const all: ToWorker = { settings, ...shared, units }
    worker.postMessage(all)
  })
}
