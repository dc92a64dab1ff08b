import { signal } from '@preact/signals'
import { loadedRows, notice, store } from '../model/state.ts'
import type { Head, RowChunk } from './head.ts'
import { showHead, takeChunks } from './source.ts'

/** Which rows the logs were read for: --where, --since and --until. */
export interface ReadQuery {
  readonly where: readonly string[]
  readonly since: string | null
  readonly until: string | null
}

/** As src/server/session.ts sends it. */
export interface LiveState {
  readonly phase: 'reading' | 'ready' | 'failed'
  readonly revision: number
  readonly progress: {
    readonly bytes: number
    readonly totalBytes: number | null
    readonly rows: number
    readonly seconds: number
  } | null
  readonly error: { readonly message: string; readonly hint: string | null } | null
  readonly query: ReadQuery
  readonly canRead: boolean
}

/** null in a report from disk. */
export const live = signal<LiveState | null>(null)
export const isDisconnected = signal(false)

const ROWS = 1_500
let shown = 0

/** The page of `why5xx ui`: its data come from the server that sent it, and nowhere else. */
export function startLive(): boolean {
  if (!document.getElementById('live')) return false
  live.value = {
    phase: 'reading',
    revision: 0,
    progress: null,
    error: null,
    query: { where: [], since: null, until: null },
    canRead: false,
  }
  const events = new EventSource('api/events')
  events.addEventListener('state', (event) => {
    isDisconnected.value = false
    const next = JSON.parse((event as MessageEvent<string>).data) as LiveState
    live.value = next
    if (next.revision > shown) {
      shown = next.revision
      void load(next.revision)
    }
  })
  events.onerror = () => {
    isDisconnected.value = true
  }
  return true
}

export async function readAgain(query: ReadQuery): Promise<void> {
  const answer = await fetch('api/read', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(query),
  })
  if (!answer.ok) notice.value = `The server refused: ${((await answer.json()) as { error: string }).error}`
}

/** From the server, which has renderers that the page does not. */
export function downloadFromServer(name: string): void {
  const link = document.createElement('a')
  link.href = `api/download/${name}`
  link.download = name
  link.click()
}

async function load(revision: number): Promise<void> {
  const answer = await fetch('api/diagnosis')
  if (!answer.ok || shown !== revision) return
  const { revision: _, ...next } = (await answer.json()) as Head & { revision: number }
  showHead(next)
  await takeChunks(chunks(revision))
  const rows = store.peek()
  if (rows) loadedRows.value = rows.loaded
}

async function* chunks(revision: number): AsyncGenerator<RowChunk> {
  const kept = store.peek()?.kept ?? 0
  for (let from = 0; from < kept && shown === revision; from += ROWS) {
    const answer = await fetch(`api/rows?revision=${revision}&from=${from}&count=${ROWS}`)
    if (!answer.ok) return
    yield (await answer.json()) as RowChunk
  }
}
