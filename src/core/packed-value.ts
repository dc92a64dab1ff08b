/**
 * Plain values as JSON text beside bytes: what JSON lacks (NaN, undefined, Map, Set) is written as an object with the
 * key `$`, and a typed array as a reference into the bytes of all columns, which follow each other without a gap.
 * Generic on purpose: a collector may keep whatever it likes of these kinds without a line here.
 */
export interface Packed {
  /** To be written with JSON.stringify. */
  readonly value: unknown
  /** In the order in which {@link unpackValue} asks for them. */
  readonly columns: readonly Column[]
}

export type Column = Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array

const columnTypes = { Float64Array, Int32Array, Uint32Array, Uint16Array, Uint8Array } as const
type ColumnType = keyof typeof columnTypes

export class UnpackError extends Error {}

export function packValue(value: unknown): Packed {
  const columns: Column[] = []
  return { value: pack(value, columns), columns }
}

function pack(value: unknown, columns: Column[]): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? value : { $: 'number', is: numberName(value) }
    case 'undefined':
      return { $: 'undefined' }
    case 'object':
      break
    default:
      throw new TypeError(`a ${typeof value} cannot be packed`)
  }
  if (value === null) return null
  // Not map(): a sparse array's holes are undefined too.
  if (Array.isArray(value)) return Array.from(value, (each) => pack(each, columns))
  if (value instanceof Map) return { $: 'map', of: packAll([...value.keys(), ...value.values()], columns) }
  if (value instanceof Set) return { $: 'set', of: packAll([...value], columns) }
  const type = (Object.keys(columnTypes) as ColumnType[]).find((name) => value instanceof columnTypes[name])
  if (type !== undefined) {
    columns.push(value as Column)
    return { $: type, length: (value as Column).length }
  }
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null)
    throw new TypeError(`a ${value.constructor?.name ?? 'thing'} cannot be packed`)
  const entries = Object.entries(value)
  if (Object.hasOwn(value, '$')) return { $: 'object', of: packAll(entries.flat(), columns) }
  return Object.fromEntries(entries.map(([key, each]) => [key, pack(each, columns)]))
}

function packAll(values: readonly unknown[], columns: Column[]): unknown[] {
  return values.map((each) => pack(each, columns))
}

function numberName(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}

/** `take(bytes)` gives room for the next column's bytes, or its bytes. Throws {@link UnpackError}. */
export function unpackValue(value: unknown, take: (bytes: number) => ArrayBuffer): unknown {
  const each = (inner: unknown): unknown => unpackValue(inner, take)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(each)
  if (!Object.hasOwn(value, '$'))
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, each(inner)]))
  const { $: kind, of, is, length } = value as Record<string, unknown>
  if (kind === 'undefined') return undefined
  if (kind === 'number' && ['NaN', 'Infinity', '-Infinity', '-0'].includes(String(is))) return Number(is)
  if (kind === 'set' && Array.isArray(of)) return new Set(of.map(each))
  if (kind === 'map' && Array.isArray(of) && of.length % 2 === 0) {
    // Keys first, then values: columns come in the order in which they were written.
    const all = of.map(each)
    const half = all.length / 2
    return new Map(all.slice(0, half).map((key, index) => [key, all[half + index]]))
  }
  if (kind === 'object' && Array.isArray(of) && of.length % 2 === 0) {
    const all = of.map(each)
    return Object.fromEntries(Array.from({ length: all.length / 2 }, (_, n) => [String(all[2 * n]), all[2 * n + 1]]))
  }
  if (
    typeof kind === 'string' &&
    Object.hasOwn(columnTypes, kind) &&
    Number.isSafeInteger(length) &&
    Number(length) >= 0
  ) {
    const Typed = columnTypes[kind as ColumnType]
    return new Typed(take(Number(length) * Typed.BYTES_PER_ELEMENT))
  }
  throw new UnpackError(`no value is written as $ = ${JSON.stringify(kind)?.slice(0, 40)}`)
}
