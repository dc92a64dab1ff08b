import { decodeEscapes } from './decode.ts'
import type { FieldName, FieldSpec, LogFormat } from './define-format.ts'
import { isOfKind } from './field-kinds.ts'

/** One field of one row. */
export interface RowField {
  /** 1-based, as AWS's page counts. */
  readonly number: number
  /** undefined: a field newer than this version of why5xx. Kept, never dropped. */
  readonly spec: FieldSpec | undefined
  /** As it stands in the row, without its quotes. */
  readonly raw: string
  /** Decoded; undefined when absent (`-`, `-1` for times, empty). */
  readonly value: string | undefined
  readonly isQuoted: boolean
}

export interface ParsedRow<Format extends LogFormat = LogFormat> {
  readonly format: Format
  /** Those that the row has, in order; shorter than the table for old rows, longer for rows from the future. */
  readonly fields: readonly RowField[]
  /** Sentences. Not every problem makes a row bad. */
  readonly problems: readonly string[]
  /** Cut, too short, or without a usable value where one is required. */
  readonly isBad: boolean
}

export interface RowToken {
  readonly raw: string
  readonly isQuoted: boolean
  /** A quote was opened and never closed: the row was cut here. */
  readonly isCut: boolean
}

/**
 * Splits at single spaces outside quotes. A quote ends a field only before a space or the end of the row, so that
 * `"h2","http/1.1"` (NLB) is one field; `\"` (rows edited by hand) does not end one.
 */
export function splitRow(line: string, most = Number.POSITIVE_INFINITY): RowToken[] {
  const tokens: RowToken[] = []
  const length = line.length
  let at = 0
  while (at <= length && tokens.length < most) {
    if (line.charCodeAt(at) !== 34) {
      let end = line.indexOf(' ', at)
      if (end < 0) end = length
      tokens.push({ raw: line.slice(at, end), isQuoted: false, isCut: false })
      at = end + 1
      continue
    }
    const close = closingQuote(line, at + 1)
    if (close < 0) {
      tokens.push({ raw: line.slice(at + 1), isQuoted: true, isCut: true })
      break
    }
    tokens.push({ raw: line.slice(at + 1, close), isQuoted: true, isCut: false })
    at = close + 2
  }
  return tokens
}

function closingQuote(line: string, from: number): number {
  for (let at = line.indexOf('"', from); at >= 0; at = line.indexOf('"', at + 1)) {
    const isLast = at + 1 === line.length || line.charCodeAt(at + 1) === 32
    if (isLast && line.charCodeAt(at - 1) !== 92) return at
  }
  return -1
}

/** One row, of any vintage, to its fields. Never throws. */
export function parseRow<Format extends LogFormat>(format: Format, line: string): ParsedRow<Format> {
  const tokens = splitRow(trimLineEnd(line))
  const problems: string[] = []
  let isBad = false
  const fields = tokens.map((token, index): RowField => {
    const spec = format.fields[index]
    const value = valueOfToken(spec, token.raw)
    if (spec && value !== undefined && !isOfKind(spec.kind, token.raw)) {
      problems.push(`field ${index + 1} (${spec.name}): ${shorten(token.raw)} is not ${kindInWords(spec)}`)
      if (format.required.includes(spec.name)) isBad = true
    }
    return { number: index + 1, spec, raw: token.raw, value, isQuoted: token.isQuoted }
  })
  const cut = tokens.at(-1)
  if (cut?.isCut) {
    problems.push(`cut in the middle of field ${tokens.length}: its quote never closes`)
    isBad = true
  }
  if (tokens.length < format.leastFields) {
    problems.push(`${tokens.length} fields; the shortest row known has ${format.leastFields}`)
    isBad = true
  }
  for (const name of format.required) {
    const index = format.fields.findIndex((field) => field.name === name)
    if (index < fields.length && fields[index]?.value === undefined) {
      problems.push(`field ${index + 1} (${name}) is absent`)
      isBad = true
    }
  }
  return { format, fields, problems, isBad }
}

/** The decoded value by AWS's name; undefined when the row is too old, cut, or says "no value". */
export function fieldValue<Format extends LogFormat>(
  row: ParsedRow<Format>,
  name: FieldName<Format>,
): string | undefined {
  return rowField(row, name)?.value
}

/** undefined when the row ends before that field: too old to have it. */
export function rowField<Format extends LogFormat>(
  row: ParsedRow<Format>,
  name: FieldName<Format>,
): RowField | undefined {
  const index = row.format.fields.findIndex((field) => field.name === name)
  return row.fields[index]
}

export function valueOfToken(spec: FieldSpec | undefined, raw: string): string | undefined {
  if (raw === '') return undefined
  if ((spec?.absent ?? ['-']).includes(raw)) return undefined
  return decodeEscapes(raw)
}

function trimLineEnd(line: string): string {
  let end = line.length
  while (end > 0 && (line.charCodeAt(end - 1) === 10 || line.charCodeAt(end - 1) === 13)) end--
  const start = line.charCodeAt(0) === 0xfeff ? 1 : 0
  return start === 0 && end === line.length ? line : line.slice(start, end)
}

function shorten(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`
}

function kindInWords(spec: FieldSpec): string {
  switch (spec.kind) {
    case 'time':
      return 'a time'
    case 'endpoint':
      return 'an ip:port'
    case 'address':
      return 'an IP address'
    case 'port':
      return 'a port'
    case 'seconds':
    case 'milliseconds':
    case 'integer':
      return 'a number'
    case 'status':
      return 'a status code'
    case 'arn':
      return 'an ARN'
    case 'hex':
      return 'a hexadecimal number'
    case 'text':
      return 'text'
  }
}
