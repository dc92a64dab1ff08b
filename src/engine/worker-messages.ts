import type { ScanTotals, UnitResult, UnitSpec } from './unit-scan.ts'

export type ToWorker =
  | { readonly type: 'unit'; readonly spec: UnitSpec; readonly isExact: boolean }
  | { readonly type: 'finish' }

export type FromWorker =
  | { readonly type: 'bytes'; readonly bytes: number }
  | { readonly type: 'done'; readonly result: UnitResult }
  | { readonly type: 'failed'; readonly unit: number; readonly message: string }
  | { readonly type: 'totals'; readonly totals: ScanTotals }
