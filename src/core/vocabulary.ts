/** The product's closed lists of words (docs/architecture.md has their meaning). */

export const answeredByValues = ['load-balancer', 'target', 'nobody'] as const
/** Who wrote the status the client got. `nobody`: the client left first (460). */
export type AnsweredBy = (typeof answeredByValues)[number]

export const symptoms = [
  'client-left',
  'target-answered',
  'answer-replaced',
  'lambda-failed',
  'rule-answered',
  'no-target',
  'rejected-request',
  'closed-before-response',
  'response-timeout',
  'connect-failed',
  'connect-refused',
  'connect-failed-late',
  'connect-timeout',
  'unclassified',
] as const
/** What the load balancer saw. Decided by one row, always assigned, certain. */
export type Symptom = (typeof symptoms)[number]

export const hops = ['client', 'load-balancer', 'network', 'proxy', 'application'] as const
/** Where it broke. */
export type Hop = (typeof hops)[number]

export const confidences = ['certain', 'likely', 'possible'] as const
export type Confidence = (typeof confidences)[number]

export const witnessKinds = [
  'app-log',
  'proxy-log',
  'sentry',
  'cloudwatch',
  'prometheus',
  'kubernetes',
  'health-check-log',
  'connection-log',
  'kernel-log',
  'node-counters',
] as const
/** Another source than the load balancer's access log. */
export type WitnessKind = (typeof witnessKinds)[number]
