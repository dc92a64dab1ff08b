import { csvRecordEnd, parseCsvRecord } from './csv.ts'
import type { FieldSpec, LogFormat } from './define-format.ts'
import type { LogDetection } from './detect.ts'
import { formatById } from './index.ts'
import type { RecordMapping } from './record-mapping.ts'

/**
 * Turns an export (JSON lines, CSV) back into rows as the load balancer writes them, so that one scanner reads all.
 * One record in, one row out, each ending in a newline; a record that is none comes out as a row that will not parse,
 * so that the caller's counts hold. A CSV header and blank lines give no row.
 *
 * `-` in such a row means what it means in a log: the load balancer wrote "no value". A field that the export left out
 * is empty instead (`""`, or nothing between two spaces): nobody knows its value, and readers must take it as absent
 * from the row, as in a row too old to have it.
 */
export interface RowConverter {
  /** Any chunking. */
  push(chunk: Uint8Array): Uint8Array
  end(): Uint8Array
}

/** A record longer than this is rubbish (an unclosed quote); memory stays bounded. */
const LONGEST_RECORD = 1_048_576

export function createRowConverter(detection: LogDetection): RowConverter {
  const { carrier, mapping } = detection
  if (carrier === 'rows' || !mapping) throw new Error('rows need no conversion')
  const format = formatById(detection.format)
  const toRow = carrier === 'json' ? jsonReader(format, mapping) : csvReader(format, mapping, carrier)
  const recordEnd =
    carrier === 'json'
      ? (text: string, from: number) => text.indexOf('\n', from)
      : (text: string, from: number) => csvRecordEnd(text, from, carrier === 'tsv' ? '\t' : ',')
  const decoder = new TextDecoder('utf-8')
  const encoder = new TextEncoder()
  let pending = ''

  const convert = (isLast: boolean): Uint8Array => {
    const rows: string[] = []
    let at = 0
    while (at < pending.length) {
      let end = recordEnd(pending, at)
      if (end < 0 && pending.length - at > LONGEST_RECORD) end = pending.indexOf('\n', at)
      if (end < 0 && pending.length - at > LONGEST_RECORD) end = pending.length
      if (end < 0 && isLast) end = pending.length
      if (end < 0) break
      const record = pending.slice(at, pending.charCodeAt(end - 1) === 13 ? end - 1 : end)
      at = end + 1
      if (record.trim() === '') continue
      const row = toRow(record)
      if (row !== null) rows.push(row)
    }
    pending = pending.slice(at)
    return encoder.encode(rows.length === 0 ? '' : `${rows.join('\n')}\n`)
  }

  return {
    push(chunk) {
      pending += decoder.decode(chunk, { stream: true })
      return convert(false)
    },
    end() {
      pending += decoder.decode()
      return convert(true)
    },
  }
}

type ToRow = (record: string) => string | null

function jsonReader(format: LogFormat, mapping: RecordMapping): ToRow {
  return (text) => {
    let record: Readonly<Record<string, unknown>>
    try {
      const parsed: unknown = JSON.parse(text)
      if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return asBadRow(text)
      record = parsed as Readonly<Record<string, unknown>>
    } catch {
      return asBadRow(text) // counted and shown by the caller as a row that does not parse
    }
    if (mapping.messageKey !== null) return asOneLine(String(record[mapping.messageKey] ?? ''))
    return canonicalRow(format, mapping, (key) => record[key])
  }
}

function csvReader(format: LogFormat, mapping: RecordMapping, carrier: 'csv' | 'tsv'): ToRow {
  const separator = carrier === 'tsv' ? '\t' : ','
  let header: ReadonlyMap<string, number> | undefined
  let columns = 0
  return (text) => {
    const values = parseCsvRecord(text, separator)
    if (!header) {
      header = new Map(values.map((name, index) => [name, index]))
      columns = values.length
      return null
    }
    const known = header
    if (values.length !== columns) return asBadRow(text)
    const read = (key: string): unknown => values[known.get(key) ?? -1]
    if (mapping.messageKey !== null) return asOneLine(String(read(mapping.messageKey) ?? ''))
    return canonicalRow(format, mapping, read)
  }
}

export function canonicalRow(format: LogFormat, mapping: RecordMapping, read: (key: string) => unknown): string {
  let last = mapping.fields.length - 1
  while (last >= 0 && mapping.fields[last] === null) last--
  const out: string[] = []
  for (let index = 0; index <= last; index++) {
    const field = format.fields[index]
    const keys = mapping.fields[index]
    if (!field) break
    out.push(keys ? writeField(field, keys.map(read)) : field.quoted ? '""' : '')
  }
  return out.join(' ')
}

function writeField(field: FieldSpec, values: readonly unknown[]): string {
  const texts = values.map(asText)
  let text = texts[0] ?? '-'
  if (field.kind === 'endpoint' && texts.length === 2) {
    const [address = '-', port = '-'] = texts
    text = address === '-' ? port : port === '-' || port.includes(':') ? address : `${address}:${integer(port)}`
    if (port.includes(':')) text = port
  } else if (texts.length > 1) text = texts.join(' ')
  if (field.kind === 'time') text = isoTime(text)
  if (field.kind === 'status' || field.kind === 'integer' || (field.kind === 'seconds' && text.startsWith('-1')))
    text = integer(text)
  if (field.quoted) return `"${escapeQuoted(text)}"`
  return escapeQuoted(text).replaceAll(' ', '\\x20')
}

function asText(value: unknown): string {
  if (value === undefined || value === null) return '-'
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.map(asText).join(',')
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return text === '' || text === 'null' || text === 'NULL' ? '-' : text
}

/** Spreadsheets and data frames turn 502 into 502.0. */
function integer(text: string): string {
  return /^-?\d+\.0+$/.test(text) ? text.slice(0, text.indexOf('.')) : text
}

/** `2018-07-02 22:23:00.186 UTC` (a timestamp column) and epoch numbers to the log's own writing. */
function isoTime(text: string): string {
  if (/^\d{10}(\.\d+)?$/.test(text)) return new Date(Math.round(Number(text) * 1000)).toISOString()
  if (/^\d{13}$/.test(text)) return new Date(Number(text)).toISOString()
  const spaced = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(?: ?(?:UTC|Z))?$/.exec(text)
  return spaced ? `${spaced[1]}T${spaced[2]}Z` : text
}

/** As the load balancer writes a quote and control characters. Its own escapes, copied by the export, stay. */
function escapeQuoted(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  return text.replace(/["\u0000-\u001f]/g, (char) => {
    const hex = char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')
    return `\\x${hex}`
  })
}

function asOneLine(text: string): string {
  return text.replace(/[\r\n]+$/, '').replace(/\r?\n/g, '\\x0A')
}

/** Left as it stands: the scanner counts and shows it as a row that does not parse. */
function asBadRow(text: string): string {
  return asOneLine(text)
}
