/** AWS's codes in a row: few, so that rows that say the same share one of these. Absent values are undefined. */
export interface RowLabels {
  /** false only when the row says `-`. */
  readonly hasTargetGroup: boolean
  /** undefined: the row is too old to have the field. '': the field is `-`. */
  readonly actions: string | undefined
  readonly errorReason: string | undefined
  readonly targetStatusList: string | undefined
  readonly classificationReason: string | undefined
}

/** Texts of a row, in the order in which they lie, and how much of each is kept. */
const lengths = { text: 4_000, client: 500, request: 500, userAgent: 500, traceId: 7_000 } as const
export type DetailText = keyof typeof lengths
export const detailTexts = Object.keys(lengths) as readonly DetailText[]
const PER_DETAIL = detailTexts.length

/** Room that the longest of all texts may take, in bytes of UTF-8. */
export const LARGEST_DETAIL_BYTES = 3 * Object.values(lengths).reduce((sum, length) => sum + length, 0)
/** Combinations of codes that are told apart for good. */
export const MOST_LABELS = 2_048

/** Columns of details, as long as a batch has rows: whoever reads rows may write them. */
export interface DetailMemory {
  /** Index of the row in its batch. */
  readonly row: Int32Array
  /** Index into the labels. */
  readonly labels: Int32Array
  /** Where each text ends in `bytes`, {@link detailTexts} of them for one detail. */
  readonly ends: Int32Array
  /** UTF-8, one text after the other. */
  readonly bytes: Uint8Array
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * What only a failed or rejected request needs: its codes and its texts. Texts stay bytes, since hardly one of them is
 * ever shown. Absent texts are empty.
 */
export class RowDetails {
  length = 0
  readonly #memory: DetailMemory
  readonly #labels: RowLabels[] = []
  readonly #labelIds = new Map<string, number>()

  constructor(memory: DetailMemory) {
    this.#memory = memory
  }

  /** Index in the batch. */
  rowOf(n: number): number {
    return this.#memory.row[n] as number
  }

  labelsOf(n: number): RowLabels {
    return this.#labels[this.#memory.labels[n] as number] as RowLabels
  }

  textOf(n: number, name: DetailText): string | undefined {
    const bytes = this.bytesOf(n, name, name)
    return bytes.length === 0 ? undefined : decoder.decode(bytes)
  }

  /** The texts from `first` to `last`, not copied. */
  bytesOf(n: number, first: DetailText, last: DetailText): Uint8Array {
    const from = n * PER_DETAIL + detailTexts.indexOf(first)
    const { bytes, ends } = this.#memory
    return bytes.subarray(from === 0 ? 0 : ends[from - 1], ends[n * PER_DETAIL + detailTexts.indexOf(last)])
  }

  /** Bytes of one text. */
  lengthOf(n: number, name: DetailText): number {
    const at = n * PER_DETAIL + detailTexts.indexOf(name)
    const { ends } = this.#memory
    return (ends[at] as number) - (at === 0 ? 0 : (ends[at - 1] as number))
  }

  /** Id of these codes; those from {@link MOST_LABELS} on mean them in this batch only. */
  idOf(labels: RowLabels): number {
    const { hasTargetGroup, actions, errorReason, targetStatusList, classificationReason } = labels
    const key = JSON.stringify([hasTargetGroup, actions ?? 0, errorReason, targetStatusList, classificationReason])
    const known = this.#labelIds.get(key)
    if (known !== undefined) return known
    const id = this.#labels.push(labels) - 1
    if (id < MOST_LABELS) this.#labelIds.set(key, id)
    return id
  }

  /** Appends one; there is room for {@link LARGEST_DETAIL_BYTES}. */
  add(row: number, labels: number, texts: Readonly<Record<DetailText, string | undefined>>): void {
    const n = this.length++
    const { bytes, ends } = this.#memory
    this.#memory.row[n] = row
    this.#memory.labels[n] = labels
    let at = n === 0 ? 0 : (ends[n * PER_DETAIL - 1] as number)
    for (const [t, name] of detailTexts.entries()) {
      const text = texts[name]?.slice(0, lengths[name])
      if (text !== undefined) at += encoder.encodeInto(text, bytes.subarray(at)).written
      ends[n * PER_DETAIL + t] = at
    }
  }

  /** Keeps those whose row `moved` knows, with the row's new index. */
  retain(moved: ReadonlyMap<number, number>): void {
    const { row, labels, ends, bytes } = this.#memory
    let [kept, end] = [0, 0]
    for (let n = 0; n < this.length; n++) {
      const to = moved.get(row[n] as number)
      if (to === undefined) continue
      const first = n * PER_DETAIL
      const start = first === 0 ? 0 : (ends[first - 1] as number)
      const shift = start - end
      bytes.copyWithin(end, start, ends[first + PER_DETAIL - 1])
      for (let t = 0; t < PER_DETAIL; t++) ends[kept * PER_DETAIL + t] = (ends[first + t] as number) - shift
      end = ends[kept * PER_DETAIL + PER_DETAIL - 1] as number
      row[kept] = to
      labels[kept] = labels[n] as number
      kept++
    }
    this.length = kept
  }

  /** For the next batch. */
  clear(): void {
    this.length = 0
    if (this.#labels.length > MOST_LABELS) this.#labels.length = MOST_LABELS
  }

  /** For another scanner. */
  forget(): void {
    this.clear()
    this.#labels.length = 0
    this.#labelIds.clear()
  }
}
