import { duration } from '../model/format.ts'
import type { Timeline } from '../model/timeline.ts'
import { DataTable } from './data-table.tsx'

interface Props {
  readonly timeline: Timeline
  readonly idleTimeoutSeconds: number | null
}

/** Envoy's way of showing a request: one line per stretch, each where it lies in the whole. */
export function TimelineBars({ timeline, idleTimeoutSeconds }: Props) {
  const { stretches, totalMs, note } = timeline
  const marks = [
    { at: 10_000, label: 'connect timeout 10 s' },
    ...(idleTimeoutSeconds === null
      ? []
      : [{ at: idleTimeoutSeconds * 1000, label: `idle timeout ${idleTimeoutSeconds} s` }]),
  ].filter((mark) => Math.abs(totalMs - mark.at) < Math.max(600, mark.at * 0.02))
  const share = (ms: number): number => (totalMs > 0 ? (100 * ms) / totalMs : 0)
  return (
    <div class="bars">
      <div aria-hidden="true">
        {stretches.map((each) => (
          <div class="bar-line" key={each.name}>
            <span class="bar-name">{each.name}</span>
            <span class="bar-track">
              <span
                class={`bar bar-${each.kind}`}
                style={{ left: `${share(each.startMs)}%`, width: `${Math.max(0.4, share(each.lengthMs))}%` }}
              />
            </span>
            <span class="bar-length mono">{duration(each.lengthMs)}</span>
          </div>
        ))}
        <div class="bar-line bar-total">
          <span class="bar-name">elapsed</span>
          <span class="bar-scale">
            <span>0</span>
            {marks.map((mark) => (
              <strong key={mark.label}>{mark.label}</strong>
            ))}
          </span>
          <span class="bar-length mono">{duration(totalMs)}</span>
        </div>
      </div>
      {note && <p class="warning">{note}</p>}
      <DataTable
        caption="How the request’s time was spent"
        columns={['stretch', 'begins after', 'lasts', 'what it says']}
        rows={stretches.map((each) => [each.name, duration(each.startMs), duration(each.lengthMs), each.says])}
      />
    </div>
  )
}
