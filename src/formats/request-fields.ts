import type { RowLabels } from '../core/row-details.ts'
import { parseTimestamp } from '../core/timestamp.ts'
import { decodeEscapes } from './decode.ts'
import { type RowToken, splitRow } from './parse-row.ts'

/** Of one request row, what every row leaves behind. Numbers as in {@link RequestBatch}. */
export interface RowNumbers {
  readonly type: string
  readonly target: string
  readonly targetGroup: string
  readonly start: number
  readonly end: number
  readonly requestMs: number
  readonly targetMs: number
  readonly responseMs: number
  readonly elbStatus: number
  readonly targetStatus: number
}

/** Of one request row, the texts that only a failure leaves behind. */
export interface RequestTexts {
  readonly client: string | undefined
  readonly request: string
  /** With its escapes ({@link decodeEscapes}). */
  readonly userAgent: string | undefined
  readonly traceId: string | undefined
}

/** What the engine needs of one request row. Absent strings are undefined or ''. */
export interface RequestFields extends RowNumbers, RequestTexts {
  readonly labels: RowLabels
  readonly loadBalancer: string
  readonly node: string
  readonly receivedBytes: number
  readonly sentBytes: number
  readonly fieldCount: number
}

/** The first rows of 2016 end with the trace id; AWS's oldest samples are cut there too. */
const LEAST_ALB_FIELDS = 17
const LEAST_CLASSIC_FIELDS = 12

/** Exact and tolerant, for any vintage; undefined when the row does not parse. */
export function readRequestFields(text: string, isClassic: boolean): RequestFields | undefined {
  const tokens = splitRow(text)
  if (tokens.at(-1)?.isCut || tokens.length < (isClassic ? LEAST_CLASSIC_FIELDS : LEAST_ALB_FIELDS)) return undefined
  return isClassic ? classicFields(tokens) : albFields(tokens)
}

function albFields(tokens: readonly RowToken[]): RequestFields | undefined {
  const raw = (index: number): string => tokens[index]?.raw ?? ''
  const end = parseTimestamp(raw(1))
  const numbers = readNumbers(tokens, 5)
  if (Number.isNaN(end) || numbers === undefined || !raw(2).includes('/')) return undefined
  const fields = {
    type: raw(0),
    loadBalancer: raw(2),
    target: absent(raw(4)) ? '' : raw(4),
    targetGroup: absent(raw(16)) ? '' : raw(16),
    node: isNodeAddress(raw(33)) ? raw(33) : '',
    start: tokens.length > 21 ? parseTimestamp(raw(21)) : Number.NaN,
    end,
    ...numbers,
    fieldCount: tokens.length,
  }
  return { ...fields, ...albTexts(raw), labels: albLabels(raw) }
}

/** Codes of a row, from its fields without their quotes ('' where it has none). */
export function albLabels(raw: (index: number) => string): RowLabels {
  return {
    hasTargetGroup: raw(16) !== '-',
    // An export that left the column out writes nothing there; the load balancer writes `-`.
    actions: raw(22) === '' ? undefined : (decoded(raw(22)) ?? ''),
    errorReason: decoded(raw(24)),
    targetStatusList: decoded(raw(26)),
    classificationReason: decoded(raw(28)),
  }
}

/** Texts of a row, from its fields without their quotes. */
export function albTexts(raw: (index: number) => string): RequestTexts {
  return {
    client: present(raw(3)),
    request: present(raw(12)) ?? '',
    userAgent: present(raw(13)),
    traceId: decoded(raw(17)),
  }
}

/** Field 34; keeps a hostile or shifted field from becoming a node. */
export function isNodeAddress(raw: string): boolean {
  return /^[0-9a-fA-F.:]{2,45}$/.test(raw)
}

const classicLabels: RowLabels = {
  hasTargetGroup: true,
  actions: undefined,
  errorReason: undefined,
  targetStatusList: undefined,
  classificationReason: undefined,
}

