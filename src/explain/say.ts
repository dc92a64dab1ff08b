import { formatCount } from '../core/format-count.ts'
/** `0.171 s`, `11.823 s`, `0.000025 s`. */
export function seconds(ms: number): string {
  const value = ms / 1000
  return `${Number(value.toFixed(value !== 0 && Math.abs(value) < 0.001 ? 6 : 3))} s`
}

/** A long time in one unit. */
export function span(ms: number): string {
  const units: readonly (readonly [string, number])[] = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1_000],
  ]
  for (const [name, size] of units) {
    const count = Math.floor(ms / size)
    if (count >= 1) return `${formatCount(count)} ${name}${count === 1 ? '' : 's'}`
  }
  return `${Math.round(ms)} ms`
}
