/**
 * A delivered file's name holds the END of its interval: `..._20261123T0205Z_...` holds 02:00 to 02:05. So the rows of
 * [since, until) are in files whose END lies in (since, until + interval).
 */
export function endStamps(sinceMs: number, untilMs: number, intervalMinutes: 5 | 60): number[] {
  const step = intervalMinutes * 60_000
  const stamps: number[] = []
  for (let end = (Math.floor(sinceMs / step) + 1) * step; end < untilMs + step; end += step) stamps.push(end)
  return stamps
}

/** Name patterns for those ENDs, as few as cover them without a neighbour: day, hour, ten minutes, single file. */
export function stampPatterns(stamps: readonly number[], intervalMinutes: 5 | 60): string[] {
  const texts = stamps.map((ms) => new Date(ms).toISOString().replace(/[-:]/g, '').slice(0, 13))
  const patterns: string[] = []
  for (const [day, ofDay] of groupBy(texts, (text) => text.slice(0, 9))) {
    if (ofDay.length === (24 * 60) / intervalMinutes) {
      patterns.push(`${day}*`)
      continue
    }
    for (const [hour, ofHour] of groupBy(ofDay, (text) => text.slice(0, 11))) {
      if (ofHour.length === 60 / intervalMinutes) patterns.push(`${hour}*`)
      else
        for (const [ten, ofTen] of groupBy(ofHour, (text) => text.slice(0, 12)))
          patterns.push(ofTen.length === 2 ? `${ten}*` : `${ofTen[0] ?? ten}Z*`)
    }
  }
  return patterns
}

/** Files lie in the folder of the day they were delivered on: a little after their END, so perhaps the next day. */
export function byFolder(stamps: readonly number[]): Map<string, number[]> {
  const folders = new Map<string, number[]>()
  for (const end of stamps)
    for (const folder of new Set([dayFolder(end), dayFolder(end + LATEST_DELIVERY_MS)]))
      folders.set(folder, [...(folders.get(folder) ?? []), end])
  return folders
}

/** AWS promises no time; files have been seen some 5 minutes after their END. */
const LATEST_DELIVERY_MS = 30 * 60_000

function dayFolder(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10).replaceAll('-', '/')
}

function groupBy(texts: readonly string[], keyOf: (text: string) => string): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const text of texts) groups.set(keyOf(text), [...(groups.get(keyOf(text)) ?? []), text])
  return groups
}
