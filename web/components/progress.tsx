import { isDisconnected, type LiveState, live } from '../data/live.ts'
import { bytes, count, span } from '../model/format.ts'

/** Before there is a diagnosis: how far the reading is. */
export function Progress() {
  const state = live.value
  return (
    <main class="waiting">
      <p class="mark">why5xx</p>
      {!state && <p class="quiet">No diagnosis in this page.</p>}
      {state?.phase === 'failed' && <Failed state={state} />}
      {state?.phase === 'reading' && <Reading state={state} />}
      {isDisconnected.value && <Gone />}
    </main>
  )
}

/** While another selection is read the page stays; this line says so. */
export function Reading({ state }: { readonly state: LiveState }) {
  const { progress } = state
  if (!progress) return <p role="status">Waiting for the first rows.</p>
  const { totalBytes, seconds } = progress
  const part = totalBytes && totalBytes > 0 ? Math.min(1, progress.bytes / totalBytes) : null
  const left = part && part > 0.02 && seconds > 0.5 ? (seconds / part) * (1 - part) : null
  return (
    <div class="reading">
      <progress aria-label="Reading the logs" max={1} {...(part === null ? {} : { value: part })} />
      <p>
        Reading the logs: {bytes(progress.bytes)}
        {totalBytes ? ` of ${bytes(totalBytes)}` : ''}, {count(progress.rows)} rows
        {seconds > 0.5 ? `, ${count(progress.rows / seconds)} rows per second` : ''}
        {left !== null ? `, about ${span(left * 1000)} left` : ''}
      </p>
    </div>
  )
}

export function Failed({ state }: { readonly state: LiveState }) {
  return (
    <p class="warning" role="alert">
      {state.error?.message} {state.error?.hint}
    </p>
  )
}

export function Gone() {
  return (
    <p class="warning" role="status">
      why5xx no longer answers: it was ended in the terminal. What is shown stays.
    </p>
  )
}
