type Kind =
  | Float64ArrayConstructor
  | Int32ArrayConstructor
  | Uint32ArrayConstructor
  | Uint16ArrayConstructor
  | Uint8ArrayConstructor

/** Names of columns to what they are made of. */
export type ColumnKinds = Readonly<Record<string, Kind>>

/** Parallel arrays: what has index 3 in one of them belongs to what has index 3 in the others. */
export type Columns<Kinds extends ColumnKinds> = { -readonly [Name in keyof Kinds]: Kinds[Name]['prototype'] }

/** In one piece of memory: it is cheaper to make, to hand over and to give back than one for each column. */
export function makeColumns<Kinds extends ColumnKinds>(kinds: Kinds, length: number): Columns<Kinds> {
  const bytes = Object.values(kinds).reduce((sum, Typed) => sum + aligned(Typed.BYTES_PER_ELEMENT * length), 0)
  return makeColumnsIn(kinds, new ArrayBuffer(bytes), length)
}

/** The same in memory that is there. */
export function makeColumnsIn<Kinds extends ColumnKinds>(
  kinds: Kinds,
  buffer: ArrayBuffer,
  length: number,
): Columns<Kinds> {
  let at = 0
  const made = Object.entries(kinds).map(([name, Typed]) => {
    const column = new Typed(buffer, at, length)
    at += aligned(column.byteLength)
    return [name, column]
  })
  return Object.fromEntries(made) as Columns<Kinds>
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 8) * 8
}

/** The first `length` rows of `from`, to where `into` has room for them. */
export function copyRows<Kinds extends ColumnKinds>(
  kinds: Kinds,
  into: Columns<Kinds>,
  at: number,
  from: Columns<Kinds>,
  length: number,
): void {
  for (const name of Object.keys(kinds))
    (into[name] as Float64Array).set((from[name] as Float64Array).subarray(0, length), at)
}

/** Rows from `from` to before `to`, not copied. */
export function cutColumns<Kinds extends ColumnKinds>(
  kinds: Kinds,
  columns: Columns<Kinds>,
  from: number,
  to: number,
): Columns<Kinds> {
  const cut = Object.keys(kinds).map((name) => [name, (columns[name] as Float64Array).subarray(from, to)])
  return Object.fromEntries(cut) as Columns<Kinds>
}
