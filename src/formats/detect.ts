import { parseCsvRecord } from './csv.ts'
import type { FormatId, LogFormat } from './define-format.ts'
import { isOfKind } from './field-kinds.ts'
import { formats } from './index.ts'
import { splitRow } from './parse-row.ts'
import { mapRecord, type RecordMapping } from './record-mapping.ts'

/** How rows are written: as the load balancer writes them, or as an export of them. */
export type Carrier = 'rows' | 'json' | 'csv' | 'tsv'

export interface LogDetection {
  readonly kind: 'log'
  readonly format: FormatId
  readonly carrier: Carrier
  /** For reports: `alb`, `alb-json`, `classic-csv` ... */
  readonly name: string
  /** Length of a byte order mark, to be skipped. */
  readonly bomBytes: 0 | 3
  /** Exports only: which key holds which field. */
  readonly mapping: RecordMapping | null
}

export type Detection =
  | LogDetection
  /** Inflate it and look again. */
  | { readonly kind: 'gzip' }
  /** Written by AWS when logging is switched on. No log, no error. */
  | { readonly kind: 'test-file'; readonly seen: string }
  | { readonly kind: 'empty'; readonly seen: string }
  /** `seen` completes "this is ...". */
  | { readonly kind: 'other'; readonly seen: string }

/** Enough for {@link detectFormat}: some dozens of rows. */
export const DETECT_BYTES = 65_536

const MAGIC: readonly (readonly [readonly number[], string])[] = [
  [[0x89, 0x50, 0x4e, 0x47], 'a PNG image'],
  [[0xff, 0xd8, 0xff], 'a JPEG image'],
  [[0x47, 0x49, 0x46, 0x38], 'a GIF image'],
  [[0x25, 0x50, 0x44, 0x46], 'a PDF document'],
  [[0x50, 0x4b, 0x03, 0x04], 'a zip archive: unpack it first'],
  [[0x50, 0x41, 0x52, 0x31], 'a Parquet file: export the rows as CSV or JSON lines'],
  [[0x42, 0x5a, 0x68], 'a bzip2 file: unpack it first'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'an xz file: unpack it first'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'a zstd file: unpack it first'],
  [[0x7f, 0x45, 0x4c, 0x46], 'a program'],
  [[0xff, 0xfe], 'text in UTF-16: convert it to UTF-8'],
  [[0xfe, 0xff], 'text in UTF-16: convert it to UTF-8'],
]
const TEST_FILE = /^Enable \w+ ?\w* for ELB: /
const MOST_LINES = 50
const SURE_LINES = 4
/** Holds that many rows of the usual length. */
const START_BYTES = 4_096
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** By content, never by name. `head`: the first bytes of a file, inflated; a cut last row does not matter. */
export function detectFormat(head: Uint8Array): Detection {
  if (head.length === 0) return { kind: 'empty', seen: 'an empty file' }
  if (head[0] === 0x1f && head[1] === 0x8b) return { kind: 'gzip' }
  const known = MAGIC.find(([magic]) => magic.every((byte, index) => head[index] === byte))
  if (known) return { kind: 'other', seen: known[1] }
  if (isTar(head)) return { kind: 'other', seen: 'a tar archive: unpack it first' }

  const bomBytes = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0
  // Thousands of small files are the normal input: when the first rows agree, the others need no look.
  const start = firstLines(utf8.decode(head.subarray(bomBytes, START_BYTES))).slice(0, SURE_LINES)
  const sure = detectRows(start)
  if (sure.format && sure.matching === SURE_LINES) return log(sure.format, 'rows', bomBytes, null)

  const text = utf8.decode(head.subarray(bomBytes, DETECT_BYTES))
  const lines = firstLines(text)
  const first = lines[0]
  if (first === undefined) return { kind: 'empty', seen: 'a file of blank lines' }
  if (TEST_FILE.test(first)) return { kind: 'test-file', seen: "AWS's test file (ELBAccessLogTestFile)" }

  const rows = detectRows(lines)
  if (rows.format) return log(rows.format, 'rows', bomBytes, null)
  const exported = first.startsWith('{') ? detectJson(lines, bomBytes) : detectCsv(text, bomBytes)
  if (exported) return exported
  return { kind: 'other', seen: describe(head, text, first, rows) }
}

function log(format: LogFormat, carrier: Carrier, bomBytes: 0 | 3, mapping: RecordMapping | null): LogDetection {
  const name = carrier === 'rows' ? format.id : `${format.id}-${carrier}`
  return { kind: 'log', format: format.id, carrier, name, bomBytes, mapping }
}

interface RowsSeen {
  /** Set when enough of the rows are of one format. */
  readonly format: LogFormat | undefined
  readonly best: LogFormat | undefined
  readonly matching: number
  readonly lines: number
}

function detectRows(lines: readonly string[]): RowsSeen {
  let best: LogFormat | undefined
  let matching = 0
  for (const format of formats) {
    const count = lines.filter((line) => looksLike(format, line)).length
    if (count > matching) {
      best = format
      matching = count
    }
    if (matching === lines.length) break
  }
  // A few rows of rubbish do not unmake a log; one row pasted into a long text does not make one.
  const isEnough = matching * 5 >= lines.length
  return { format: isEnough ? best : undefined, best, matching, lines: lines.length }
}

