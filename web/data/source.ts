import { signal } from '@preact/signals'
import { head, loadedRows, openFindings, store } from '../model/state.ts'
import type { Head, RowChunk } from './head.ts'
import { inlinedChunks, inlinedHead, inlinedMarkdown } from './inlined.ts'
import { addChunk, createRowStore } from './row-store.ts'

export const hasMarkdown = signal(false)

export function showHead(next: Head): void {
  head.value = next
  store.value = next.failureRows ? createRowStore(next.failureRows) : null
  loadedRows.value = 0
  // The largest finding is what the reader came for.
  const top = [...next.findings].sort((a, b) => b.failures - a.failures)[0]
  openFindings.value = new Set(top ? [top.id] : [])
}

/** The panels recompute as rows arrive, but not for every block. */
export async function takeChunks(chunks: AsyncIterable<RowChunk>): Promise<void> {
  const rows = store.value
  if (!rows) return
  let shownAt = performance.now()
  for await (const chunk of chunks) {
    if (store.value !== rows) return
    addChunk(rows, chunk)
    if (performance.now() - shownAt < 250) continue
    loadedRows.value = rows.loaded
    shownAt = performance.now()
  }
  if (store.value === rows) loadedRows.value = rows.loaded
}

/** The one-file report: the head at once, the rows when the browser has parsed the file. */
export function startInlined(): boolean {
  const first = inlinedHead()
  if (!first) return false
  showHead(first)
  const readRest = (): void => {
    hasMarkdown.value = inlinedMarkdown() !== null
    void takeChunks(inlinedChunks())
  }
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', readRest, { once: true })
  else readRest()
  return true
}
