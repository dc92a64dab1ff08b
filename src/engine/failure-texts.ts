import { ensureRoom } from '../core/growable.ts'
import type { RowDetails } from '../core/row-details.ts'
import type { FailureText } from './unit-scan.ts'

/**
 * Texts of failures as UTF-8, one after the other: thousands of strings would be copied from thread to thread and about
 * the heap by its collector, and most are never looked at.
 */
export interface PackedTexts {
  readonly index: Int32Array
  readonly end: Float64Array
  /** Where each text ends, {@link fields} of them for one failure. An absent text is empty. */
  readonly textEnd: Uint32Array
  /** 0: one of the few of its kind that become sample rows. */
  readonly isLoose: Uint8Array
  readonly bytes: Uint8Array
}

/** As they lie in {@link RowDetails}. */
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
  #columns: Mutable<PackedTexts> = { ...makePacked(0), bytes: new Uint8Array(0) }

  constructor(mostLoose: number) {
    this.#mostLoose = mostLoose
  }

  /** Texts of detail `d`, whose row is failure `failure` and ended at `end`. */
  add(details: RowDetails, d: number, failure: number, end: number, isLoose: boolean): void {
    const n = this.#length++
    this.#reserve(n + 1)
    const columns = this.#columns
    columns.index[n] = failure
    columns.end[n] = end
    columns.isLoose[n] = isLoose ? 1 : 0
    let at = n === 0 ? 0 : (columns.textEnd[n * fields.length - 1] as number)
    const texts = details.bytesOf(d, 'text', 'userAgent')
    columns.bytes = ensureRoom(columns.bytes, at + texts.length)
    columns.bytes.set(texts, at)
    for (let f = 0; f < fields.length; f++) {
      at += details.lengthOf(d, fields[f] as (typeof fields)[number])
      columns.textEnd[n * fields.length + f] = at
    }
    if (isLoose && ++this.#loose > this.#mostLoose * 2 + 100) this.#dropLate()
  }

  #reserve(length: number): void {
    const columns = this.#columns
    if (length <= columns.index.length) return
    columns.index = ensureRoom(columns.index, length)
    columns.end = ensureRoom(columns.end, length)
    columns.isLoose = ensureRoom(columns.isLoose, length)
    columns.textEnd = ensureRoom(columns.textEnd, columns.index.length * fields.length)
  }

  #dropLate(): void {
    const { index, isLoose } = this.#columns
    const all = Array.from(
      { length: this.#length },
      (_, n): Place => ({ failure: index[n] as number, in: this.#columns, n }),
    )
    const loose = all.filter(({ n }) => isLoose[n] === 1)
    loose.sort(byEnd)
    const gone = new Set(loose.slice(this.#mostLoose))
    const kept = all.filter((place) => !gone.has(place))
    this.#columns = copyTexts(kept)
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
    const { index, end, textEnd, isLoose, bytes } = this.#columns
    const length = this.#length
    return {
      index: index.slice(0, length),
      end: end.slice(0, length),
      textEnd: textEnd.slice(0, length * fields.length),
      isLoose: isLoose.slice(0, length),
      bytes: bytes.slice(0, length === 0 ? 0 : textEnd[length * fields.length - 1]),
    }
  }
}

function makePacked(length: number) {
  return {
    index: new Int32Array(length),
    end: new Float64Array(length),
    textEnd: new Uint32Array(length * fields.length),
    isLoose: new Uint8Array(length),
  }
}

interface Place {
  readonly failure: number
  readonly in: PackedTexts
  readonly n: number
}

/** What is shown of each failure; the row itself is for samples. */
export type ShortTexts = Pick<FailureText, 'client' | 'request' | 'userAgent'>

const noShortTexts: ShortTexts = { client: null, request: null, userAgent: null }

/** Of the failures behind the earliest, one in this many that are not loose keeps its text. */
const LATE_EVERY = 10
const MOST_LATE = 1_000

/** The texts of a run, by failure: those of the earliest failures, and some of later ones to show. */
export class FailureTexts {
  /** How many of the earliest are kept. */
  readonly #most: number
  #packs: PackedTexts[] = []
  /** Of each failure: in which of the packs its texts are, from 1; 0: in none. */
  #pack = new Int32Array(0)
  /** And where in that pack. */
  #slot = new Int32Array(0)
  #size = 0
  #late = 0
  #lateEvery = LATE_EVERY
  #lateSeen = 0
  #lateAfter = Number.POSITIVE_INFINITY

  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most
  }

  static of(texts: Iterable<FailureText>): FailureTexts {
    const made = new FailureTexts()
    made.add(packTexts([...texts]), 0)
    return made
  }

  /** `base`: index of the run's failure that is the first of these. */
  add(packed: PackedTexts, base: number): void {
    const kept: Place[] = []
    for (const [n, index] of packed.index.entries()) {
      const place = { failure: base + index, in: packed, n }
      if (!this.#isLate(place) || this.#isShown(place)) kept.push(place)
    }
    if (kept.length === packed.index.length) this.#keep(packed, base)
    else this.#keep(copyTexts(kept), 0)
    if (this.#size - this.#late > this.#most * 1.1 + 500) this.#dropLate()
    if (this.#late > MOST_LATE) this.#thinLate()
  }

  /** Ends behind this are none of the earliest: texts of loose ones need not be handed over. */
  get lateAfter(): number {
    return this.#lateAfter
  }

  #isShown({ in: { isLoose }, n }: Place): boolean {
    return isLoose[n] === 0 && this.#lateSeen++ % this.#lateEvery === 0
  }

  #isLate(place: Place): boolean {
    return endOf(place) > this.#lateAfter
  }

  #keep(packed: PackedTexts, base: number): void {
    const { index, end } = packed
    if (index.length === 0) return
    const pack = this.#packs.push(packed)
    let last = 0
    for (let n = 0; n < index.length; n++) last = Math.max(last, index[n] as number)
    this.#pack = ensureRoom(this.#pack, base + last + 1)
    this.#slot = ensureRoom(this.#slot, base + last + 1)
    for (let n = 0; n < index.length; n++) {
      const failure = base + (index[n] as number)
      this.#pack[failure] = pack
      this.#slot[failure] = n
      if ((end[n] as number) > this.#lateAfter) this.#late++
    }
    this.#size += index.length
  }

  get size(): number {
    return this.#size
  }

  has(failure: number): boolean {
    return (this.#pack[failure] ?? 0) > 0
  }

  get(failure: number): FailureText | undefined {
    if (!this.has(failure)) return undefined
    const { in: packed, n } = this.#placeOf(failure)
    const text = textAt(packed, n * fields.length)
    if (text === null) return undefined
    return { index: failure, end: packed.end[n] as number, text, ...shortTextsAt(packed, n) }
  }

  /** All null when they are not there. */
  readShort(failure: number): ShortTexts {
    if (!this.has(failure)) return noShortTexts
    const { in: packed, n } = this.#placeOf(failure)
    return shortTextsAt(packed, n)
  }

  #placeOf(failure: number): Place {
    return {
      failure,
      in: this.#packs[(this.#pack[failure] as number) - 1] as PackedTexts,
      n: this.#slot[failure] as number,
    }
  }

  *#failures(): Iterable<number> {
    for (let failure = 0; failure < this.#pack.length; failure++) if (this.has(failure)) yield failure
  }

  *[Symbol.iterator](): Iterator<[number, FailureText]> {
    for (const failure of this.#failures()) yield [failure, this.get(failure) as FailureText]
  }

  #dropLate(): void {
    const places = Array.from(this.#failures(), (failure) => this.#placeOf(failure))
    const late = places.filter((place) => this.#isLate(place))
    const others = places.filter((place) => !this.#isLate(place)).sort(byEnd)
    const earliest = others.slice(0, this.#most)
    const last = earliest.at(-1)
    this.#lateAfter = last === undefined ? Number.NEGATIVE_INFINITY : endOf(last)
    const shown = others.slice(this.#most).filter((place) => this.#isShown(place))
    this.#start([...earliest, ...late, ...shown])
  }

  #thinLate(): void {
    this.#lateEvery *= 2
    const places = Array.from(this.#failures(), (failure) => this.#placeOf(failure))
    let late = 0
    this.#start(places.filter((place) => !this.#isLate(place) || late++ % 2 === 0))
  }

  /** Units of which all is kept stay as they are. */
  #start(places: readonly Place[]): void {
    const byPack = new Map<PackedTexts, Place[]>()
    for (const place of places) {
      const mine = byPack.get(place.in)
      if (mine) mine.push(place)
      else byPack.set(place.in, [place])
    }
    this.#packs = []
    this.#pack.fill(0)
    this.#size = 0
    this.#late = 0
    const parted: Place[] = []
    for (const [packed, mine] of byPack) {
      const { failure, n } = mine[0] as Place
      if (mine.length === packed.index.length) this.#keep(packed, failure - (packed.index[n] as number))
      else parted.push(...mine)
    }
    this.#keep(copyTexts(parted), 0)
  }
}

function endOf(place: Place): number {
  return place.in.end[place.n] as number
}

function byEnd(a: Place, b: Place): number {
  return endOf(a) - endOf(b) || a.failure - b.failure
}

/** They stand one after the other, so that one look at the bytes serves all three, unless a byte is not a character. */
function shortTextsAt(packed: PackedTexts, n: number): ShortTexts {
  const { bytes, textEnd } = packed
  const at = n * fields.length + 1
  const from = textEnd[at - 1] as number
  const to = textEnd[at + 2] as number
  const all = decoder.decode(bytes.subarray(from, to))
  if (all.length !== to - from)
    return { client: textAt(packed, at), request: textAt(packed, at + 1), userAgent: textAt(packed, at + 2) }
  const [request, userAgent] = [(textEnd[at] as number) - from, (textEnd[at + 1] as number) - from]
  return {
    client: all.slice(0, request) || null,
    request: all.slice(request, userAgent) || null,
    userAgent: all.slice(userAgent) || null,
  }
}

function textAt({ bytes, textEnd }: PackedTexts, at: number): string | null {
  const [from, to] = [at === 0 ? 0 : (textEnd[at - 1] as number), textEnd[at] as number]
  return from === to ? null : decoder.decode(bytes.subarray(from, to))
}

/** `index` of each is its failure. */
export function packTexts(texts: readonly FailureText[]): PackedTexts {
  const packed = makePacked(texts.length)
  const parts: Uint8Array[] = []
  let at = 0
  for (const [n, text] of texts.entries()) {
    packed.index[n] = text.index
    packed.end[n] = text.end
    for (const [f, field] of fields.entries()) {
      const part = encoder.encode(text[field] ?? '')
      parts.push(part)
      at += part.length
      packed.textEnd[n * fields.length + f] = at
    }
  }
  return { ...packed, bytes: joined(parts) }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** What is left in blocks of their own would hold on to all that stood beside it. */
function copyTexts(places: readonly Place[]): PackedTexts {
  const packed = makePacked(places.length)
  const parts = places.map((place) => {
    const first = place.n * fields.length
    return place.in.bytes.subarray(first === 0 ? 0 : place.in.textEnd[first - 1], place.in.textEnd[first + 3])
  })
  let at = 0
  for (const [n, { failure, in: from, n: m }] of places.entries()) {
    const [to, first] = [n * fields.length, m * fields.length]
    packed.index[n] = failure
    packed.end[n] = from.end[m] as number
    packed.isLoose[n] = from.isLoose[m] as number
    const moved = at - (first === 0 ? 0 : (from.textEnd[first - 1] as number))
    for (let f = 0; f < fields.length; f++) packed.textEnd[to + f] = (from.textEnd[first + f] as number) + moved
    at += (parts[n] as Uint8Array).length
  }
  return { ...packed, bytes: joined(parts) }
}
