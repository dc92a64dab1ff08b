/** A document as other tools print it: one value, several one after the other, or one per line. */
export function parseDocuments(text: string): { readonly values: readonly unknown[]; readonly bad: number } {
  const trimmed = text.trim()
  if (trimmed === '') return { values: [], bad: 0 }
  try {
    return { values: [JSON.parse(trimmed)], bad: 0 }
  } catch {
    // Several documents, or one that was cut: below.
  }
  const values: unknown[] = []
  let bad = 0
  // kubectl and jq end a document with a brace in the first column; NDJSON has one per line.
  for (const part of trimmed.split(/(?<=^[}\]])\s*\n(?=[{[])|\n(?=\{")/m))
    try {
      values.push(JSON.parse(part))
    } catch {
      bad++
    }
  return { values, bad }
}

export type Json = Readonly<Record<string, unknown>>

export function asObject(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}

export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** What a Date can hold (ECMA-262, time values). */
const LAST_MS = 8.64e15

/** Epoch ms, or NaN. */
export function asTime(value: unknown): number {
  if (typeof value === 'number') {
    const ms = value > 1e11 ? value : value * 1000
    return Math.abs(ms) <= LAST_MS ? ms : Number.NaN
  }
  return typeof value === 'string' ? Date.parse(value) : Number.NaN
}
