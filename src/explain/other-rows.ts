import { fieldValue, type ParsedRow } from '../formats/parse-row.ts'

/** What a row says that is no request: NLB, connection log, health check log. The first sentence is the headline. */
export function otherRowSentences(row: ParsedRow): string[] {
  switch (row.format.id) {
    case 'nlb':
      return [
        'A TLS connection of a Network Load Balancer: it has no HTTP status, so it cannot say who answered a 5XX.',
        fieldValue(row, 'tls_handshake_time') === undefined
          ? 'The TLS handshake with the client failed.'
          : 'Look for the 5XX in the log of what the Network Load Balancer sends to: an ingress controller, an ALB, or the app.',
      ]
    case 'alb-connection':
      return connectionSentences(
        fieldValue(row, 'tls_verify_status'),
        fieldValue(row, 'tls_protocol'),
        fieldValue(row, 'tls_handshake_latency'),
      )
    case 'alb-health-check':
      return healthSentences(row)
    default:
      return []
  }
}

function connectionSentences(
  status: string | undefined,
  protocol: string | undefined,
  latency: string | undefined,
): string[] {
  const join = 'conn_trace_id joins it with the requests of the access log.'
  if (status?.startsWith('Failed'))
    return [
      `The TLS handshake with the client failed: ${status.slice(7) || 'no reason given'}.`,
      'Such a client sent no request, so the access log has no row of it.',
    ]
  if (protocol === undefined) return ['A connection without TLS.', join]
  if (latency === undefined)
    return ['The TLS handshake with the client did not finish.', 'So the access log has no row of it.']
  return [`A TLS connection that worked; its handshake took ${latency} s.`, join]
}

const REASONS: Readonly<Record<string, string>> = {
  TimedOut: 'no answer within the timeout of the check',
  RequestTimedOut: 'no answer within the timeout of the check',
  ConnectionTimedOut: 'no connection within the timeout of the check',
  ConnectionReset: 'the target closed or reset the connection',
  ResponseCodeMismatch: 'the target answered with a status that the matcher does not allow',
  ResponseStringMismatch: 'the body is not what the check expects',
  InternalError: 'the load balancer itself failed to check',
  TargetError: 'the target answered with a 5XX',
  GRPCStatusHeaderEmpty: 'the gRPC answer has no status',
  GRPCUnexpectedStatus: 'the gRPC status is not one that the matcher allows',
}

function healthSentences(row: ParsedRow): string[] {
  const target = fieldValue(row, 'target_addr') ?? 'the target'
  const group = fieldValue(row, 'target_group_id')
  const of = group ? ` of target group ${group}` : ''
  if (fieldValue(row, 'status') === 'PASS') return [`The health check of ${target}${of} passed.`]
  const reason = fieldValue(row, 'reason_code')
  const why = reason ? ` (${reason}: ${REASONS[reason] ?? 'a code newer than this version'})` : ''
  return [
    `The health check of ${target}${of} failed${why}.`,
    'Each node of the load balancer checks each target by itself; two failures in a row (by default) make it unhealthy.',
    'A target that fails its checks when the 5XX come narrows their cause: compare the times.',
  ]
}
