/** The thread that reads: units in, columns out. */
import { parentPort } from 'node:worker_threads'
import { HashIndex } from '../core/hash-index.ts'
import { createRowKernel } from '../formats/row-kernel.ts'
import { LateMark } from './late-mark.ts'
import { createUnitScanner, type ScanHooks, type UnitScanner, type UnitSpec } from './unit-scan.ts'
import type { FromWorker, ToWorker } from './worker-messages.ts'

const seen = new HashIndex()
const port = parentPort
if (port === null) throw new Error('worker.ts runs as a worker thread')

// While the main thread looks at the files.
const kernel = createRowKernel()

let waiting = 0
/** Each message wakes the main thread, which then takes a core from a worker. */
const PROGRESS_MS = 100
let postedAt = performance.now()

async function run(
  scanner: UnitScanner,
  spec: UnitSpec,
  isExact: boolean,
  hooks: Pick<ScanHooks, 'isStopped' | 'lateAfter'>,
): Promise<void> {
  try {
    const result = await scanner.scan(spec, {
      ...hooks,
      onBytes(bytes) {
        waiting += bytes
        const now = performance.now()
        if (now - postedAt < PROGRESS_MS) return
        postedAt = now
        post({ type: 'bytes', bytes: waiting })
        waiting = 0
      },
      seen: isExact ? seen : undefined,
    })
    post({ type: 'bytes', bytes: waiting })
    waiting = 0
    post({ type: 'done', result })
  } catch (error) {
    post({ type: 'failed', unit: spec.unit, message: error instanceof Error ? error.message : String(error) })
  }
}

/** Columns change hands: copying those of all rows kept would take as long as reading a tenth of them. */
function post(message: FromWorker): void {
  port?.postMessage(message, buffersOf(message))
}

function buffersOf(message: FromWorker): ArrayBuffer[] {
  if (message.type === 'done') return columnsOf(message.result.failures, message.result, message.result.texts)
  if (message.type !== 'totals') return []
  const { kept, tally } = message.totals
  return columnsOf(...kept.chunks, tally, tally.connectLadder)
}

function columnsOf(...holders: readonly object[]): ArrayBuffer[] {
  const columns = holders.flatMap((holder) => Object.values(holder).filter(ArrayBuffer.isView))
  return [...new Set(columns.map((column) => column.buffer as ArrayBuffer))]
}

port.once('message', async ({ settings, stop, late, units }: ToWorker) => {
  const scanner = createUnitScanner(settings, kernel)
  const flag = new Int32Array(stop)
  const isStopped = (): boolean => Atomics.load(flag, 0) === 1
  const mark = new LateMark(late)
  const hooks = { isStopped, lateAfter: () => mark.get() }
  for (const { spec, isExact } of units) if (!isStopped()) await run(scanner, spec, isExact, hooks)
  post({ type: 'totals', totals: scanner.totals() })
})
