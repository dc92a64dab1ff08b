import { computed, effect, type Signal, signal, untracked } from '@preact/signals'
import type { Hop } from '../../src/core/vocabulary.ts'
import type { Head } from '../data/head.ts'
import type { RowStore } from '../data/row-store.ts'
import { order, type SortKey, visible } from './order.ts'
import { type Criteria, type Selection, type Steps, select } from './select.ts'

export const head = signal<Head | null>(null)
export const store = signal<RowStore | null>(null)
/** Grows while rows arrive; `store` itself stays the same object. */
export const loadedRows = signal(0)

export const range = signal<readonly [number, number] | null>(null)
export const symptom = signal<number | null>(null)
/** A finding's id. */
export const finding = signal<string | null>(null)
/** A hop, or `undetermined` for findings without one. */
export const hop = signal<Hop | 'undetermined' | null>(null)
export const target = signal<number | null>(null)
export const node = signal<number | null>(null)
export const route = signal<number | null>(null)
export const status = signal<number | null>(null)
export const answeredBy = signal<number | null>(null)

export const openRow = signal<number | null>(null)
export const openFindings = signal<ReadonlySet<string>>(new Set())
/** While the page is printed everything is open. */
export const isPrinting = signal(false)
export const sort = signal<{ readonly key: SortKey; readonly isDescending: boolean }>({
  key: 'time',
  isDescending: false,
})
/** What just happened, for screen readers and the corner of the screen. */
export const notice = signal('')

/** Somebody drags over the chart right now. */
export const isBrushing = signal(false)

/** What `read` says; at once, but while somebody drags, in a task of its own some milliseconds later. */
function lagging<T>(read: () => T, delayMs: number): Signal<T> {
  const result = signal(untracked(read))
  let pending: ReturnType<typeof setTimeout> | undefined
  effect(() => {
    const next = read()
    if (!isBrushing.value) {
      clearTimeout(pending)
      pending = undefined
      result.value = next
      return
    }
    pending ??= setTimeout(() => {
      pending = undefined
      result.value = untracked(read)
    }, delayMs)
  })
  return result
}

/** The range that the panels follow; the handles follow the pointer. */
const appliedRange = lagging(() => range.value, 0)

export const isFiltered = computed(
  () =>
    appliedRange.value !== null ||
    symptom.value !== null ||
    finding.value !== null ||
    hop.value !== null ||
    target.value !== null ||
    node.value !== null ||
    route.value !== null ||
    status.value !== null ||
    answeredBy.value !== null,
)

export function clearFilters(): void {
  range.value = null
  symptom.value = null
  finding.value = null
  hop.value = null
  target.value = null
  node.value = null
  route.value = null
  status.value = null
  answeredBy.value = null
}

/** The time axis of the whole page. */
export const steps = computed<Steps>(() => {
  const diagnosis = head.value
  const series = diagnosis?.series
  if (series && series.columns.requests.length > 0)
    return {
      startMs: Date.parse(series.start),
      stepMs: series.stepSeconds * 1000,
      count: series.columns.requests.length,
    }
  const window = diagnosis?.window
  if (!window) return { startMs: 0, stepMs: 60_000, count: 0 }
  const startMs = Math.floor(Date.parse(window.start) / 60_000) * 60_000
  return {
    startMs,
    stepMs: 60_000,
    count: Math.min(20_000, Math.ceil((Date.parse(window.end) - startMs + 1) / 60_000)),
  }
})

const wantedFindings = computed<Uint8Array | null>(() => {
  const rows = store.value
  if (!rows || (finding.value === null && hop.value === null)) return null
  const wanted = new Uint8Array(rows.names.findings.length)
  const all = head.value?.findings ?? []
  rows.names.findings.forEach((id, index) => {
    const hopOf = all.find((each) => each.id === id)?.hop ?? 'undetermined'
    const isFinding = finding.value === null || finding.value === id
    const isHop = hop.value === null || hop.value === hopOf
    wanted[index] = isFinding && isHop ? 1 : 0
  })
  return wanted
})

const criteria = computed<Criteria>(() => ({
  range: appliedRange.value,
  symptom: symptom.value,
  findings: wantedFindings.value,
  target: target.value,
  node: node.value,
  route: route.value,
  status: status.value,
  answeredBy: answeredBy.value,
}))

export const selection = computed<Selection | null>(() => {
  const rows = store.value
  if (!rows || loadedRows.value === 0) return null
  return select(rows, criteria.value, steps.value)
})

/**
 * The selection for the panels further down: while somebody drags, a task after the counts, so that no task of a drag has
 * all of the page to do.
 */
export const laterSelection = lagging(() => selection.value, 40)

/** For the panels below the list, which stand out of sight while somebody drags: a task of their own again. */
export const lastSelection = lagging(() => laterSelection.value, 60)

const ordered = computed<Uint32Array | null>(() => {
  const rows = store.value
  if (!rows || loadedRows.value === 0) return null
  return order(rows, sort.value.key, sort.value.isDescending)
})

export const visibleRows = computed<Uint32Array>(() => {
  const chosen = laterSelection.value
  const all = ordered.value
  if (!chosen || !all) return new Uint32Array(0)
  return visible(all, chosen.mask, chosen.count)
})

/** Failures of each finding: of the diagnosis when nothing is filtered, else of the rows that pass. */
export const findingCounts = computed<ReadonlyMap<string, number>>(() => {
  const all = head.value?.findings ?? []
  const chosen = selection.value
  const rows = store.value
  if (!isFiltered.value || !chosen || !rows) return new Map(all.map((each) => [each.id, each.failures]))
  const counts = new Map(all.map((each) => [each.id, 0]))
  rows.names.findings.forEach((id, index) => {
    counts.set(id, chosen.byFinding[index] ?? 0)
  })
  return counts
})

export const answererCounts = computed<readonly [number, number, number]>(() => {
  const chosen = selection.value
  const diagnosis = head.value
  if (isFiltered.value && chosen)
    return [chosen.byAnswerer[0] ?? 0, chosen.byAnswerer[1] ?? 0, chosen.byAnswerer[2] ?? 0]
  const by = diagnosis?.answeredBy
  return by ? [by['load-balancer'], by.target, by.nobody] : [0, 0, 0]
})

/** One array for as long as the diagnosis stays, so that a drag does not draw the chart again. */
const wholeSeries = computed(() => {
  const by = head.value?.series?.columns.answeredBy
  return by ? [by['load-balancer'], by.target, by.nobody] : null
})

/** Failures per step by who answered, all of the time. */
export const failureSeries = computed<readonly (readonly number[] | Float64Array)[]>(() => {
  const isNarrowedBeyondTime =
    symptom.value !== null ||
    finding.value !== null ||
    hop.value !== null ||
    target.value !== null ||
    node.value !== null ||
    route.value !== null ||
    status.value !== null ||
    answeredBy.value !== null
  const whole = wholeSeries.value
  if (whole && (!isNarrowedBeyondTime || store.value === null)) return whole
  return selection.value?.series ?? []
})

export const hasAllRows = computed(() => {
  const rows = head.value?.failureRows
  return rows !== null && rows !== undefined && rows.kept >= rows.total
})
