import type { TimeWindow } from '../core/diagnosis.ts'
import { formatDuration } from './format-number.ts'

/** `13:40:05 UTC`, or with the day in front. Text that is not a time stays as it is. */
export function formatTime(iso: string, parts: { day?: boolean; seconds?: boolean; zone?: boolean } = {}): string {
  const ms = Date.parse(iso)
  if (Number.isNaN(ms)) return iso
  const text = new Date(ms).toISOString()
  const clock = text.slice(11, parts.seconds ? 19 : 16)
  return `${parts.day ? `${text.slice(0, 10)} ` : ''}${clock}${parts.zone === false ? '' : ' UTC'}`
}

/** `2026-11-23 13:40–14:25 UTC`; the day only where asked for or where it changes. */
export function formatWindow(window: TimeWindow, parts: { day?: boolean; dash?: string } = {}): string {
  const seconds = windowSeconds(window) < 600
  const isOneDay = window.start.slice(0, 10) === window.end.slice(0, 10)
  const dash = parts.dash ?? '–'
  const start = formatTime(window.start, { day: parts.day === true || !isOneDay, seconds, zone: false })
  const end = formatTime(window.end, { day: !isOneDay, seconds })
  if (start === end.replace(/ UTC$/, '')) return end
  return isOneDay ? `${start}${dash}${end}` : `${start} ${dash} ${end}`
}

export function windowSeconds(window: TimeWindow): number {
  const seconds = (Date.parse(window.end) - Date.parse(window.start)) / 1000
  return Number.isFinite(seconds) ? Math.max(0, seconds) : 0
}

export function formatSpan(window: TimeWindow): string {
  return formatDuration(Math.round(windowSeconds(window)))
}
