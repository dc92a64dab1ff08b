import { moment } from '../model/moment.ts'

/** Five moments below a drawing on the page's time axis; the ends only where there is no room for more. */
export function TimeScale({ startMs, endMs }: { readonly startMs: number; readonly endMs: number }) {
  return (
    <span class="time-scale">
      {[0, 1, 2, 3, 4].map((quarter) => (
        <span key={quarter} style={{ left: `${quarter * 25}%` }}>
          {moment(startMs + ((endMs - startMs) * quarter) / 4)}
          {quarter === 4 ? ' UTC' : ''}
        </span>
      ))}
    </span>
  )
}
