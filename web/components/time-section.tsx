import { Brush, hovered } from '../charts/brush.tsx'
import { FailureChart, TrafficChart } from '../charts/time-chart.tsx'
import { between, clock, count, counted, day, per, plain, span } from '../model/format.ts'
import { moment } from '../model/moment.ts'
import { failureSeries, head, range, steps } from '../model/state.ts'
import { DataBehind } from './data-table.tsx'
import { Logged } from './logged.tsx'
import { Section } from './section.tsx'

export function TimeSection() {
  const diagnosis = head.value
  const { count: stepCount, stepMs } = steps.value
  if (!diagnosis || stepCount === 0 || diagnosis.books.failures === 0) return null
  const step = per(stepMs)
  return (
    <Section
      id="time"
      title="ELB 5XX against target 5XX"
      note="Drag over the chart to choose a time range; the whole page follows. Times are UTC."
    >
      <div class="time">
        <Legend />
        <Readout />
        <div class="axis-line">
          <p class="axis-title">failures per {step}</p>
          <Hovered />
        </div>
        <div class="time-plots">
          <FailureChart />
          <p class="axis-title">requests per {step}, all answers</p>
          <TrafficChart />
          <Events />
          <Brush />
        </div>
        <EventList />
        <DataBehind
          caption="Failures and requests over time"
          columns={['from (UTC)', 'requests', 'ELB 5XX', 'target 5XX', 'client left first (460)']}
          rows={tableRows}
        />
      </div>
    </Section>
  )
}

function Legend() {
  const series = failureSeries.value
  const all = (index: number): number => {
    let sum = 0
    for (const value of series[index] ?? []) sum += value
    return sum
  }
  return (
    <ul class="legend">
      <li>
        <span class="swatch swatch-lb" aria-hidden="true" /> ELB 5XX: made by the load balancer{' '}
        <strong>{count(all(0))}</strong>
      </li>
      <li>
        <span class="swatch swatch-target" aria-hidden="true" /> target 5XX: made by the targets{' '}
        <strong>{count(all(1))}</strong>
      </li>
      {all(2) > 0 && (
        <li>
          <span class="swatch swatch-nobody" aria-hidden="true" /> 460: the client left first{' '}
          <strong>{count(all(2))}</strong>
        </li>
      )}
    </ul>
  )
}

/** One line of fixed height: the chosen range. */
function Readout() {
  return (
    <p class="readout">
      {range.value ? (
        <>
          <strong>{between(range.value[0], range.value[1])}</strong>
          <span>{span(range.value[1] - range.value[0])}</span>
          <button
            type="button"
            class="link"
            onClick={() => {
              range.value = null
            }}
          >
            Show all of the time
          </button>
        </>
      ) : (
        <span class="quiet">All of the time is shown.</span>
      )}
    </p>
  )
}

/** What stands under the pointer, beside the axis' name. */
function Hovered() {
  const { startMs, stepMs } = steps.value
  const series = failureSeries.value
  const step = hovered.value
  if (step === null) return <p class="hovered" aria-hidden="true" />
  const requests = head.value?.series?.columns.requests[step]
  return (
    <p class="hovered" aria-hidden="true">
      <strong>{moment(startMs + step * stepMs)}</strong>
      <span>{counted(series[0]?.[step] ?? 0, 'ELB 5XX', 'ELB 5XX')}</span>
      <span>{counted(series[1]?.[step] ?? 0, 'target 5XX', 'target 5XX')}</span>
      {(series[2]?.[step] ?? 0) > 0 && <span>{counted(series[2]?.[step] ?? 0, '460', '460')}</span>}
      {requests !== undefined && <span>{counted(requests, 'request')}</span>}
    </p>
  )
}

interface Marked {
  readonly at: number
  readonly what: string
  readonly witness: string
}

/** Deploys, probe failures and the like, from the witnesses. */
function events(): readonly Marked[] {
  const { startMs, stepMs, count: stepCount } = steps.value
  const all: Marked[] = []
  for (const witness of head.value?.witnesses ?? [])
    for (const event of witness.events ?? []) {
      const at = Date.parse(event.time)
      if (at >= startMs && at < startMs + stepMs * stepCount) all.push({ at, what: event.what, witness: witness.name })
    }
  return all.sort((a, b) => a.at - b.at).slice(0, 40)
}

function Events() {
  const { startMs, stepMs, count: stepCount } = steps.value
  return (
    <div class="events" aria-hidden="true">
      {events().map((event, index, all) => (
        <span
          class="event"
          key={index}
          style={{
            left: `${(100 * (event.at - startMs)) / (stepMs * stepCount)}%`,
            '--row': String(rowOf(all, index, stepMs * stepCount)),
          }}
          data-number={index + 1}
        />
      ))}
    </div>
  )
}

/** Numbers that would lie on each other stand below each other. */
function rowOf(all: readonly Marked[], index: number, wholeMs: number): number {
  let row = 0
  for (let at = index; at > 0 && (all[at]?.at ?? 0) - (all[at - 1]?.at ?? 0) < wholeMs * 0.025; at -= 1) row += 1
  return row % 6
}

function EventList() {
  const all = events()
  if (all.length === 0) return null
  return (
    <ol class="event-list" aria-label="Events of other witnesses">
      {all.map((event, index) => (
        <li key={index}>
          <span class="event-number">{index + 1}</span>
          <span class="mono">{moment(event.at)}</span> <Logged text={event.what} />{' '}
          <span class="quiet">
            (<Logged text={event.witness.slice(event.witness.lastIndexOf('/') + 1)} />)
          </span>
        </li>
      ))}
    </ol>
  )
}

function tableRows(): (string | number)[][] {
  const { startMs, stepMs, count: stepCount } = steps.value
  const series = failureSeries.value
  const requests = head.value?.series?.columns.requests
  return Array.from({ length: stepCount }, (_, step) => {
    const at = startMs + step * stepMs
    return [
      `${day(at)} ${clock(at)}`,
      requests ? plain(requests[step] ?? 0) : '–',
      series[0]?.[step] ?? 0,
      series[1]?.[step] ?? 0,
      series[2]?.[step] ?? 0,
    ]
  })
}
