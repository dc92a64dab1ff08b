import type { ScanSettings, ScanTotals, UnitResult, UnitSpec } from './unit-scan.ts'

/** All that a worker is to do: it need not wait for an answer between two units. */
export interface ToWorker {
  readonly settings: ScanSettings
  /** Not 0: stop. */
  readonly stop: SharedArrayBuffer
  /** Of a `LateMark`. */
  readonly late: SharedArrayBuffer
  readonly units: readonly { readonly spec: UnitSpec; readonly isExact: boolean }[]
}

export type FromWorker =
  | { readonly type: 'bytes'; readonly bytes: number }
  | { readonly type: 'done'; readonly result: UnitResult }
  | { readonly type: 'failed'; readonly unit: number; readonly message: string }
  | { readonly type: 'totals'; readonly totals: ScanTotals }
