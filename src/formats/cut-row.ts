import { splitRow } from './parse-row.ts'

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
const noRow = new Uint8Array(0)

/** A copy of the last line that ends in a newline; empty when there is none. */
export function lastWholeRow(block: Uint8Array): Uint8Array {
  const end = block.lastIndexOf(10)
  if (end < 0) return noRow
  const start = end === 0 ? 0 : block.lastIndexOf(10, end - 1) + 1
  return block.slice(start, end)
}

/**
 * Where a row begins that ends without a newline and has fewer fields than the row before it (`rowBefore` when that
 * stood in an earlier block); -1 when there is none. Such a row was cut, though it may parse: a row of 34 fields cut in
 * its 17th looks like a whole one of 2016.
 */
export function cutRowStart(block: Uint8Array, rowBefore: Uint8Array = noRow): number {
  if (block.length === 0 || block[block.length - 1] === 10) return -1
  const start = block.lastIndexOf(10) + 1
  const fieldsBefore = countFields(lastWholeRow(block)) || countFields(rowBefore)
  return countFields(block.subarray(start)) < fieldsBefore ? start : -1
}

function countFields(row: Uint8Array): number {
  return row.length === 0 ? 0 : splitRow(utf8.decode(row).trimEnd()).length
}
