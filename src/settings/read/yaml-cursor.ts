import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar } from 'yaml'
import type { Place } from '../chain.ts'
import type { Positions } from './source-file.ts'

/** A node of a YAML document with what is needed to read and to point at it. */
export interface Cursor {
  readonly node: Node | null
  readonly document: Document.Parsed
  readonly positions: Positions
}

/** Follows keys and indexes; aliases and merge keys (`<<`) included. Missing = a cursor whose node is null. */
export function get(cursor: Cursor, ...path: readonly (string | number)[]): Cursor {
  let node = resolve(cursor, cursor.node)
  for (const step of path) {
    if (typeof step === 'number')
      node = isSeq(node) ? resolve(cursor, (node.items[step] as Node | undefined) ?? null) : null
    else node = isMap(node) ? resolve(cursor, valueOfKey(cursor, node.items as Pair[], step, 0)) : null
    if (node === null) break
  }
  return { ...cursor, node }
}

function valueOfKey(cursor: Cursor, items: readonly Pair[], key: string, depth: number): Node | null {
  for (const pair of items) if (isScalar(pair.key) && pair.key.value === key) return (pair.value as Node | null) ?? null
  if (depth > 8) return null
  for (const pair of items) {
    if (!isScalar(pair.key) || pair.key.value !== '<<') continue
    const merged = resolve(cursor, pair.value as Node | null)
    for (const each of isSeq(merged) ? (merged.items as Node[]) : [merged]) {
      const map = resolve(cursor, each)
      const found = isMap(map) ? valueOfKey(cursor, map.items as Pair[], key, depth + 1) : null
      if (found) return found
    }
  }
  return null
}

function resolve(cursor: Cursor, node: Node | null): Node | null {
  return isAlias(node) ? ((node.resolve(cursor.document) as Node | undefined) ?? null) : node
}

export function text(cursor: Cursor): string | undefined {
  if (!isScalar(cursor.node)) return undefined
  const { value } = cursor.node as Scalar
  return value === null || value === undefined ? undefined : String(value)
}

/** A number as Kubernetes takes it: unquoted. */
export function numeric(cursor: Cursor): number | undefined {
  return isScalar(cursor.node) && typeof cursor.node.value === 'number' ? cursor.node.value : undefined
}

export function items(cursor: Cursor): Cursor[] {
  const node = resolve(cursor, cursor.node)
  return isSeq(node) ? node.items.map((each) => ({ ...cursor, node: resolve(cursor, each as Node | null) })) : []
}

/** Keys and values of a map; with merge keys last. */
export function entries(cursor: Cursor): { readonly key: string; readonly value: Cursor; readonly at: Place }[] {
  const node = resolve(cursor, cursor.node)
  if (!isMap(node)) return []
  return (node.items as Pair[]).flatMap((pair) => {
    if (!isScalar(pair.key)) return []
    const value = { ...cursor, node: resolve(cursor, (pair.value as Node | null) ?? null) }
    return [{ key: String(pair.key.value), value, at: cursor.positions.at((pair.key as Node).range?.[0] ?? 0) }]
  })
}

export function place(cursor: Cursor): Place {
  return cursor.positions.at(cursor.node?.range?.[0] ?? 0)
}

/** Where the key itself stands (`readinessProbe:`), else the map. */
export function placeOfKey(cursor: Cursor, key: string): Place {
  return entries(cursor).find((each) => each.key === key)?.at ?? place(cursor)
}
