const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

export function count(value: number): string {
  return whole.format(value)
}

/** For `failures per …`. */
export function per(ms: number): string {
  const names: Readonly<Record<number, string>> = { 1000: 'second', 60000: 'minute', 3600000: 'hour', 86400000: 'day' }
  return names[ms] ?? span(ms)
}

/** `1 failure`, `2 failures`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}

/** `0.41 %`; never 0 % for something that happened, never 100 % for something that was not all. */
export function percent(part: number, all: number): string {
  if (all <= 0) return '–'
  const value = (100 * part) / all
  if (part > 0 && value < 0.01) return '<\u00A00.01\u00A0%'
  if (part < all && value > 99.99) return '>\u00A099.99\u00A0%'
  const digits = value >= 10 && value < 99 ? 0 : value === 0 || value === 100 ? 0 : value < 1 ? 2 : 1
  return `${value.toFixed(digits)}\u00A0%`
}

export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return '–'
  if (Math.abs(ms) < 1000) return `${Math.round(ms)}\u00A0ms`
  if (Math.abs(ms) < 100_000) return `${(ms / 1000).toFixed(2)}\u00A0s`
  return `${whole.format(ms / 1000)}\u00A0s`
}

/** A length of time in words: `1 h 30 min`, `5 min 20 s`, `12 s`. */
export function span(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 1) return `${Math.max(0, Math.round(ms))}\u00A0ms`
  const days = Math.floor(seconds / 86_400)
  const hours = Math.floor((seconds % 86_400) / 3600)
  const minutes = Math.floor((seconds % 3600) / 60)
  const rest = seconds % 60
  if (days > 0) return hours > 0 ? `${days} d ${hours}\u00A0h` : `${days}\u00A0d`
  if (hours > 0) return minutes > 0 ? `${hours} h ${minutes}\u00A0min` : `${hours}\u00A0h`
  if (minutes > 0) return rest > 0 ? `${minutes} min ${rest}\u00A0s` : `${minutes}\u00A0min`
  return `${rest}\u00A0s`
}

export function bytes(value: number): string {
  if (value < 1000) return `${value}\u00A0B`
  if (value < 1_000_000) return `${(value / 1000).toFixed(1)}\u00A0kB`
  if (value < 1_000_000_000) return `${(value / 1_000_000).toFixed(1)}\u00A0MB`
  return `${(value / 1_000_000_000).toFixed(2)}\u00A0GB`
}

/** `13:52:10` or `13:52:10.412`, UTC. */
export function clock(ms: number, withMs = false): string {
  if (!Number.isFinite(ms)) return '–'
  return new Date(ms).toISOString().slice(11, withMs ? 23 : 19)
}

export function day(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString().slice(0, 10) : '–'
}

/** `2026-11-23 13:52:10`, and only the clock when both are on one day. */
export function between(startMs: number, endMs: number): string {
  const sameDay = day(startMs) === day(endMs)
  return `${day(startMs)} ${clock(startMs)} to ${sameDay ? '' : `${day(endMs)} `}${clock(endMs)} UTC`
}

/** A number of a chart's axis or a table: as short as it can be. */
export function plain(value: number): string {
  if (!Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  if (size >= 1000 || Number.isInteger(value)) return whole.format(value)
  return String(Number(value.toPrecision(3)))
}
