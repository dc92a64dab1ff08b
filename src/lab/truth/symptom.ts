import type { AnsweredBy, Symptom } from '../../core/vocabulary.ts'
import type { Failure } from './failure.ts'
import { ownAnswer } from './own-answer.ts'
import { pathOf } from './run-facts.ts'

/**
 * The symptom from what the load balancer did with its sockets. The diagnosis decides it from the row's columns: the two
 * must agree, and that they come from different sources is the point.
 */
export function symptomOfSockets(
  failure: Failure,
  fixedResponsePaths: readonly string[] = [],
): { readonly symptom: Symptom; readonly answeredBy: AnsweredBy } {
  if (failure.elbStatus === 460) return { symptom: 'client-left', answeredBy: 'nobody' }
  if (failure.targetStatus !== null)
    return failure.targetStatus === failure.elbStatus
      ? { symptom: 'target-answered', answeredBy: 'target' }
      : { symptom: 'answer-replaced', answeredBy: 'load-balancer' }
  const isRuleAnswered = failure.target === null && fixedResponsePaths.some((path) => pathOf(failure).startsWith(path))
  const own = failure.target === null && !isRuleAnswered ? ownAnswer(failure) : undefined
  if (own) return { symptom: own.isRules ? 'rule-answered' : 'rejected-request', answeredBy: 'load-balancer' }
  return { symptom: isRuleAnswered ? 'rule-answered' : withoutAnswer(failure), answeredBy: 'load-balancer' }
}

/** Where the symptom `connect-timeout` begins, by its definition. */
const CONNECT_TIMEOUT_MS = 9_500

function withoutAnswer(failure: Failure): Symptom {
  const { event = '', after_ms: afterMs = 0 } = failure.socket
  if (failure.target === null) return 'no-target'
  if (failure.phase === 'connect') {
    // "No route" after three tries of 3 s comes so late that a row cannot tell it from the timer.
    if (event === 'connect-timer' || event === 'tls-timer' || afterMs >= CONNECT_TIMEOUT_MS) return 'connect-timeout'
    return afterMs < 500 ? 'connect-refused' : 'connect-failed-late'
  }
  return event === 'idle-timer' ? 'response-timeout' : 'closed-before-response'
}
