import type { Diagnosis } from '../core/diagnosis.ts'
import { AppError } from '../core/errors.ts'

/** Which rows a reading takes: the command line's --where, --since and --until. */
export interface ReadQuery {
  /** `FIELD=GLOB`. */
  readonly where: readonly string[]
  readonly since: string | null
  readonly until: string | null
}

export interface ReadProgress {
  readonly bytes: number
  readonly totalBytes: number | null
  readonly rows: number
}

export type ReadLogs = (
  query: ReadQuery,
  onProgress: (progress: ReadProgress) => void,
  signal: AbortSignal,
) => Promise<Diagnosis>

export interface SessionError {
  readonly message: string
  readonly hint: string | null
}

/** What the page asks for first, and gets again with every change. */
export interface SessionState {
  readonly phase: 'reading' | 'ready' | 'failed'
  /** Grows with every diagnosis; rows of an older one are refused. */
  readonly revision: number
  readonly progress: (ReadProgress & { readonly seconds: number }) | null
  readonly error: SessionError | null
  /** Of the diagnosis that is shown. */
  readonly query: ReadQuery
  /** There are logs behind the diagnosis, so it can be made again for other rows. */
  readonly canRead: boolean
}

export interface Session {
  readonly state: () => SessionState
  readonly diagnosis: () => Diagnosis | null
  /** Ends a reading that is under way. Resolves when the reading has ended, well or not. */
  readonly read: (query: ReadQuery) => Promise<ReadResult>
  /** Called with every change, and at most ten times a second with progress. */
  readonly subscribe: (listener: (state: SessionState) => void) => () => void
  readonly close: () => void
}

/** `error` is what the reading threw, or null. */
export interface ReadResult {
  readonly error: unknown
}

export const everything: ReadQuery = { where: [], since: null, until: null }

const PROGRESS_MS = 100

export function createSession(source: { readonly diagnosis: Diagnosis } | { readonly read: ReadLogs }): Session {
  const read = 'read' in source ? source.read : null
  let diagnosis = 'diagnosis' in source ? source.diagnosis : null
  let state: SessionState = {
    phase: diagnosis ? 'ready' : 'reading',
    revision: diagnosis ? 1 : 0,
    progress: null,
    error: null,
    query: everything,
    canRead: read !== null,
  }
  let abort: AbortController | null = null
  const listeners = new Set<(state: SessionState) => void>()
  const change = (next: Partial<SessionState>): void => {
    state = { ...state, ...next }
    for (const listener of listeners) listener(state)
  }

  return {
    state: () => state,
    diagnosis: () => diagnosis,
    read: async (query) => {
      if (!read) return { error: null }
      abort?.abort()
      const mine = new AbortController()
      abort = mine
      const startedAt = performance.now()
      let toldAt = Number.NEGATIVE_INFINITY
      change({ phase: 'reading', progress: { bytes: 0, totalBytes: null, rows: 0, seconds: 0 }, error: null })
      try {
        const next = await read(
          query,
          (progress) => {
            const now = performance.now()
            if (abort !== mine || now - toldAt < PROGRESS_MS) return
            toldAt = now
            change({ progress: { ...progress, seconds: (now - startedAt) / 1000 } })
          },
          mine.signal,
        )
        if (abort !== mine) return { error: null }
        diagnosis = next
        change({ phase: 'ready', revision: state.revision + 1, progress: null, query })
        return { error: null }
      } catch (error) {
        if (abort !== mine) return { error: null }
        const message = error instanceof Error ? error.message : String(error)
        // The diagnosis that is shown stays.
        change({
          phase: 'failed',
          progress: null,
          error: { message, hint: error instanceof AppError ? error.hint : null },
        })
        return { error }
      }
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: () => {
      abort?.abort()
      abort = null
      listeners.clear()
    },
  }
}
