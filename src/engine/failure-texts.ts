import { ensureRoom } from '../core/growable.ts'
import type { FailureText } from './unit-scan.ts'

/**
 * Texts of failures as UTF-8, one after the other: thousands of strings would be copied from thread to thread and about
 * the heap by its collector, and most are never looked at.
 */
export interface PackedTexts {
  readonly index: Int32Array
  readonly end: Float64Array
  /** Where each text ends, {@link fields} of them for one failure. */
  readonly textEnd: Uint32Array
  /** 1: null. */
  readonly isAbsent: Uint8Array
  readonly bytes: Uint8Array
}

const fields = ['text', 'client', 'request', 'userAgent'] as const
type Mutable<T> = { -readonly [Name in keyof T]: T[Name] }

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * Packs the texts of one unit as its failures come, so that no string outlives its row. Of the loose ones the earliest
 * are kept, a bounded number.
 */
export class TextPacker {
  readonly #mostLoose: number
  #length = 0
  #loose = 0
  #columns: Mutable<PackedTexts> & { isLoose: Uint8Array } = {
    ...makePacked(0),
    isLoose: new Uint8Array(0),
    bytes: new Uint8Array(0),
  }

  constructor(mostLoose: number) {
    this.#mostLoose = mostLoose
  }

  add(text: FailureText, isLoose: boolean): void {
    const n = this.#length++
    this.#reserve(n + 1)
    const { index, end, isAbsent, isLoose: loose, textEnd } = this.#columns
    index[n] = text.index
    end[n] = text.end
    loose[n] = isLoose ? 1 : 0
    let at = n === 0 ? 0 : (textEnd[n * fields.length - 1] as number)
    for (let f = 0; f < fields.length; f++) {
      const value = text[fields[f] as (typeof fields)[number]]
      isAbsent[n * fields.length + f] = value === null ? 1 : 0
      if (value !== null) at = this.#append(value, at)
      textEnd[n * fields.length + f] = at
    }
    if (isLoose && ++this.#loose > this.#mostLoose * 2 + 100) this.#dropLate()
  }

  #append(value: string, at: number): number {
    this.#columns.bytes = ensureRoom(this.#columns.bytes, at + value.length * 3)
    return at + encoder.encodeInto(value, this.#columns.bytes.subarray(at)).written
  }

  #reserve(length: number): void {
    const columns = this.#columns
    if (length <= columns.index.length) return
    columns.index = ensureRoom(columns.index, length)
    columns.end = ensureRoom(columns.end, length)
    columns.isLoose = ensureRoom(columns.isLoose, length)
    columns.textEnd = ensureRoom(columns.textEnd, columns.index.length * fields.length)
    columns.isAbsent = ensureRoom(columns.isAbsent, columns.index.length * fields.length)
  }

  #dropLate(): void {
    const { index, end, isLoose } = this.#columns
    const all = Array.from(
      { length: this.#length },
      (_, n): Place => ({ failure: index[n] as number, in: this.#columns, n }),
    )
    const loose = all.filter(({ n }) => isLoose[n] === 1)
    loose.sort((a, b) => (end[a.n] as number) - (end[b.n] as number) || a.failure - b.failure)
    const gone = new Set(loose.slice(this.#mostLoose))
    const kept = all.filter((place) => !gone.has(place))
    this.#columns = { ...copyTexts(kept), isLoose: Uint8Array.from(kept, ({ n }) => isLoose[n] as number) }
    this.#length = kept.length
    this.#loose = loose.length - gone.size
  }

  /** Forgets the unit before. Its room is used again: what is thrown away waits for a collector. */
  begin(): void {
    this.#length = 0
    this.#loose = 0
  }

  finish(): PackedTexts {
    if (this.#loose > this.#mostLoose) this.#dropLate()
    const { index, end, textEnd, isAbsent, bytes } = this.#columns
    const length = this.#length
    return {
      index: index.slice(0, length),
      end: end.slice(0, length),
      textEnd: textEnd.slice(0, length * fields.length),
      isAbsent: isAbsent.slice(0, length * fields.length),
      bytes: bytes.slice(0, length === 0 ? 0 : textEnd[length * fields.length - 1]),
    }
  }
}

/** In place of texts that were handed on. */
export const noTexts: PackedTexts = new TextPacker(0).finish()

function makePacked(length: number) {
  return {
    index: new Int32Array(length),
    end: new Float64Array(length),
    textEnd: new Uint32Array(length * fields.length),
    isAbsent: new Uint8Array(length * fields.length),
  }
}

interface Place {
  readonly failure: number
  readonly in: PackedTexts
  readonly n: number
}

/** The texts of a run, by failure. */
export class FailureTexts {
  #places = new Map<number, Place>()

  static of(texts: Iterable<FailureText>): FailureTexts {
    const packer = new TextPacker(0)
    for (const text of texts) packer.add(text, false)
    const made = new FailureTexts()
    made.add(packer.finish(), 0)
    return made
  }

  /** `base`: index of the run's failure that is the first of these. */
  add(packed: PackedTexts, base: number): void {
    for (const [n, index] of packed.index.entries())
      this.#places.set(base + index, { failure: base + index, in: packed, n })
  }

  get size(): number {
    return this.#places.size
  }

  has(failure: number): boolean {
    return this.#places.has(failure)
  }

  get(failure: number): FailureText | undefined {
    const [end, text] = [this.#endOf(failure), this.read(failure, 'text')]
    if (end === undefined || text === null) return undefined
    return {
      index: failure,
      end,
      text,
      client: this.read(failure, 'client'),
      request: this.read(failure, 'request'),
      userAgent: this.read(failure, 'userAgent'),
    }
  }

  /** One of the texts; null when it is not there. */
  read(failure: number, field: (typeof fields)[number]): string | null {
    const place = this.#places.get(failure)
    return place === undefined ? null : textAt(place.in, place.n * fields.length + fields.indexOf(field))
  }

  #endOf(failure: number): number | undefined {
    const place = this.#places.get(failure)
    return place?.in.end[place.n]
  }

  *[Symbol.iterator](): Iterator<[number, FailureText]> {
    for (const failure of this.#places.keys()) yield [failure, this.get(failure) as FailureText]
  }

  /** Keeps the earliest ones and every hundredth of the others, so that late findings still have sample rows. */
  dropLate(keep: number): void {
    const endOf = (place: Place): number => place.in.end[place.n] as number
    const sorted = [...this.#places.values()].sort((a, b) => endOf(a) - endOf(b) || a.failure - b.failure)
    const kept = sorted.filter((_, order) => order < keep || order % 100 === 0)
    this.#places = new Map()
    this.add(copyTexts(kept), 0)
  }
}

function textAt({ bytes, textEnd, isAbsent }: PackedTexts, at: number): string | null {
  if (isAbsent[at] === 1) return null
  return decoder.decode(bytes.subarray(at === 0 ? 0 : textEnd[at - 1], textEnd[at]))
}

/** What is left in blocks of their own would hold on to all that stood beside it. */
function copyTexts(places: readonly Place[]): PackedTexts {
  const packed = makePacked(places.length)
  const parts = places.map((place) => {
    const first = place.n * fields.length
    return place.in.bytes.subarray(first === 0 ? 0 : place.in.textEnd[first - 1], place.in.textEnd[first + 3])
  })
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const [n, { failure, in: from, n: m }] of places.entries()) {
    const [to, first] = [n * fields.length, m * fields.length]
    packed.index[n] = failure
    packed.end[n] = from.end[m] as number
    packed.isAbsent.set(from.isAbsent.subarray(first, first + fields.length), to)
    const moved = at - (first === 0 ? 0 : (from.textEnd[first - 1] as number))
    for (let f = 0; f < fields.length; f++) packed.textEnd[to + f] = (from.textEnd[first + f] as number) + moved
    const part = parts[n] as Uint8Array
    bytes.set(part, at)
    at += part.length
  }
  return { ...packed, bytes }
}
