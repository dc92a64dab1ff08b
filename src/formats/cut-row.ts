import { splitRow } from './parse-row.ts'

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** Fields of the last line that ends in a newline; 0 when there is none. */
export function fieldsOfLastWholeRow(block: Uint8Array): number {
  const end = block.lastIndexOf(10)
  if (end < 0) return 0
  const start = end === 0 ? 0 : block.lastIndexOf(10, end - 1) + 1
  return countFields(block.subarray(start, end))
}

/**
 * Where a row begins that ends without a newline and has fewer fields than the row before it; -1 when there is none.
 * Such a row was cut, though it may parse: a row of 34 fields cut in its 17th looks like a whole one of 2016.
 */
export function cutRowStart(block: Uint8Array, fieldsBefore: number): number {
  if (block.length === 0 || block[block.length - 1] === 10) return -1
  const start = block.lastIndexOf(10) + 1
  return countFields(block.subarray(start)) < (fieldsOfLastWholeRow(block) || fieldsBefore) ? start : -1
}

function countFields(row: Uint8Array): number {
  return splitRow(utf8.decode(row).trimEnd()).length
}
