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
  return claims
}

/** Tab-separated cause, sentence and field, so that equal decisions are one key. */
export function ruleCause(isLambda: boolean, errorReason: string, actions: string): string | undefined {
  const last = lastAction(actions)
  if (isLambda) return `lambda-limits\terror_reason is ${errorReason}\terror_reason`
  if (/^(Auth|JWT|JWKS)/.test(errorReason)) return `auth-action-failed\terror_reason is ${errorReason}\terror_reason`
  if (errorReason.startsWith('WAF')) return `waf-error\terror_reason is ${errorReason}\terror_reason`
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
}): { readonly cause: string; readonly because: string; readonly field: string } | undefined {
  const { elbStatus, errorReason, actions, classificationReason, symptom } = rejected
  if (symptom === 'lambda-failed' || symptom === 'rule-answered') {
    const decided = ruleCause(symptom === 'lambda-failed', errorReason ?? '', actions ?? '')
    if (decided === undefined) return undefined
    const [cause, because, field] = decided.split('\t') as [string, string, string]
    return { cause, because, field }
  }
  switch (elbStatus) {
    case 463:
      return {
        cause: 'xff-too-long',
        because: '463: more than 30 addresses in X-Forwarded-For',
        field: 'elb_status_code',
      }
    case 464:
      return {
        cause: 'protocol-version-mismatch',
        because: "464: the request's protocol version does not fit the target group's",
        field: 'elb_status_code',
      }
    case 408:
      return {
        cause: 'client-incomplete-request',
        because: '408: the client did not send its whole request before the idle timeout',
        field: 'elb_status_code',
      }
    case 413:
    case 414:
      return {
        cause: 'request-too-large-for-alb',
        because: `${elbStatus}: the request is larger than the load balancer takes`,
        field: 'elb_status_code',
      }
    case 400:
      return classificationReason === null
        ? undefined
        : {
            cause: 'desync-blocked',
            because: `400 with classification reason ${classificationReason}: the desync mitigation mode blocked it`,
            field: 'classification_reason',
          }
    default:
      return undefined
  }
}
