import type { AnsweredBy, Symptom } from '../core/vocabulary.ts'

/** What one row says, as far as its symptom needs it. Absent values are undefined, never `-` or -1. */
export interface RowFacts {
  readonly loadBalancerKind: 'alb' | 'classic'
  readonly elbStatus: number | undefined
  readonly targetStatus: number | undefined
  readonly hasTarget: boolean
  /** false only when the row has the field and it is `-`. */
  readonly hasTargetGroup: boolean
  /** request_processing_time, s; undefined when -1. */
  readonly requestSeconds: number | undefined
  /** Usable elapsed (see {@link usableElapsedMs}), ms. */
  readonly elapsedMs: number | undefined
  /** `-` as undefined. */
  readonly errorReason: string | undefined
  /** The comma list as logged; undefined when the row is too old to have the field; '' when it is `-`. */
  readonly actions: string | undefined
}

export interface RowVerdict {
  readonly symptom: Symptom
  readonly answeredBy: AnsweredBy
  /** A failure is a 5XX or a 460; `rejected` is another 4XX that the load balancer made. */
  readonly kind: 'failure' | 'rejected'
}

/**
 * The closed list of symptoms, first rule that matches wins (docs/symptoms.md). Returns undefined for a request that
 * neither failed nor was rejected by the load balancer.
 */
export function judgeRow(row: RowFacts): RowVerdict | undefined {
  const elb = row.elbStatus
  if (elb === undefined || elb < 400 || elb > 599) return undefined
  if (elb === 460) return { symptom: 'client-left', answeredBy: 'nobody', kind: 'failure' }
  if (elb < 500) {
    if (row.targetStatus !== undefined) return undefined
    return { symptom: rejectedSymptom(row), answeredBy: 'load-balancer', kind: 'rejected' }
  }
  if (row.targetStatus === elb) return { symptom: 'target-answered', answeredBy: 'target', kind: 'failure' }
  const symptom = row.loadBalancerKind === 'classic' ? classicSymptom(row) : albSymptom(row)
  return { symptom, answeredBy: symptom === 'target-answered' ? 'target' : 'load-balancer', kind: 'failure' }
}

function rejectedSymptom(row: RowFacts): Symptom {
  if (row.errorReason?.startsWith('Lambda')) return 'lambda-failed'
  return isRuleAnswered(row) ? 'rule-answered' : 'rejected-request'
}

function albSymptom(row: RowFacts): Symptom {
  if (row.targetStatus !== undefined) return 'answer-replaced'
  if (row.errorReason?.startsWith('Lambda')) return 'lambda-failed'
  if (isRuleAnswered(row)) return 'rule-answered'
  const elb = row.elbStatus
  if (!row.hasTarget) return elb === 503 && isForwarded(row) && row.hasTargetGroup ? 'no-target' : 'rejected-request'
  if (elb !== 502 && elb !== 504) return 'unclassified'
  if (row.requestSeconds !== undefined) return elb === 502 ? 'closed-before-response' : 'response-timeout'
  return connectSymptom(elb, row.elapsedMs)
}

/** Rule 9: the request was never handed over, so only the elapsed time tells the kinds apart. */
function connectSymptom(elb: 502 | 504, elapsedMs: number | undefined): Symptom {
  if (elapsedMs === undefined) return 'connect-failed'
  if (elapsedMs < 500) return 'connect-refused'
  if (elapsedMs < 9_500) return 'connect-failed-late'
  if (elapsedMs <= 11_000) return 'connect-timeout'
  return elb === 504 ? 'response-timeout' : 'closed-before-response'
}

/** Classic: a 504 also covers an early keep-alive close, a 503 also means that no backend was healthy. */
function classicSymptom(row: RowFacts): Symptom {
  if (row.targetStatus !== undefined) return row.targetStatus >= 500 ? 'target-answered' : 'answer-replaced'
  switch (row.elbStatus) {
    case 504:
      return 'response-timeout'
    case 502:
      return 'closed-before-response'
    case 503:
      return row.hasTarget ? 'unclassified' : 'no-target'
    default:
      return row.hasTarget ? 'unclassified' : 'rejected-request'
  }
}

const RULE_REASON = /^(Auth|JWT|JWKS|WAF|AWSALBTG|Weighted)/
const RULE_ACTIONS: ReadonlySet<string> = new Set(['fixed-response', 'waf', 'waf-failed', 'authenticate', 'redirect'])

function isRuleAnswered(row: RowFacts): boolean {
  if (row.errorReason !== undefined && RULE_REASON.test(row.errorReason)) return true
  return row.actions !== undefined && RULE_ACTIONS.has(lastAction(row.actions))
}

function isForwarded(row: RowFacts): boolean {
  return row.actions === undefined || lastAction(row.actions) === 'forward'
}

export function lastAction(actions: string): string {
  return actions.slice(actions.lastIndexOf(',') + 1).trim()
}

/**
 * `time - request_creation_time` where both exist, it lies between 0 and 4000 s and it is not below the sum of the
 * three times by more than 5 ms; else undefined. Sample rows in AWS's documentation have invented creation times.
 */
export function usableElapsedMs(
  endMs: number,
  startMs: number,
  /** Sum of those of the three times that are not -1, ms. */
  sumOfTimesMs: number,
): number | undefined {
  const elapsed = endMs - startMs
  if (!(elapsed >= 0 && elapsed <= 4_000_000)) return undefined
  return elapsed < sumOfTimesMs - 5 ? undefined : elapsed
}
