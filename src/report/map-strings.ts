/** Where a string stands: the keys from the root, list positions left out (`findings`, `samples`, `raw`). */
export type StringPath = readonly string[]

/** The same plain data with every string (and every key of a record of counts) replaced. Untouched branches keep their identity. */
export function mapStrings<T>(value: T, change: (text: string, path: StringPath) => string): T {
  return walk(value, [], change) as T
}

function walk(value: unknown, path: readonly string[], change: (text: string, path: StringPath) => string): unknown {
  if (typeof value === 'string') return change(value, path)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    let changed: unknown[] | undefined
    for (let index = 0; index < value.length; index++) {
      const next = walk(value[index], path, change)
      if (next === value[index]) continue
      changed ??= value.slice()
      changed[index] = next
    }
    return changed ?? value
  }
  const entries: [string, unknown][] = []
  let isChanged = false
  for (const [key, part] of Object.entries(value)) {
    const nextKey = change(key, [...path, '(key)'])
    const next = walk(part, [...path, key], change)
    if (next !== part || nextKey !== key) isChanged = true
    entries.push([nextKey, next])
  }
  return isChanged ? Object.fromEntries(entries) : value
}
