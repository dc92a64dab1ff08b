import { AppError } from '../core/errors.ts'
import { parseTimestamp } from '../core/timestamp.ts'
import { type FilterSpec, type WhereField, whereFields } from './row-filter.ts'

/** `--where FIELD=GLOB`, `--since`, `--until` as typed. Throws AppError USAGE. */
export function parseFilter(
  where: readonly string[],
  since: string | undefined,
  until: string | undefined,
  now: Date,
): FilterSpec {
  const sinceMs = since === undefined ? null : parseMoment('--since', since, now)
  const untilMs = until === undefined ? null : parseMoment('--until', until, now)
  if (sinceMs !== null && untilMs !== null && sinceMs >= untilMs)
    throw new AppError('USAGE', { what: `--since ${since} is not before --until ${until}: no row lies between them` })
  return {
    sinceMs,
    untilMs,
    where: where.map((each) => {
      const equals = each.indexOf('=')
      const field = each.slice(0, equals) as WhereField
      if (equals < 1 || !whereFields.includes(field))
        throw new AppError('USAGE', {
          what: `--where ${each}: write FIELD=GLOB with a field of ${whereFields.join(', ')}`,
        })
      return { field, glob: each.slice(equals + 1) }
    }),
  }
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** ISO 8601 (without a zone: UTC; a date alone: its midnight) or `2h`, `30m`, `1d` before now. */
export function parseMoment(option: string, text: string, now: Date): number {
  const ago = /^(\d{1,6})([smhd])$/.exec(text)
  if (ago) return now.getTime() - Number(ago[1]) * (UNIT_MS[ago[2] as string] as number)
  const iso = /^\d{4}-\d\d-\d\d$/.test(text)
    ? `${text}T00:00:00Z`
    : /T\d\d:\d\dZ?$/.test(text)
      ? text.replace(/Z?$/, ':00Z')
      : text
  const ms = parseTimestamp(iso)
  if (Number.isNaN(ms))
    throw new AppError('USAGE', { what: `${option} ${text}: write 2026-11-23T02:00:00Z (UTC), 2026-11-23, or 2h` })
  return ms
}
