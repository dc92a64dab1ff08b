let cachedDay = -1
let cachedDayMs = 0

/**
 * Epoch ms (microseconds as fraction) of `2026-11-23T02:19:59.646366Z` at `at`, or NaN when the 27 bytes have another
 * shape. Everything else goes through {@link parseTimestamp}.
 */
export function parseTimestampBytes(bytes: Uint8Array, at: number): number {
  if (
    bytes[at + 26] !== 90 ||
    bytes[at + 19] !== 46 ||
    bytes[at + 16] !== 58 ||
    bytes[at + 13] !== 58 ||
    bytes[at + 10] !== 84 ||
    bytes[at + 7] !== 45 ||
    bytes[at + 4] !== 45
  )
    return Number.NaN
  const year = two(bytes, at) * 100 + two(bytes, at + 2)
  const month = two(bytes, at + 5)
  const dayOfMonth = two(bytes, at + 8)
  const day = year * 10_000 + month * 100 + dayOfMonth
  if (day !== cachedDay) {
    const dayMs = Date.UTC(year, month - 1, dayOfMonth)
    if (month < 1 || month > 12 || new Date(dayMs).getUTCDate() !== dayOfMonth) return Number.NaN
    cachedDay = day
    cachedDayMs = dayMs
  }
  const hour = two(bytes, at + 11)
  const minute = two(bytes, at + 14)
  const second = two(bytes, at + 17)
  const micros = two(bytes, at + 20) * 10_000 + two(bytes, at + 22) * 100 + two(bytes, at + 24)
  // `two` is above 99 for anything that is not two digits, so one comparison per part rejects rubbish.
  if (hour > 23 || minute > 59 || second > 60 || micros > 999_999) return Number.NaN
  return cachedDayMs + ((hour * 60 + minute) * 60 + second) * 1000 + micros / 1000
}

function two(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] as number) ^ 48
  const ones = (bytes[at + 1] as number) ^ 48
  return tens > 9 || ones > 9 ? 1_000_000 : tens * 10 + ones
}

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

/** `2026-11-23T02:19:59.646366Z`. */
export function formatMicroseconds(ms: number): string {
  const micros = Math.round(ms * 1000)
  const whole = Math.floor(micros / 1000)
  return `${new Date(whole).toISOString().slice(0, 23)}${String(micros - whole * 1000).padStart(3, '0')}Z`
}