/** All fields with a signature are there and match it. */
export function looksLike(format: LogFormat, line: string): boolean {
  const signed = format.fields.findLastIndex((field) => field.signature) + 1
  const tokens = splitRow(line, signed)
  return format.fields.every((field, index) => {
    if (!field.signature) return true
    const token = tokens[index]
    if (!token || token.isCut || !field.signature.test(token.raw)) return false
    return field.kind !== 'time' || isOfKind('time', token.raw)
  })
}

function detectJson(lines: readonly string[], bomBytes: 0 | 3): Detection | undefined {
  const keys = new Set<string>()
  let messages = 0
  let objects = 0
  for (const line of lines) {
    const record = parseJsonObject(line)
    if (!record) continue
    objects++
    for (const key of Object.keys(record)) keys.add(key)
    if (messageKeyOf(record)) messages++
  }
  if (objects === 0) return undefined
  const inMessage = messages * 2 >= objects ? firstMessage(lines) : undefined
  if (inMessage)
    return log(inMessage.format, 'json', bomBytes, {
      format: inMessage.format.id,
      messageKey: inMessage.key,
      fields: [],
    })
  return fromKeys([...keys], 'json', bomBytes, 'JSON lines')
}

function firstMessage(lines: readonly string[]): { format: LogFormat; key: string } | undefined {
  for (const line of lines) {
    const record = parseJsonObject(line)
    const key = record ? messageKeyOf(record) : undefined
    const text = key === undefined ? undefined : record?.[key]
    const format = typeof text === 'string' ? formats.find((each) => looksLike(each, text)) : undefined
    if (format && key !== undefined) return { format, key }
  }
  return undefined
}

/** CloudWatch Logs wraps a row of the plain kind in `message`. */
function messageKeyOf(record: Readonly<Record<string, unknown>>): string | undefined {
  return ['message', '@message'].find((key) => {
    const text = record[key]
    return typeof text === 'string' && formats.some((format) => looksLike(format, text.trimEnd()))
  })
}

function parseJsonObject(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return undefined // cut at the end of the head, or no JSON: the caller counts the others
  }
}

function detectCsv(text: string, bomBytes: 0 | 3): Detection | undefined {
  const header = text.slice(0, text.search(/[\r\n]|$/))
  const carrier = header.includes('\t') ? 'tsv' : 'csv'
  const names = parseCsvRecord(header, carrier === 'tsv' ? '\t' : ',')
  if (names.length < 2) return undefined
  const message = names.find((name) => /^@?message$/i.test(name))
  if (message !== undefined) {
    const format = formats.find((each) => text.split('\n').some((line) => containsRow(each, line)))
    if (format) return log(format, carrier, bomBytes, { format: format.id, messageKey: message, fields: [] })
  }
  return fromKeys(names, carrier, bomBytes, carrier === 'tsv' ? 'tab-separated text' : 'CSV')
}

/** A row inside a CSV field: its own quotes are doubled, or it is the last column without quotes. */
function containsRow(format: LogFormat, line: string): boolean {
  return parseCsvRecord(line, ',').some((field) => looksLike(format, field))
}

function fromKeys(keys: readonly string[], carrier: Carrier, bomBytes: 0 | 3, what: string): Detection | undefined {
  let nearest: { format: LogFormat; known: number; missing: readonly string[] } | undefined
  for (const format of formats) {
    const { mapping, known, missing } = mapRecord(format, keys)
    if (missing.length === 0) return log(format, carrier, bomBytes, mapping)
    if (known >= 4 && known > (nearest?.known ?? 0)) nearest = { format, known, missing }
  }
  if (!nearest) return undefined
  return {
    kind: 'other',
    seen: `${what} with ${nearest.known} fields of an ${nearest.format.title}, but without ${nearest.missing.join(', ')}: export those too`,
  }
}

function firstLines(text: string): string[] {
  const lines = text.split('\n', MOST_LINES + 1)
  // The last one may be cut by the end of the head; keep it only when it is all there is.
  if (lines.length > 1) lines.pop()
  return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line)).filter((line) => line.trim() !== '')
}

function isTar(head: Uint8Array): boolean {
  return String.fromCharCode(...head.subarray(257, 262)) === 'ustar'
}

function describe(head: Uint8Array, text: string, first: string, rows: RowsSeen): string {
  if (rows.best)
    return `text in which ${rows.matching} of the first ${rows.lines} lines look like an ${rows.best.title}`
  let control = 0
  const looked = head.subarray(0, 4096)
  for (const byte of looked) if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27)) control++
  if (control * 50 > looked.length) return 'binary data'
  if (first.startsWith('#Version:') || first.startsWith('#Fields:'))
    return 'a W3C log: deliver it as plain text or JSON'
  if (first.startsWith('[') && /^\[\s*[{\]]/.test(text.trimStart()))
    return "JSON, one array: jq -c '.[]' makes JSON lines of it"
  if (first.startsWith('{') && text.includes('"why5xx-evidence"'))
    return 'evidence that why5xx saved: --from-evidence FOLDER judges it'
  if (first.startsWith('{') && /"name":\s*"why5xx"/.test(text.slice(0, 400)))
    return 'a diagnosis that why5xx wrote: why5xx compare, fix and ui read it'
  if (first.startsWith('{')) return 'JSON that holds no load balancer rows'
  if (/^\s*<(\?xml|!doctype|html)/i.test(first)) return 'a web page or XML'
  return `text that begins ${JSON.stringify(first.length > 60 ? `${first.slice(0, 57)}...` : first)}`
}
