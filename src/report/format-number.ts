/** `12,345`: the same in every locale. */
export function formatCount(value: number): string {
  if (!Number.isInteger(value)) return formatDecimal(value)
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** At most three significant places after the point where the number is small: `0.004`, `4.98`, `61.2`, `1,204`. */
export function formatDecimal(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  if (size >= 1000) return formatCount(Math.round(value))
  const places = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3
  return String(Number(value.toFixed(places)))
}

/** `84 %`, `0.8 %`, `< 0.1 %`; never `100 %` or `0 %` unless it is exactly that. */
export function formatShare(part: number, of: number): string {
  if (of <= 0) return '-'
  const percent = (100 * part) / of
  if (part === 0) return '0 %'
  if (percent < 0.01) return '< 0.01 %'
  if (percent < 1) return `${Number(percent.toPrecision(2))} %`
  if (percent < 10 && Math.round(percent * 10) % 10 !== 0) return `${percent.toFixed(1)} %`
  if (percent >= 99.5 && part < of) return percent >= 99.95 ? '> 99.9 %' : `${percent.toFixed(1)} %`
  return `${Math.round(percent)} %`
}

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = -1
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${value >= 10 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** `45 min`, `5 min 30 s`, `2 h 5 min`, `3 d`. */
export function formatDuration(seconds: number): string {
  if (seconds < 60) return `${formatDecimal(seconds)} s`
  const total = Math.round(seconds)
  if (total < 3600) return joinUnits(Math.floor(total / 60), 'min', total % 60, 's')
  if (total < 172_800) return joinUnits(Math.floor(total / 3600), 'h', Math.floor((total % 3600) / 60), 'min')
  return joinUnits(Math.floor(total / 86_400), 'd', Math.floor((total % 86_400) / 3600), 'h')
}

function joinUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`
}

/** `1 request`, `2 requests`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}
