import { useEffect, useRef, useState } from 'preact/hooks'
import { answerers } from '../data/row-store.ts'
import { count, counted, duration } from '../model/format.ts'
import { isManyDays, moment } from '../model/moment.ts'
import type { SortKey } from '../model/order.ts'
import { head, openRow, sort, store, visibleRows } from '../model/state.ts'
import { answererWords, symptomLabel } from '../model/words.ts'
import { Logged } from './logged.tsx'
import { Section } from './section.tsx'

/** As styles/failures.css and styles/narrow.css have them: two lines to a row where there is no room for one. */
const ROW_HEIGHT = 30
const NARROW_ROW_HEIGHT = 50
const HEAD_HEIGHT = 33
const narrow = window.matchMedia('(max-width: 600px)')
const EXTRA = 6

/** Every kept failure. Only the rows in view exist; the keyboard moves through all of them. */
export function Failures() {
  const rows = store.value
  if (!rows || rows.kept === 0) return null
  return (
    <Section
      id="failures"
      title="Every failure"
      note="Open one to see how its time was spent. Arrow keys move, Enter opens."
    >
      <Grid />
    </Section>
  )
}

function Grid() {
  const rows = store.value
  const shown = visibleRows.value
  const body = useRef<HTMLDivElement>(null)
  const [top, setTop] = useState(0)
  const [height, setHeight] = useState(480)
  const [at, setAt] = useState(0)
  const [rowHeight, setRowHeight] = useState(narrow.matches ? NARROW_ROW_HEIGHT : ROW_HEIGHT)
  const active = Math.min(at, Math.max(0, shown.length - 1))
  useEffect(() => {
    const take = (): void => setRowHeight(narrow.matches ? NARROW_ROW_HEIGHT : ROW_HEIGHT)
    narrow.addEventListener('change', take)
    return () => narrow.removeEventListener('change', take)
  }, [])
  useEffect(() => {
    const element = body.current
    if (!element) return
    const observer = new ResizeObserver(() => setHeight(element.clientHeight - HEAD_HEIGHT))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  // Another filter or order starts at its top.
  useEffect(() => {
    body.current?.scrollTo(0, 0)
    setAt(0)
  }, [shown])
  if (!rows) return null
  const first = Math.max(0, Math.floor(top / rowHeight) - EXTRA)
  const last = Math.min(shown.length, Math.ceil((top + height) / rowHeight) + EXTRA)
  const move = (to: number): void => {
    const next = Math.min(shown.length - 1, Math.max(0, to))
    setAt(next)
    const element = body.current
    if (!element) return
    if (next * rowHeight < element.scrollTop) element.scrollTop = next * rowHeight
    else if ((next + 1) * rowHeight > element.scrollTop + element.clientHeight - HEAD_HEIGHT)
      element.scrollTop = (next + 1) * rowHeight - element.clientHeight + HEAD_HEIGHT
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor(height / rowHeight) - 1)
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: shown.length - 1,
    }
    const to = moves[event.key]
    if (to !== undefined) {
      event.preventDefault()
      move(to)
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault()
      const row = shown[active]
      if (row !== undefined) openRow.value = row
    }
  }
  const causes = new Map((head.value?.findings ?? []).map((each) => [each.id, each.cause]))
  const visible = Array.from({ length: Math.max(0, last - first) }, (_, index) => first + index)
  return (
    <div class="list">
      <p class="list-count" aria-live="polite">
        {counted(shown.length, 'failure')} in the list
      </p>
      <div
        class={isManyDays.value ? 'grid many-days' : 'grid'}
        ref={body}
        role="grid"
        aria-label="Failures"
        aria-rowcount={shown.length + 1}
        aria-colcount={9}
        aria-activedescendant={shown.length > 0 ? `failure-${active}` : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      >
        <div class="grid-head" role="rowgroup">
          <div class="grid-row" role="row" aria-rowindex={1}>
            <SortHead name="time, UTC" sortKey="time" class="c-time" />
            <SortHead name="ELB / target" sortKey="status" class="c-status" />
            <SortHead name="elapsed" sortKey="elapsed" class="c-elapsed" />
            <span role="columnheader" class="c-who">
              answered by
            </span>
            <span role="columnheader" class="c-symptom">
              symptom
            </span>
            <span role="columnheader" class="c-cause">
              cause
            </span>
            <span role="columnheader" class="c-target">
              target
            </span>
            <span role="columnheader" class="c-node">
              node
            </span>
            <span role="columnheader" class="c-route">
              route
            </span>
          </div>
        </div>
        <div class="grid-body" role="rowgroup">
          <div class="grid-all" role="presentation" style={{ height: `${shown.length * rowHeight}px` }}>
            {visible.map((index) => {
              const row = shown[index] as number
              const { columns, names } = rows
              const who = rows.answeredBy[row] ?? 0
              const targetStatus = columns.targetStatus[row]
              const cause = causes.get(names.findings[rows.finding[row] ?? -1] ?? '')
              return (
                <div
                  key={index}
                  id={`failure-${index}`}
                  class={`grid-row${index === active ? ' grid-active' : ''}`}
                  role="row"
                  aria-rowindex={index + 2}
                  aria-selected={index === active}
                  style={{ transform: `translateY(${index * rowHeight}px)` }}
                  onClick={() => {
                    setAt(index)
                    openRow.value = row
                  }}
                >
                  <span role="gridcell" class="c-time mono">
                    {moment(rows.time[row] ?? Number.NaN, true)}
                  </span>
                  <span role="gridcell" class="c-status mono">
                    <span class={`status tone-${['lb', 'target', 'nobody'][who]}`}>
                      {columns.elbStatus[row] ?? '–'}
                    </span>
                    <span class="quiet"> / {targetStatus ?? '-'}</span>
                  </span>
                  <span role="gridcell" class="c-elapsed mono">
                    {duration(rows.elapsedMs[row] ?? Number.NaN)}
                  </span>
                  <span role="gridcell" class="c-who">
                    {answererWords[answerers[who] ?? 'load-balancer']}
                  </span>
                  <span role="gridcell" class="c-symptom">
                    {symptomLabel(names.symptoms[rows.symptom[row] ?? -1] ?? '')}
                  </span>
                  <span role="gridcell" class={`c-cause${cause ? '' : ' quiet'}`}>
                    <Logged text={cause ?? 'undetermined'} />
                  </span>
                  <span role="gridcell" class="c-target mono">
                    <Logged text={names.targets[rows.target[row] ?? -1] ?? '–'} />
                  </span>
                  <span role="gridcell" class="c-node mono">
                    <Logged text={names.nodes[rows.node[row] ?? -1] ?? '–'} />
                  </span>
                  <span role="gridcell" class="c-route mono">
                    <Logged text={names.routes[rows.route[row] ?? -1] ?? '–'} />
                  </span>
                </div>
              )
            })}
          </div>
        </div>
      </div>
      {shown.length === 0 && <p class="quiet">No failure passes the filter.</p>}
      <p class="print-only quiet">
        The list of {count(shown.length)} failures is not printed; the page and the CSV have it.
      </p>
    </div>
  )
}

function SortHead(props: { readonly name: string; readonly sortKey: SortKey; readonly class: string }) {
  const { key, isDescending } = sort.value
  const isMine = key === props.sortKey
  return (
    <span
      role="columnheader"
      class={props.class}
      aria-sort={isMine ? (isDescending ? 'descending' : 'ascending') : 'none'}
    >
      <button
        type="button"
        class="sort"
        onClick={() => {
          sort.value = { key: props.sortKey, isDescending: isMine ? !isDescending : false }
        }}
      >
        {props.name}
        <span aria-hidden="true">{isMine ? (isDescending ? ' ↓' : ' ↑') : ''}</span>
      </button>
    </span>
  )
}
