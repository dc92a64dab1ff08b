import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { count, plain } from '../model/format.ts'
import { isPrinting } from '../model/state.ts'
import { Logged } from './logged.tsx'

export type Cell = string | number | null

interface Props {
  readonly caption: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
  /** On a narrow screen each row becomes a list of its cells, so that none is out of sight. */
  readonly isStacking?: boolean
  /** More rows than this are behind a button. */
  readonly limit?: number
}

/** A table of logged or measured values; numbers stand to the right. */
export function DataTable({ caption, columns, rows, isStacking = columns.length > 3, limit = 24 }: Props) {
  const [isWhole, setWhole] = useState(false)
  const shown = isWhole || rows.length <= limit + 2 ? rows : rows.slice(0, limit)
  const numeric = columns.map((_, index) => rows.length > 0 && rows.every((row) => isNumber(row[index])))
  return (
    <div class="table-scroll" role="group" aria-label={caption} tabIndex={0}>
      <table class={isStacking ? 'stacking' : undefined}>
        <caption class="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((name, index) => (
              <th key={name} scope="col" class={numeric[index] ? 'number' : undefined}>
                <Logged text={name} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row, at) => (
            <tr key={at}>
              {columns.map((name, index) => (
                <td key={name} data-column={name} class={numeric[index] ? 'number' : undefined}>
                  {show(row[index] ?? null)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {shown.length < rows.length && (
        <button type="button" class="button" onClick={() => setWhole(true)}>
          Show all {count(rows.length)} rows
        </button>
      )}
    </div>
  )
}

/** A number, or a number with its unit. */
function isNumber(value: Cell | undefined): boolean {
  return typeof value !== 'string' || /^[<>]?\s?[\d.,]+\s?(%|ms|s|B|kB|MB|GB)?$/.test(value)
}

function show(value: Cell): ComponentChildren {
  if (value === null) return <span class="absent">–</span>
  return typeof value === 'number' ? plain(value) : <Logged text={value} />
}

/** The table that stands beside every drawing. Built when it is opened. */
export function DataBehind(props: Omit<Props, 'rows'> & { readonly rows: () => Props['rows'] }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <details class="behind" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span class="visually-hidden">{props.caption}: </span>Data table
      </summary>
      {isOpen && !isPrinting.value && <DataTable {...props} isStacking={false} rows={props.rows()} />}
    </details>
  )
}
