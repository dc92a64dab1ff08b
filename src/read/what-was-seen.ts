import type { Inputs } from './inputs.ts'

const MOST_KINDS = 4

/** For "no log found": what was there instead, most frequent first. */
export function whatWasSeen({ files, unreadable }: Inputs): string {
  const kinds = new Map<string, number>()
  for (const { detection } of files) {
    const seen = detection?.seen
    const kind = seen?.startsWith('text that begins') ? 'other text' : seen
    if (kind) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  }
  if (unreadable.length > 0) kinds.set('not readable', unreadable.length)
  if (kinds.size === 0) return 'no file is there'
  const all = [...kinds].sort((a, b) => b[1] - a[1])
  // One text file: its beginning says most.
  const only = files.length === 1 && files[0]?.detection
  if (only && only.seen !== undefined && unreadable.length === 0) return only.seen
  const named = all.slice(0, MOST_KINDS).map(([kind, count]) => `${count} × ${kind}`)
  const others = all.slice(MOST_KINDS).reduce((sum, [, count]) => sum + count, 0)
  return `${named.join(', ')}${others > 0 ? ` and ${others} others` : ''}`
}
