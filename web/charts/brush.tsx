import { signal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { between } from '../model/format.ts'
import { moment } from '../model/moment.ts'
import { isBrushing, range, steps } from '../model/state.ts'
import { AXIS_WIDTH, RIGHT_PAD } from './plot.ts'

/** Step under the pointer. */
export const hovered = signal<number | null>(null)

type Grip = 'new' | 'start' | 'end' | 'move'

/** The time range: drag over the charts, or move the two handles with the arrow keys. Escape clears it. */
export function Brush() {
  const box = useRef<HTMLDivElement>(null)
  const drag = useRef<{ grip: Grip; from: number; start: number; end: number } | null>(null)
  const { startMs, stepMs, count } = steps.value
  const endMs = startMs + stepMs * count
  const [from, to] = range.value ?? [startMs, endMs]
  const share = (at: number): number => (endMs > startMs ? (100 * (at - startMs)) / (endMs - startMs) : 0)
  // Quarter steps while dragging: a range inside one minute can be asked for.
  const grain = Math.max(1, Math.round(stepMs / 4))

  const timeAt = (clientX: number): number => {
    const rect = box.current?.getBoundingClientRect()
    if (!rect || rect.width === 0) return startMs
    const at = startMs + ((clientX - rect.left) / rect.width) * (endMs - startMs)
    return Math.min(endMs, Math.max(startMs, startMs + Math.round((at - startMs) / grain) * grain))
  }
  const set = (a: number, b: number): void => {
    const low = Math.max(startMs, Math.min(a, b))
    const high = Math.min(endMs, Math.max(a, b))
    range.value = high - low < grain || (low <= startMs && high >= endMs) ? null : [low, high]
  }

  const onPointerDown = (event: PointerEvent): void => {
    if (event.button !== 0) return
    const grip = ((event.target as HTMLElement).dataset.grip ?? 'new') as Grip
    const at = timeAt(event.clientX)
    drag.current = { grip, from: at, start: grip === 'new' ? at : from, end: grip === 'new' ? at : to }
    box.current?.setPointerCapture(event.pointerId)
    isBrushing.value = true
    event.preventDefault()
    if (grip === 'start' || grip === 'end') (event.target as HTMLElement).focus()
  }
  const onPointerMove = (event: PointerEvent): void => {
    const rect = box.current?.getBoundingClientRect()
    if (rect) {
      const step = Math.floor(((event.clientX - rect.left) / rect.width) * count)
      hovered.value = step >= 0 && step < count ? step : null
    }
    const held = drag.current
    if (!held) return
    const at = timeAt(event.clientX)
    if (held.grip === 'new') set(held.from, at)
    else if (held.grip === 'start') set(at, held.end)
    else if (held.grip === 'end') set(held.start, at)
    else {
      const by = Math.max(startMs - held.start, Math.min(endMs - held.end, at - held.from))
      set(held.start + by, held.end + by)
    }
  }
  const onPointerUp = (event: PointerEvent): void => {
    const held = drag.current
    drag.current = null
    isBrushing.value = false
    // A click without a drag clears the range.
    if (held?.grip === 'new' && Math.abs(timeAt(event.clientX) - held.from) < grain) range.value = null
  }
  const onKeyDown = (which: 'start' | 'end') => (event: KeyboardEvent) => {
    const by = (event.shiftKey ? 10 : 1) * stepMs
    const moves: Readonly<Record<string, number>> = {
      ArrowLeft: -by,
      ArrowDown: -by,
      ArrowRight: by,
      ArrowUp: by,
      PageDown: -10 * stepMs,
      PageUp: 10 * stepMs,
      Home: startMs - endMs,
      End: endMs - startMs,
    }
    if (event.key === 'Escape') range.value = null
    const move = moves[event.key]
    if (move === undefined) return
    event.preventDefault()
    if (which === 'start') set(Math.max(startMs, Math.min(from + move, to - stepMs)), to)
    else set(from, Math.min(endMs, Math.max(to + move, from + stepMs)))
  }
  if (count === 0) return null
  const handle = (which: 'start' | 'end', at: number) => (
    <div
      class={`brush-handle brush-${which}${range.value ? '' : ' brush-idle'}`}
      data-grip={which}
      role="slider"
      tabIndex={0}
      aria-label={which === 'start' ? 'Start of the time range' : 'End of the time range'}
      aria-valuemin={0}
      aria-valuemax={count}
      aria-valuenow={Math.round((at - startMs) / stepMs)}
      aria-valuetext={`${moment(at)} UTC`}
      style={{ left: `${share(at)}%` }}
      onKeyDown={onKeyDown(which)}
    />
  )
  return (
    <div
      class="brush"
      ref={box}
      style={{ left: `${AXIS_WIDTH}px`, right: `${RIGHT_PAD}px` }}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onPointerCancel={onPointerUp}
      onPointerLeave={() => {
        hovered.value = null
      }}
    >
      <Cursor />
      {range.value && (
        <>
          <div class="brush-shade" style={{ left: 0, width: `${share(from)}%` }} />
          <div class="brush-shade" style={{ left: `${share(to)}%`, right: 0 }} />
          <div
            class="brush-window"
            data-grip="move"
            title={between(from, to)}
            style={{ left: `${share(from)}%`, width: `${share(to) - share(from)}%` }}
          />
        </>
      )}
      {handle('start', from)}
      {handle('end', to)}
    </div>
  )
}

function Cursor() {
  const { count } = steps.value
  if (hovered.value === null || count === 0) return null
  return <div class="brush-cursor" style={{ left: `${(100 * (hovered.value + 0.5)) / count}%` }} />
}
