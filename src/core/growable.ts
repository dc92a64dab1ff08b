type Numeric = Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array

/** The array itself, or one at least twice as long with the same values. */
export function ensureRoom<T extends Numeric>(column: T, length: number): T {
  if (length <= column.length) return column
  const Typed = column.constructor as new (size: number) => T
  const bigger = new Typed(Math.max(length, column.length * 2, 16))
  bigger.set(column as never)
  return bigger
}