/** 15 fields; `time` is when the request was received, so the end is the start plus the three times. */
function classicFields(tokens: readonly RowToken[]): RequestFields | undefined {
  const raw = (index: number): string => tokens[index]?.raw ?? ''
  const start = parseTimestamp(raw(0))
  const numbers = readNumbers(tokens, 4)
  if (Number.isNaN(start) || numbers === undefined) return undefined
  const times = [numbers.requestMs, numbers.targetMs, numbers.responseMs]
  const isWhole = times.every((ms) => ms >= 0)
  return {
    type: 'classic',
    loadBalancer: raw(1),
    client: present(raw(2)),
    target: absent(raw(3)) ? '' : raw(3),
    targetGroup: '',
    node: '',
    start: isWhole ? start : Number.NaN,
    end: start + times.reduce((sum, ms) => sum + Math.max(0, ms), 0),
    ...numbers,
    request: present(raw(11)) ?? '',
    userAgent: present(raw(12)),
    traceId: undefined,
    labels: classicLabels,
    fieldCount: tokens.length,
  }
}

type Numbers = Pick<
  RequestFields,
  'requestMs' | 'targetMs' | 'responseMs' | 'elbStatus' | 'targetStatus' | 'receivedBytes' | 'sentBytes'
>

/** The three times, the two statuses and the two sizes, which stand side by side in both formats. */
function readNumbers(tokens: readonly RowToken[], from: number): Numbers | undefined {
  const raw = (index: number): string => tokens[from + index]?.raw ?? ''
  const requestMs = milliseconds(raw(0))
  const targetMs = milliseconds(raw(1))
  const responseMs = milliseconds(raw(2))
  const elbStatus = statusOf(raw(3))
  const targetStatus = statusOf(raw(4))
  const receivedBytes = count(raw(5))
  const sentBytes = count(raw(6))
  const all = { requestMs, targetMs, responseMs, elbStatus, targetStatus, receivedBytes, sentBytes }
  return Object.values(all).some(Number.isNaN) ? undefined : all
}

/** ms; -1 when absent; NaN when it is no number. */
function milliseconds(raw: string): number {
  if (raw === '-1' || raw === '-') return -1
  return /^\d{1,7}(\.\d{1,9})?$/.test(raw) ? Math.round(Number(raw) * 1000) : Number.NaN
}

/** 0 when absent (`-`; Classic also writes `0`). */
function statusOf(raw: string): number {
  if (raw === '-' || raw === '' || raw === '0' || raw === '000') return 0
  return /^\d{3}$/.test(raw) ? Number(raw) : Number.NaN
}

function count(raw: string): number {
  if (raw === '-' || raw === '') return 0
  return /^\d{1,15}$/.test(raw) ? Number(raw) : Number.NaN
}

function absent(raw: string): boolean {
  return raw === '-' || raw === ''
}

function present(raw: string): string | undefined {
  return absent(raw) ? undefined : raw
}

function decoded(raw: string): string | undefined {
  return absent(raw) ? undefined : decodeEscapes(raw)
}

/** Rows that say two things at once are flagged, not believed; the rules read the main fields only. */
export function contradictionsOf(
  row: Omit<RowNumbers, 'type'> & { readonly isWebSocket: boolean },
  { errorReason, targetStatusList }: RowLabels,
): readonly string[] {
  const found: string[] = []
  if (row.targetStatus === 0 && targetStatusList !== undefined)
    found.push('target_status_code is - but target_status_code_list has a status')
  if (row.targetStatus === 0 && row.responseMs >= 0 && row.elbStatus >= 500 && errorReason === undefined)
    found.push('response_processing_time is set but the target never answered')
  if (row.target === '' && row.targetStatus !== 0 && row.targetGroup === '')
    found.push('a target status without a target')
  const sum = Math.max(0, row.requestMs) + Math.max(0, row.targetMs) + Math.max(0, row.responseMs)
  const elapsed = row.end - row.start
  if (elapsed < 0 && !row.isWebSocket) found.push('time lies before request_creation_time')
  else if (elapsed < sum - 5) found.push('the three times add up to more than the whole request took')
  return found
}
