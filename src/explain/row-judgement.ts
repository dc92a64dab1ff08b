import { judgeRow, lastAction, type RowFacts, type RowVerdict, usableElapsedMs } from '../causes/symptom.ts'
import { timeMs } from '../formats/field-kinds.ts'
import { fieldValue, type ParsedRow, rowField } from '../formats/parse-row.ts'

/** Numbers of one row; absent is undefined. */
export interface RowNumbers {
  readonly elbStatus: number | undefined
  readonly targetStatus: number | undefined
  readonly target: string | undefined
  readonly requestSeconds: number | undefined
  readonly targetSeconds: number | undefined
  readonly responseSeconds: number | undefined
  readonly receivedBytes: number | undefined
  /** Epoch ms; when the load balancer received the request, and when it answered. */
  readonly receivedMs: number | undefined
  readonly answeredMs: number | undefined
  /** Difference of the two, whether it can be true or not. */
  readonly elapsedMs: number | undefined
  /** Of the times that are there, ms. */
  readonly sumMs: number
  readonly isWebSocket: boolean
}

export interface Judgement {
  readonly numbers: RowNumbers
  readonly facts: RowFacts
  /** undefined: no failure, and not rejected by the load balancer. */
  readonly verdict: RowVerdict | undefined
}

/** undefined for formats whose rows are not requests. */
export function judge(row: ParsedRow): Judgement | undefined {
  if (row.format.id !== 'alb' && row.format.id !== 'classic') return undefined
  const isAlb = row.format.id === 'alb'
  const numbers = readNumbers(row, isAlb)
  const actions = rowField(row, 'actions_executed')
  const { receivedMs, answeredMs, sumMs } = numbers
  const facts: RowFacts = {
    loadBalancerKind: isAlb ? 'alb' : 'classic',
    elbStatus: numbers.elbStatus,
    targetStatus: numbers.targetStatus,
    hasTarget: numbers.target !== undefined,
    hasTargetGroup: rowField(row, 'target_group_arn')?.raw !== '-',
    requestSeconds: numbers.requestSeconds,
    elapsedMs: isAlb ? usableElapsedMs(answeredMs ?? Number.NaN, receivedMs ?? Number.NaN, sumMs) : numbers.elapsedMs,
    errorReason: fieldValue(row, 'error_reason'),
    actions: actions === undefined || actions.raw === '' ? undefined : (actions.value ?? ''),
  }
  return { numbers, facts, verdict: judgeRow(facts) }
}

function readNumbers(row: ParsedRow, isAlb: boolean): RowNumbers {
  const number = (name: string): number | undefined => {
    const value = Number(fieldValue(row, name) ?? Number.NaN)
    return Number.isFinite(value) && value >= 0 ? value : undefined
  }
  const time = (name: string): number | undefined => {
    const ms = timeMs(fieldValue(row, name) ?? '')
    return Number.isNaN(ms) ? undefined : ms
  }
  const requestSeconds = number('request_processing_time')
  const targetSeconds = number(isAlb ? 'target_processing_time' : 'backend_processing_time')
  const responseSeconds = number('response_processing_time')
  const times = [requestSeconds, targetSeconds, responseSeconds]
  const sumMs = times.reduce<number>((sum, seconds) => sum + (seconds ?? 0) * 1000, 0)
  const shared = {
    elbStatus: number('elb_status_code'),
    targetStatus: number(isAlb ? 'target_status_code' : 'backend_status_code'),
    target: fieldValue(row, isAlb ? 'target:port' : 'backend:port'),
    requestSeconds,
    targetSeconds,
    responseSeconds,
    receivedBytes: number('received_bytes'),
    sumMs,
    isWebSocket: /^wss?$/.test(fieldValue(row, 'type') ?? ''),
  }
  const at = time('time')
  if (!isAlb) {
    // Classic logs when the request came in, and no other time.
    const elapsedMs = times.includes(undefined) ? undefined : sumMs
    const answeredMs = at === undefined || elapsedMs === undefined ? undefined : at + elapsedMs
    return { ...shared, receivedMs: at, answeredMs, elapsedMs }
  }
  const receivedMs = time('request_creation_time')
  const elapsedMs = at === undefined || receivedMs === undefined ? undefined : (exactMs(row) ?? at - receivedMs)
  return { ...shared, receivedMs, answeredMs: at, elapsedMs }
}

/** Date keeps milliseconds; rows have microseconds. */
function exactMs(row: ParsedRow): number | undefined {
  const micro = (name: string): number => Number(`0.${/\.(\d+)/.exec(fieldValue(row, name) ?? '')?.[1] ?? '0'}`)
  const whole = (name: string): number => Math.floor(timeMs(fieldValue(row, name) ?? '') / 1000)
  const seconds = whole('time') - whole('request_creation_time')
  const ms = seconds * 1000 + (micro('time') - micro('request_creation_time')) * 1000
  return Number.isFinite(ms) ? Math.round(ms * 1000) / 1000 : undefined
}

/** The cause, where the row alone decides and AWS documents it. */
export function certainCause({ facts, verdict }: Judgement, row: ParsedRow): string | undefined {
  if (!verdict || facts.loadBalancerKind === 'classic') return undefined
  const reason = facts.errorReason ?? ''
  const action = facts.actions === undefined ? '' : lastAction(facts.actions)
  switch (verdict.symptom) {
    case 'no-target':
      return 'no-registered-targets'
    case 'lambda-failed':
      return 'lambda-limits'
    case 'rule-answered':
      if (/^(Auth|JWT|JWKS)/.test(reason)) return 'auth-action-failed'
      if (reason.startsWith('WAF') || action === 'waf-failed') return 'waf-error'
      if (/^(AWSALBTG|Weighted)/.test(reason)) return 'weighted-target-group-cookie'
      if (action === 'fixed-response') return 'fixed-response-rule'
      if (action === 'waf') return 'waf-blocked'
      return action === 'authenticate' ? 'auth-action-failed' : undefined
    case 'rejected-request':
      if (facts.elbStatus === 463) return 'xff-too-long'
      if (facts.elbStatus === 464) return 'protocol-version-mismatch'
      if (facts.elbStatus === 414) return 'request-too-large-for-alb'
      return facts.elbStatus === 400 && /^(Severe|Ambiguous)$/.test(fieldValue(row, 'classification') ?? '')
        ? 'desync-blocked'
        : undefined
    default:
      return undefined
  }
}
