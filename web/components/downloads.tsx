import { csv, json, markdown } from '../data/download.ts'
import { downloadFromServer, live } from '../data/live.ts'
import { hasMarkdown } from '../data/source.ts'
import { loadedRows, notice, store } from '../model/state.ts'

export function Downloads() {
  const isComplete = !store.value || loadedRows.value >= store.value.kept
  const save = (make: () => void, what: string) => () => {
    make()
    notice.value = `Saved: ${what}`
  }
  return (
    <fieldset class="downloads">
      <legend class="visually-hidden">Download</legend>
      <button type="button" class="button" disabled={!isComplete} onClick={save(json, 'JSON')}>
        JSON
      </button>
      <button
        type="button"
        class="button"
        disabled={!store.value || !isComplete}
        title="The failures that the filter leaves"
        onClick={save(csv, 'CSV')}
      >
        CSV
      </button>
      {live.value && (
        <button type="button" class="button" onClick={save(() => downloadFromServer('why5xx-report.html'), 'HTML')}>
          HTML
        </button>
      )}
      {(hasMarkdown.value || live.value) && (
        <button
          type="button"
          class="button"
          onClick={save(live.value ? () => downloadFromServer('why5xx-report.md') : markdown, 'Markdown')}
        >
          Markdown
        </button>
      )}
      <button type="button" class="button" onClick={() => window.print()}>
        Print
      </button>
    </fieldset>
  )
}
