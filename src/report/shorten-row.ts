import { fitTo, widthOf } from './width.ts'

// Positions only, for marking: reading rows is the business of src/formats. ALB rows begin with the type, Classic rows
// with the time (AWS, "Access logs").
const ALB =
  'type time elb client_port target_port request_processing_time target_processing_time response_processing_time elb_status_code target_status_code received_bytes sent_bytes request user_agent ssl_cipher ssl_protocol target_group_arn trace_id domain_name chosen_cert_arn matched_rule_priority request_creation_time actions_executed redirect_url error_reason target_port_list target_status_code_list classification classification_reason conn_trace_id transformed_host transformed_uri request_transform_status ip_address target_error_code elb_error_code'.split(
    ' ',
  )
const CLASSIC =
  'time elb client_port backend_port request_processing_time backend_processing_time response_processing_time elb_status_code backend_status_code received_bytes sent_bytes request user_agent ssl_cipher ssl_protocol'.split(
    ' ',
  )

export interface RowToken {
  /** AWS's field name with `_` for `:`, or `''` when the position has none. */
  readonly name: string
  readonly text: string
}

/** The fields of a row as written, quotes included. A row that is JSON gives one token per key. */
export function rowTokens(raw: string): RowToken[] {
  if (raw.startsWith('{')) return jsonTokens(raw)
  const texts = raw.match(/"[^"]*"?|[^\s"]\S*/g) ?? []
  const names = /^\d{4}-\d\d-\d\dT/.test(raw) ? CLASSIC : ALB
  return texts.map((text, index) => ({ name: names[index] ?? '', text }))
}

function jsonTokens(raw: string): RowToken[] {
  const texts = raw.match(/"[^"]*"\s*:\s*(?:"(?:[^"\\]|\\.)*"|[^,}\]]+)/g) ?? [raw]
  return texts.map((text) => ({ name: fieldName(/^"([^"]*)"/.exec(text)?.[1] ?? ''), text }))
}

export function fieldName(name: string): string {
  return name.replace(':', '_')
}

/** `time - request_creation_time`: the one duration that survives `-1 -1 -1`. */
export function elapsedSeconds(raw: string): number | undefined {
  const tokens = rowTokens(raw)
  const msOf = (name: string): number => {
    const text = tokens.find((token) => token.name === name)?.text ?? ''
    return Date.parse(/\d{4}-\d\d-\d\dT[\d:.]+Z/.exec(text)?.[0] ?? '')
  }
  const seconds = (msOf('time') - msOf('request_creation_time')) / 1000
  return seconds >= 0 ? seconds : undefined
}

/** A piece of a shortened row; `isDeciding` pieces are the ones to mark. */
export interface RowPiece {
  readonly text: string
  readonly isDeciding: boolean
}

// After the deciding fields, what an operator wants to see next.
const WANTED = [
  'target_port',
  'backend_port',
  'request_processing_time',
  'target_processing_time',
  'backend_processing_time',
  'response_processing_time',
  'elb_status_code',
  'target_status_code',
  'backend_status_code',
  'request',
  'time',
  'error_reason',
  'client_port',
]

/**
 * The row on one line of `columns`: the deciding fields first, then the fields around them as far as they fit, in the
 * row's order, with an ellipsis for each gap.
 */
export function shortenRow(raw: string, decidedBy: readonly string[], columns: number, ellipsis = '…'): RowPiece[] {
  const tokens = rowTokens(raw)
  const deciding = new Set(decidedBy.map(fieldName))
  const shown = new Map<number, string>()
  const widthWith = (extra: number, text: string): number => {
    let width = 0
    let last = -1
    for (let index = 0; index < tokens.length; index++) {
      const here = index === extra ? text : shown.get(index)
      if (here === undefined) continue
      if (index > last + 1) width += widthOf(ellipsis) + (width === 0 ? 0 : 1)
      width += widthOf(here) + (width === 0 ? 0 : 1)
      last = index
    }
    return last < tokens.length - 1 ? width + 1 + widthOf(ellipsis) : width
  }
  const longest = Math.max(12, Math.floor(columns / 2))
  const order = tokens
    .map((token, index) => ({ index, token, rank: rankOf(token, deciding) }))
    .filter((entry) => entry.rank < Number.POSITIVE_INFINITY)
    .sort((a, b) => a.rank - b.rank || a.index - b.index)
  for (const { index, token } of order) {
    const isLong = token.name === 'request' || deciding.has(token.name)
    const whole = clockOf(token.text)
    for (const size of token.name === 'request' ? [longest, 32, 20] : [isLong ? longest : widthOf(whole)]) {
      const text = widthOf(whole) > size ? cutField(whole, size, ellipsis) : whole
      if (widthWith(index, text) > columns) continue
      shown.set(index, text)
      break
    }
  }
  return assemble(tokens, shown, deciding, ellipsis)
}

function rankOf(token: RowToken, deciding: ReadonlySet<string>): number {
  if (deciding.has(token.name)) return 0
  if (token.text === '"-"') return Number.POSITIVE_INFINITY
  const wanted = WANTED.indexOf(token.name)
  return wanted === -1 ? Number.POSITIVE_INFINITY : wanted + 1
}

// The day is in the report; the fraction below a millisecond decides nothing.
function clockOf(text: string): string {
  return text.replace(/^\d{4}-\d\d-\d\dT(\d\d:\d\d:\d\d(?:\.\d{1,3})?)\d*Z?$/, '$1')
}

function cutField(text: string, columns: number, ellipsis: string): string {
  if (!text.startsWith('"')) return fitTo(text, columns, ellipsis)
  // `GET https://www.shop.example:443/checkout` says most in its path.
  const short = text.replace(/(^"\S+ )\w+:\/\/[^/"\s]+(?=\/)/, '$1')
  return widthOf(short) <= columns ? short : `${fitTo(short.slice(0, -1), columns - 1, ellipsis)}"`
}

function assemble(
  tokens: readonly RowToken[],
  shown: ReadonlyMap<number, string>,
  deciding: ReadonlySet<string>,
  ellipsis: string,
): RowPiece[] {
  const pieces: RowPiece[] = []
  let last = -1
  for (let index = 0; index < tokens.length; index++) {
    const text = shown.get(index)
    if (text === undefined) continue
    if (pieces.length > 0) pieces.push({ text: ' ', isDeciding: false })
    if (index > last + 1) pieces.push({ text: `${ellipsis} `, isDeciding: false })
    pieces.push({ text, isDeciding: deciding.has(tokens[index]?.name ?? '') })
    last = index
  }
  if (pieces.length === 0) return [{ text: ellipsis, isDeciding: false }]
  if (last < tokens.length - 1) pieces.push({ text: ` ${ellipsis}`, isDeciding: false })
  return pieces
}
