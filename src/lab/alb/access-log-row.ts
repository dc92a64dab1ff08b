import { isoMicroseconds, isoMilliseconds } from './clock.ts'
import type { Classification } from './desync.ts'

/** One request as the access log tells it. A field that the log leaves out is undefined. */
export interface AccessLogRow {
  readonly type: 'http' | 'ws'
  readonly timeMs: number
  readonly loadBalancer: string
  readonly client: string
  readonly target: string | undefined
  readonly requestMs: number | undefined
  readonly targetMs: number | undefined
  readonly responseMs: number | undefined
  readonly elbStatus: number
  readonly targetStatus: number | undefined
  readonly receivedBytes: number
  readonly sentBytes: number
  /** Bytes as latin1, before escaping; the same for {@link userAgent} and {@link traceId}. */
  readonly requestLine: string
  readonly userAgent: string | undefined
  readonly targetGroupArn: string | undefined
  readonly traceId: string | undefined
  readonly rulePriority: number | undefined
  readonly createdMs: number
  readonly actions: string | undefined
  readonly errorReason: string | undefined
  readonly classification: Classification | undefined
  readonly classificationReason: string | undefined
  readonly connectionTraceId: string
  readonly nodeAddress: string
}

/** The log cuts user agents longer than 8 KB (AWS, access log entries, `user_agent`). */
const USER_AGENT_LIMIT = 8192

/** The 34 fields in AWS's order (docs.aws.amazon.com, "Access log entries"; 34 since July 2026). */
export function formatAccessLogRow(row: AccessLogRow): string {
  const target = row.target ?? '-'
  const targetStatus = row.targetStatus ?? '-'
  return [
    row.type,
    isoMicroseconds(row.timeMs),
    row.loadBalancer,
    row.client,
    target,
    seconds(row.requestMs),
    seconds(row.targetMs),
    seconds(row.responseMs),
    row.elbStatus,
    targetStatus,
    row.receivedBytes,
    row.sentBytes,
    quote(row.requestLine),
    quote(row.userAgent?.slice(0, USER_AGENT_LIMIT)),
    '-',
    '-',
    row.targetGroupArn ?? '-',
    quote(row.traceId),
    '"-"',
    '"-"',
    row.rulePriority ?? '-',
    isoMilliseconds(row.createdMs),
    quote(row.actions),
    '"-"',
    quote(row.errorReason),
    quote(row.target),
    quote(row.targetStatus === undefined ? undefined : String(row.targetStatus)),
    quote(row.classification),
    quote(row.classificationReason),
    row.connectionTraceId,
    '"-"',
    '"-"',
    '"-"',
    row.nodeAddress,
  ].join(' ')
}

/** Milliseconds precision; `0.000` is "below 1 ms", `-1` is "did not happen". */
function seconds(durationMs: number | undefined): string {
  if (durationMs === undefined) return '-1'
  return (Math.floor(Math.max(0, durationMs)) / 1000).toFixed(3)
}

function quote(value: string | undefined): string {
  return value === undefined || value === '' ? '"-"' : `"${escapeField(value)}"`
}

/**
 * `"` is written `\x22`, `\` is `\x5C`, every byte outside printable ASCII `\xHH` in upper case: what real rows show
 * (`"ShopApp/7.3.1 \x22beta\x22 (Android 15)"`); AWS documents no rule.
 */
export function escapeField(latin1: string): string {
  return latin1.replace(
    /[^\x20-\x7e]|["\\]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )
}
