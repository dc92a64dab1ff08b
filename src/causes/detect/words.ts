import { formatCount } from '../../core/format-count.ts'
/** Numbers in sentences. */
export function count(value: number): string {
  return formatCount(value)
}

export function share(part: number, of: number): string {
  if (of === 0) return '0 %'
  const percent = (part / of) * 100
  const digits = percent >= 10 || percent === 0 ? 0 : percent >= 1 ? 1 : percent >= 0.1 ? 2 : 3
  return `${percent.toFixed(digits)} %`
}

export function seconds(ms: number, digits = 2): string {
  return `${(ms / 1000).toFixed(digits)} s`
}

export function clock(ms: number): string {
  return `${new Date(ms).toISOString().slice(11, 19)} UTC`
}

export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}
