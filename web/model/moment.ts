import { computed } from '@preact/signals'
import { clock, day } from './format.ts'
import { head, steps } from './state.ts'

/** The page covers more than one day, so a clock alone says too little. */
export const isManyDays = computed(() => {
  const window = head.value?.window
  if (window && day(Date.parse(window.start)) !== day(Date.parse(window.end))) return true
  const { startMs, stepMs, count } = steps.value
  return day(startMs) !== day(startMs + stepMs * count - 1)
})

/** A moment on the page's time axis, UTC: `13:52:10`, or `11-23 13:52:10` when there are several days. */
export function moment(ms: number, withMs = false): string {
  const text = clock(ms, withMs)
  return isManyDays.value && Number.isFinite(ms) ? `${day(ms).slice(5)} ${text}` : text
}
