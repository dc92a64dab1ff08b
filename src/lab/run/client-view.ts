import { join } from 'node:path'
import type { ClientRow } from '../traffic/client.ts'
import { rowsOf } from '../truth/read-run.ts'
import type { RunFolders } from './folders.ts'

/** What the clients of a run saw. */
export interface ClientView {
  readonly requests: number
  /** By status, or by the client's own error. */
  readonly outcomes: Readonly<Record<string, number>>
  /** Of requests that were answered below 500, ms. */
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number }
}

export function clientRows(folders: RunFolders): readonly ClientRow[] {
  return rowsOf<ClientRow>(join(folders.truth, 'client.ndjson'))
}

export function summarizeClients(rows: readonly ClientRow[]): ClientView {
  const outcomes: Record<string, number> = {}
  for (const row of rows) {
    const outcome = row.error ?? String(row.status)
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  }
  const answered = rows
    .filter((row) => row.error === null && row.status !== null && row.status < 500)
    .map((row) => row.elapsedMs)
    .sort((a, b) => a - b)
  const at = (share: number): number => answered[Math.max(0, Math.ceil(answered.length * share) - 1)] ?? 0
  return {
    requests: rows.length,
    outcomes,
    latencyMs: { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: answered.at(-1) ?? 0 },
  }
}
