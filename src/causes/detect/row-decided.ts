import type { Claim } from '../claim.ts'
import { lastAction } from '../symptom.ts'
import { type FailureGroup, groupBy, labelAt, symptomAt, withSymptom } from './failure-group.ts'

/** Causes that AWS documents one row to name: certain, one claim per cause and reason. */
export function detectRowDecided(group: FailureGroup): Claim[] {
  const claims: Claim[] = []
  const add = (cause: string, failures: readonly number[], because: string, decidedBy: readonly string[]): void => {
    if (failures.length > 0)
      claims.push({
        cause,
        confidence: 'certain',
        failures,
        because: [because],
        evidence: [],
        ruledOut: [],
        candidates: [],
        decidedBy,
        numbers: {},
      })
  }

  const noTarget = withSymptom(group, 'no-target')
  const isClassic = group.targetGroup === '' && !group.loadBalancer.includes('/')
  if (!isClassic)
    add(
      'no-registered-targets',
      noTarget,
      `${noTarget.length} requests were forwarded to the target group, and no target was chosen: none is registered, or all are unused`,
      ['target:port', 'elb_status_code', 'target_group_arn', 'actions_executed'],
    )

  // No rule was looked at: the load balancer had no room, as far as anybody knows. AWS documents no row for that.
  const refused = withSymptom(group, 'rejected-request').filter((i) => group.failures.elbStatus[i] === 503)
  if (refused.length > 0)
    claims.push({
      cause: null,
      confidence: null,
      title: 'The load balancer answered 503 before it looked at a rule',
      failures: refused,
      because: [`${refused.length} requests got 503 without a target group: no rule was evaluated for them`],
      evidence: [],
      ruledOut: [{ cause: 'fixed-response-rule', why: 'the last action would be fixed-response' }],
      // Rows of an empty target group name it, as far as they were seen.
      candidates: ['load-balancer-capacity', 'no-registered-targets'],
      decidedBy: ['elb_status_code', 'target_group_arn', 'actions_executed'],
      numbers: {},
    })

  const byReason = groupBy(withSymptom(group, 'lambda-failed', 'rule-answered'), (failure) =>
    ruleCause(
      symptomAt(group, failure) === 'lambda-failed',
      labelAt(group, 'errorReason', failure),
      labelAt(group, 'actions', failure),
    ),
  )
  for (const [decided, failures] of byReason)
    if (decided !== undefined) {
      const [cause, because, field] = decided.split('\t') as [string, string, string]
      add(cause, failures, because, ['elb_status_code', 'target_status_code', field])
    }

  const passedOn = withSymptom(group, 'rule-answered').filter((i) => isFailedOpen(group, i))
  if (passedOn.length > 0)
    claims.push({
      cause: null,
      confidence: null,
      title: 'WAF did not answer, the request was forwarded all the same, and failed',
      failures: passedOn,
      because: [
        `the actions of ${passedOn.length} requests end with waf-failed,forward: WAF failed open, so what ended them came after it; read their times as if WAF were not there`,
      ],
      evidence: [],
      ruledOut: [{ cause: 'waf-error', why: 'it blocks nothing when it fails open' }],
      candidates: ['target-idle-timeout', 'worker-killed-mid-request', 'keepalive-shorter-than-idle-timeout'],
      decidedBy: ['actions_executed', 'error_reason', 'target_processing_time'],
      numbers: {},
    })
  return claims
}

/** `waf-failed,forward`: the reason stays in the row, and what a target then did is not WAF's. */
function isFailedOpen(group: FailureGroup, failure: number): boolean {
  const actions = labelAt(group, 'actions', failure)
  return labelAt(group, 'errorReason', failure).startsWith('WAF') && lastAction(actions) === 'forward'
}

/** Tab-separated cause, sentence and field, so that equal decisions are one key. */
export function ruleCause(isLambda: boolean, errorReason: string, actions: string): string | undefined {
  const last = lastAction(actions)
  if (isLambda) return `lambda-limits\terror_reason is ${errorReason}\terror_reason`
  if (/^(Auth|JWT|JWKS)/.test(errorReason)) return `auth-action-failed\terror_reason is ${errorReason}\terror_reason`
  if (errorReason.startsWith('WAF') && last !== 'forward')
    return `waf-error\terror_reason is ${errorReason}\terror_reason`
  if (/^(AWSALBTG|Weighted)/.test(errorReason))
    return `weighted-target-group-cookie\terror_reason is ${errorReason}\terror_reason`
  switch (last) {
    case 'fixed-response':
      return 'fixed-response-rule\tthe last action is fixed-response: a listener rule wrote this answer on purpose\tactions_executed'
    case 'waf':
      return 'waf-blocked\tthe last action is waf: a WAF rule blocked the request\tactions_executed'
    case 'waf-failed':
      return 'waf-error\tthe last action is waf-failed: WAF did not answer and the request was not forwarded\tactions_executed'
    case 'authenticate':
      return 'auth-action-failed\tthe last action is authenticate: the request never got past it\tactions_executed'
    default:
      return undefined
  }
}

/** Causes of 4XX that the load balancer made; undefined when several stay possible. */
export function rejectedCause(rejected: {
  readonly elbStatus: number
  readonly errorReason: string | null
  readonly actions: string | null
  readonly classificationReason: string | null
  readonly symptom: string
  /** A whole request line without a body's method, and more bytes than a head may have. */
  readonly hasLargeHead: boolean
}):
  | {
      readonly cause: string
      readonly confidence: 'certain' | 'likely'
      readonly because: string
      readonly field: string
    }
  | undefined {
  const { elbStatus, errorReason, actions, classificationReason, symptom, hasLargeHead } = rejected
  if (symptom === 'lambda-failed' || symptom === 'rule-answered') {
    const decided = ruleCause(symptom === 'lambda-failed', errorReason ?? '', actions ?? '')
    if (decided === undefined) return undefined
    const [cause, because, field] = decided.split('\t') as [string, string, string]
    return { cause, confidence: 'certain', because, field }
  }
  switch (elbStatus) {
    case 463:
      return {
        cause: 'xff-too-long',
        confidence: 'certain',
        because: '463: more than 30 addresses in X-Forwarded-For',
        field: 'elb_status_code',
      }
    case 464:
      return {
        cause: 'protocol-version-mismatch',
        confidence: 'certain',
        because: "464: the request's protocol version does not fit the target group's",
        field: 'elb_status_code',
      }
    case 408:
      return {
        cause: 'client-incomplete-request',
        confidence: 'certain',
        because: '408: the client did not send its whole request before the idle timeout',
        field: 'elb_status_code',
      }
    case 413:
    case 414:
      return {
        cause: 'request-too-large-for-alb',
        confidence: 'certain',
        because: `${elbStatus}: the request is larger than the load balancer takes`,
        field: 'elb_status_code',
      }
    case 400:
      if (hasLargeHead)
        return {
          cause: 'request-too-large-for-alb',
          confidence: 'likely',
          because:
            '400 for requests without a body and of more than 16 KB, whole and with no classification: their headers are above what a load balancer takes',
          field: 'received_bytes',
        }
      return classificationReason === null
        ? undefined
        : {
            cause: 'desync-blocked',
            confidence: 'certain',
            because: `400 with classification reason ${classificationReason}: the desync mitigation mode blocked it`,
            field: 'classification_reason',
          }
    default:
      return undefined
  }
}
