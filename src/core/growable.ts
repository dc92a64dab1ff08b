type Numeric = Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array

/** A typed array that doubles as it grows; `values` may be longer than `length`. */
export interface Growable<T extends Numeric> {
  values: T
  length: number
}

export function ensureRoom<T extends Numeric>(column: T, length: number): T {
  if (length <= column.length) return column
  const Typed = column.constructor as new (size: number) => T
  const bigger = new Typed(Math.max(length, column.length * 2, 16))
  bigger.set(column as never)
  return bigger
}
