import { describe, expect, it } from 'vitest'
import { judgeRow, type RowFacts, usableElapsedMs } from './symptom.ts'

const base: RowFacts = {
  loadBalancerKind: 'alb',
  elbStatus: 502,
  targetStatus: undefined,
  hasTarget: true,
  hasTargetGroup: true,
  requestSeconds: undefined,
  elapsedMs: undefined,
  errorReason: undefined,
  actions: 'forward',
}

function symptom(facts: Partial<RowFacts>): string | undefined {
  const verdict = judgeRow({ ...base, ...facts })
  return verdict && `${verdict.kind}: ${verdict.symptom} by ${verdict.answeredBy}`
}

const failed = (symptomName: string, by = 'load-balancer'): string => `failure: ${symptomName} by ${by}`

describe('judgeRow walks the rules in order', () => {
  const rules: [string, Partial<RowFacts>, string | undefined][] = [
    ['1: 460', { elbStatus: 460 }, failed('client-left', 'nobody')],
    ['1 wins over a target status', { elbStatus: 460, targetStatus: 504 }, failed('client-left', 'nobody')],
    ['2: same status', { elbStatus: 504, targetStatus: 504 }, failed('target-answered', 'target')],
    [
      '2 wins over an error reason',
      { targetStatus: 502, errorReason: 'LambdaUnhandled' },
      failed('target-answered', 'target'),
    ],
    ['3: another status', { targetStatus: 200 }, failed('answer-replaced')],
    ['3 wins over an action', { targetStatus: 200, actions: 'fixed-response' }, failed('answer-replaced')],
    ['4: Lambda', { errorReason: 'LambdaThrottling', hasTarget: false, elbStatus: 503 }, failed('lambda-failed')],
    ['4 wins over 5', { errorReason: 'LambdaUnhandled', actions: 'authenticate' }, failed('lambda-failed')],
    ...[
      'AuthTokenEpRequestTimeout',
      'JWTValidationInternalError',
      'JWKSRequestTimeout',
      'WAFConnectionError',
      'AWSALBTGCookieInvalid',
      'WeightedTargetGroupsUnhandledException',
    ].map((errorReason): [string, Partial<RowFacts>, string] => [
      `5: ${errorReason}`,
      { elbStatus: 500, errorReason },
      failed('rule-answered'),
    ]),
    ...['fixed-response', 'waf', 'waf-failed', 'authenticate', 'redirect', 'waf,fixed-response'].map(
      (actions): [string, Partial<RowFacts>, string] => [
        `5: action ${actions}`,
        { elbStatus: 503, actions, hasTarget: false },
        failed('rule-answered'),
      ],
    ),
    ['6: 503 forwarded', { elbStatus: 503, hasTarget: false }, failed('no-target')],
    [
      '6: waf-failed,forward is forwarded',
      { elbStatus: 503, hasTarget: false, actions: 'waf-failed,forward' },
      failed('no-target'),
    ],
    ['6: a row too old for actions', { elbStatus: 503, hasTarget: false, actions: undefined }, failed('no-target')],
    [
      '7: no target group in the row',
      { elbStatus: 503, hasTarget: false, hasTargetGroup: false },
      failed('rejected-request'),
    ],
    ['7: no action at all', { elbStatus: 503, hasTarget: false, actions: '' }, failed('rejected-request')],
    ['7: another 5XX without target', { elbStatus: 500, hasTarget: false }, failed('rejected-request')],
    ['8: 502 after the request went out', { requestSeconds: 0 }, failed('closed-before-response')],
    ['8 does not look at elapsed', { requestSeconds: 0.001, elapsedMs: 10_000 }, failed('closed-before-response')],
    ['8: 504', { elbStatus: 504, requestSeconds: 0, elapsedMs: 60_003 }, failed('response-timeout')],
    ['9: no usable elapsed', {}, failed('connect-failed')],
    ['9: 0 ms', { elapsedMs: 0 }, failed('connect-refused')],
    ['9: just below 0.5 s', { elapsedMs: 499.999 }, failed('connect-refused')],
    ['9: 0.5 s', { elapsedMs: 500 }, failed('connect-failed-late')],
    ['9: just below 9.5 s', { elapsedMs: 9_499.999 }, failed('connect-failed-late')],
    ['9: 9.5 s', { elbStatus: 504, elapsedMs: 9_500 }, failed('connect-timeout')],
    ['9: 11 s', { elbStatus: 504, elapsedMs: 11_000 }, failed('connect-timeout')],
    ['9: above 11 s, 504', { elbStatus: 504, elapsedMs: 11_000.001 }, failed('response-timeout')],
    ['9: above 11 s, 502', { elapsedMs: 11_000.001 }, failed('closed-before-response')],
    ['10: a 503 with a target', { elbStatus: 503, requestSeconds: 0 }, failed('unclassified')],
    ['10: a 500 with a target', { elbStatus: 500 }, failed('unclassified')],
    [
      'rejected by rule',
      { elbStatus: 403, actions: 'waf', hasTarget: false },
      'rejected: rule-answered by load-balancer',
    ],
    [
      'rejected request',
      { elbStatus: 463, hasTarget: false, actions: '' },
      'rejected: rejected-request by load-balancer',
    ],
    ["the target's own 404", { elbStatus: 404, targetStatus: 404 }, undefined],
    ['a success', { elbStatus: 200, targetStatus: 200 }, undefined],
    ['a redirect', { elbStatus: 301, actions: 'redirect' }, undefined],
    ['no status', { elbStatus: undefined }, undefined],
    ['600 is no 5XX', { elbStatus: 600 }, undefined],
    ['561', { elbStatus: 561, actions: 'authenticate', hasTarget: false }, failed('rule-answered')],
  ]
  it.each(rules)('%s', (_name, facts, expected) => {
    expect(symptom(facts)).toBe(expected)
  })
})

describe('judgeRow for a Classic load balancer', () => {
  const rules: [string, Partial<RowFacts>, string][] = [
    [
      'a backend 5XX is the target, whatever the front says',
      { elbStatus: 500, targetStatus: 503 },
      failed('target-answered', 'target'),
    ],
    ['504', { elbStatus: 504, hasTarget: false }, failed('response-timeout')],
    ['502', { elbStatus: 502 }, failed('closed-before-response')],
    ['503 without backend', { elbStatus: 503, hasTarget: false }, failed('no-target')],
    ['503 with a backend', { elbStatus: 503 }, failed('unclassified')],
    ['500 without backend', { elbStatus: 500, hasTarget: false }, failed('rejected-request')],
  ]
  it.each(rules)('%s', (_name, facts, expected) => {
    expect(symptom({ loadBalancerKind: 'classic', actions: undefined, ...facts })).toBe(expected)
  })
})

describe('usableElapsedMs', () => {
  it.each([
    ['ordinary', 1_000, 990, 9, 10],
    ['below the sum by 5 ms', 1_000, 990, 15, 10],
    ['below the sum by more', 1_000, 990, 15.1, undefined],
    ['negative', 990, 1_000, 0, undefined],
    ['4000 s', 4_000_000, 0, 0, 4_000_000],
    ['longer than any idle timeout', 4_000_001, 0, 0, undefined],
    ['a missing timestamp', 1_000, Number.NaN, 0, undefined],
  ])('%s', (_name, end, start, sum, expected) => {
    expect(usableElapsedMs(end, start, sum)).toBe(expected)
  })
})
