import type { WitnessRow } from '../formats/witnesses/witness-row.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8')

/** A slice keeps the whole block that it was cut from in memory; a copy does not. */
export function detachedText(text: string): string {
  return decoder.decode(encoder.encode(text))
}

export function detachedRow(row: WitnessRow): WitnessRow {
  const copy: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(row))
    copy[key] =
      typeof value === 'string'
        ? detachedText(value)
        : Array.isArray(value)
          ? value.map((each: unknown) => (typeof each === 'string' ? detachedText(each) : each))
          : value
  return copy as unknown as WitnessRow
}
