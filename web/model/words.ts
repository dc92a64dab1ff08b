import type { AnsweredBy, Confidence, Hop, Symptom } from '../../src/core/vocabulary.ts'

/** What the load balancer saw, in a few words. */
export const symptomWords: Readonly<Record<Symptom, string>> = {
  'client-left': 'the client left first',
  'target-answered': 'the target answered it',
  'answer-replaced': 'the target’s answer was replaced',
  'lambda-failed': 'the Lambda function failed',
  'rule-answered': 'a listener rule answered',
  'no-target': 'no target to send to',
  'rejected-request': 'the request was rejected',
  'closed-before-response': 'connection closed before an answer',
  'response-timeout': 'no answer in time',
  'connect-failed': 'no connection',
  'connect-refused': 'connection refused at once',
  'connect-failed-late': 'connection failed after seconds',
  'connect-timeout': 'no connection within 10 s',
  unclassified: 'no rule matched',
}

export const hopWords: Readonly<Record<Hop, string>> = {
  client: 'Client',
  'load-balancer': 'Load balancer',
  network: 'Node and network',
  proxy: 'Proxy in the cluster',
  application: 'Application',
}

export const answererWords: Readonly<Record<AnsweredBy, string>> = {
  'load-balancer': 'load balancer',
  target: 'target',
  nobody: 'nobody',
}

export const confidenceWords: Readonly<Record<Confidence, string>> = {
  certain: 'The row alone decides, or another witness’s record names it.',
  likely: 'Evidence over many rows, with a control; its look-alikes are ruled out by name.',
  possible: 'Consistent with the rows; a look-alike is not ruled out.',
}

export function symptomLabel(symptom: string): string {
  return symptomWords[symptom as Symptom] ?? symptom
}

/** A target group's name out of its ARN. */
export function groupName(arn: string): string {
  return arn.replace(/^.*:targetgroup\//, '').replace(/\/[0-9a-f]+$/, '')
}
