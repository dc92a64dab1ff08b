import { computed, type Signal } from '@preact/signals'
import type { Finding } from '../../src/core/diagnosis.ts'
import { between, count, counted } from '../model/format.ts'
import { inertText } from '../model/inert.ts'
import {
  answeredBy,
  clearFilters,
  finding,
  hasAllRows,
  head,
  hop,
  isFiltered,
  loadedRows,
  node,
  range,
  route,
  selection,
  status,
  store,
  symptom,
  target,
} from '../model/state.ts'
import { groupName, hopWords, symptomLabel } from '../model/words.ts'
import { LiveFilter } from './live-filter.tsx'

export function FilterBar() {
  const rows = store.value
  if (!rows || rows.kept === 0) return null
  return (
    <section class="filters" aria-label="Filter the failures">
      <div class="filter-fields">
        <Field label="Cause">
          <Select id="cause" value={finding} parse={(text) => text} options={causes.value} />
        </Field>
        <Field label="Symptom">
          <Select id="symptom" value={symptom} parse={Number} options={symptoms.value} />
        </Field>
        <Field label="Status">
          <Select
            id="status"
            value={status}
            parse={Number}
            options={statuses.value.map((each) => [String(each), String(each), null])}
          />
        </Field>
        <Field label="Target">
          <Select
            id="target"
            value={target}
            parse={Number}
            options={rows.names.targets.map((name, index) => [String(index), inertText(name), null])}
          />
        </Field>
        <Field label="Node">
          <Select
            id="node"
            value={node}
            parse={Number}
            options={rows.names.nodes.map((name, index) => [String(index), inertText(name), null])}
          />
        </Field>
        <Field label="Route">
          <Select
            id="route"
            value={route}
            parse={Number}
            options={rows.names.routes.map((name, index) => [String(index), inertText(name), null])}
          />
        </Field>
        <button type="button" class="button" disabled={!isFiltered.value} onClick={clearFilters}>
          Clear
        </button>
      </div>
      <p class="filter-state">
        <State />
      </p>
      <LiveFilter />
    </section>
  )
}

function State() {
  const rows = store.value
  const chosen = selection.value
  if (!rows) return null
  if (loadedRows.value < rows.kept)
    return (
      <>
        Reading {count(rows.kept)} failures: {count(loadedRows.value)} so far.
      </>
    )
  const of = counted(rows.kept, 'failure')
  const limited = hasAllRows.value ? '' : ` kept of ${count(rows.total)} (--failures keeps more)`
  return (
    <>
      <strong>{isFiltered.value ? count(chosen?.count ?? 0) : 'All'}</strong> of {of}
      {limited}
      {range.value && <> · {between(range.value[0], range.value[1])}</>}
      {hop.value && (
        <>
          {' '}
          ·{' '}
          <button
            type="button"
            class="link"
            onClick={() => {
              hop.value = null
            }}
          >
            at {hop.value === 'undetermined' ? 'no settled hop' : hopWords[hop.value].toLowerCase()} ✕
          </button>
        </>
      )}
      {answeredBy.value !== null && (
        <>
          {' '}
          ·{' '}
          <button
            type="button"
            class="link"
            onClick={() => {
              answeredBy.value = null
            }}
          >
            answered by {['the load balancer', 'the target', 'nobody'][answeredBy.value]} ✕
          </button>
        </>
      )}
    </>
  )
}

/** One for each finding; two findings of one cause are told apart by what differs. */
const causes = computed<readonly (readonly [string, string, number])[]>(() => {
  const all = (head.value?.findings ?? []).filter((each) => each.failures > 0)
  const wordOf = (each: Finding): string => each.cause ?? `undetermined: ${each.symptom}`
  const groupOf = (each: Finding): string => (each.scope.targetGroups ?? []).map(groupName).join(', ')
  return all.map((each) => {
    const alike = all.filter((other) => wordOf(other) === wordOf(each))
    const differs = (of: (finding: Finding) => string): boolean => new Set(alike.map(of)).size > 1
    const parts = [
      wordOf(each),
      ...(alike.length > 1 && differs(groupOf) ? [groupOf(each)] : []),
      ...(alike.length > 1 && !differs(groupOf) ? [each.confidence ?? each.title] : []),
    ]
    return [each.id, inertText(parts.join(' · ')), each.failures]
  })
})

/** Those that occur. */
const symptoms = computed<readonly (readonly [string, string, null])[]>(() => {
  const seen = new Set<string>((head.value?.symptoms ?? []).map((each) => each.symptom))
  return (store.value?.names.symptoms ?? []).flatMap((name, index) =>
    seen.has(name) ? [[String(index), symptomLabel(name), null] as const] : [],
  )
})

/** Statuses of the rows that have arrived; once per arrival, not per drag. */
const statuses = computed<readonly number[]>(() => {
  const rows = store.value
  const found = new Set<number>()
  const count = loadedRows.value
  if (rows) for (let row = 0; row < count; row += 1) found.add(rows.elbStatus[row] as number)
  return [...found].sort((a, b) => a - b)
})

function Field({ label, children }: { readonly label: string; readonly children: preact.ComponentChildren }) {
  return (
    <div class="field">
      <label for={`filter-${label.toLowerCase()}`}>{label}</label>
      {children}
    </div>
  )
}

interface SelectProps<T> {
  readonly id: string
  readonly value: Signal<T | null>
  readonly parse: (text: string) => T
  readonly options: readonly (readonly [value: string, label: string, failures: number | null])[]
}

function Select<T extends string | number>({ id, value, parse, options }: SelectProps<T>) {
  return (
    <select
      id={`filter-${id}`}
      value={value.value === null ? '' : String(value.value)}
      onChange={(event) => {
        const chosen = event.currentTarget.value
        value.value = chosen === '' ? null : parse(chosen)
      }}
    >
      <option value="">all</option>
      {options.slice(0, 500).map(([key, label, failures]) => (
        <option key={key} value={key}>
          {label.length > 90 ? `${label.slice(0, 90)}…` : label}
          {failures === null ? '' : ` (${count(failures)})`}
        </option>
      ))}
    </select>
  )
}
