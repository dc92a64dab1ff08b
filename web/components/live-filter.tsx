import { isDisconnected, live, type ReadQuery, readAgain } from '../data/live.ts'
import { node, range, store, target } from '../model/state.ts'
import { Failed, Gone, Reading } from './progress.tsx'

/**
 * What only the live page can do: read the logs again for a selection, so that the evidence and its controls are those of
 * the selection. Symptom, cause and status choose among failures only, so they are no question to the logs.
 */
export function LiveFilter() {
  const state = live.value
  if (!state) return null
  const wanted = wantedQuery()
  const isNarrowed = state.query.where.length > 0 || state.query.since !== null || state.query.until !== null
  return (
    <div class="live">
      {state.canRead && state.phase !== 'reading' && wanted && (
        <button type="button" class="button" onClick={() => void readAgain(wanted)}>
          Diagnose only {say(wanted)}
        </button>
      )}
      {isNarrowed && (
        <p>
          Diagnosed: only {say(state.query)}.{' '}
          <button type="button" class="link" onClick={() => void readAgain({ where: [], since: null, until: null })}>
            Diagnose everything
          </button>
        </p>
      )}
      {state.phase === 'reading' && <Reading state={state} />}
      {state.phase === 'failed' && <Failed state={state} />}
      {isDisconnected.value && <Gone />}
    </div>
  )
}

/** Adds to what is diagnosed now. */
function wantedQuery(): ReadQuery | null {
  const rows = store.value
  const now = live.value?.query
  if (!rows || !now) return null
  const added: string[] = []
  if (target.value !== null) added.push(`target=${rows.names.targets[target.value] ?? ''}`)
  if (node.value !== null) added.push(`node=${rows.names.nodes[node.value] ?? ''}`)
  if (added.length === 0 && range.value === null) return null
  return {
    where: [...now.where, ...added],
    since: range.value ? new Date(range.value[0]).toISOString() : now.since,
    until: range.value ? new Date(range.value[1]).toISOString() : now.until,
  }
}

function say(query: ReadQuery): string {
  const parts = query.where.map((each) => each.replace('=', ' '))
  if (query.since || query.until)
    parts.push(`${query.since?.slice(11, 19) ?? 'the start'} to ${query.until?.slice(11, 19) ?? 'the end'} UTC`)
  return parts.join(', ')
}
