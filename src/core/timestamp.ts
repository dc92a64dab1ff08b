const SHAPE = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z| UTC|[+-]\d\d:?\d\d)?$/

/** Epoch ms of any ISO 8601 shape seen in AWS logs; without a zone it is UTC. NaN when it is none. */
export function parseTimestamp(text: string): number {
  const parts = SHAPE.exec(text)
  if (!parts) return Number.NaN
  const [, year, month, day, hour, minute, second, fraction, zone] = parts
  const base = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
  if (new Date(base).getUTCDate() !== Number(day) && Number(second) < 60) return Number.NaN
  if (Number(month) > 12 || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return Number.NaN
  const offset = zone && /^[+-]/.test(zone) ? offsetMs(zone) : 0
  return base - offset + (fraction ? Number(`0.${fraction}`) * 1000 : 0)
}

function offsetMs(zone: string): number {
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))
  return (zone[0] === '-' ? -minutes : minutes) * 60_000
}

let formattedSecond = Number.NaN
let formatted = ''

/** `2026-11-23T02:19:59.646366Z`. */
export function formatMicroseconds(ms: number): string {
  const micros = Math.round(ms * 1000)
  const second = Math.floor(micros / 1_000_000)
  // Thousands of failures are written, many of one second.
  if (second !== formattedSecond) {
    formatted = new Date(second * 1000).toISOString().slice(0, 20)
    formattedSecond = second
  }
  return `${formatted}${String(micros - second * 1_000_000 + 1_000_000).slice(1)}Z`
}
