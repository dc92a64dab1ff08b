import { lastAction } from '../causes/symptom.ts'
import { fieldValue, type ParsedRow, rowField } from '../formats/parse-row.ts'
import type { Judgement } from './row-judgement.ts'
import { seconds, span } from './say.ts'

/** Where parts of one row exclude each other, as sentences. Such a row is shown, not believed. */
export function contradictionsOf(row: ParsedRow, { numbers, facts }: Judgement): string[] {
  if (row.format.id !== 'alb') return []
  const found: string[] = []
  const { elbStatus, targetStatus, target } = numbers
  const isLambda = facts.errorReason?.startsWith('Lambda') === true
  if (targetStatus === undefined && target !== undefined && numbers.responseSeconds !== undefined && !isLambda) {
    const all = numbers.requestSeconds !== undefined && numbers.targetSeconds !== undefined
    const times = all ? 'all three times are' : 'response_processing_time is'
    found.push(
      `The target gave no answer (target_status_code is -), yet ${times} set. Without a response, response_processing_time is -1.`,
    )
  }
  const list = fieldValue(row, 'target_status_code_list')
  if (list !== undefined && list !== String(targetStatus ?? '-'))
    found.push(
      `target_status_code is ${targetStatus ?? '-'}, target_status_code_list says ${list}: they are the same answer, written twice.`,
    )
  const targets = fieldValue(row, 'target:port_list')
  if (targets !== undefined && target !== undefined && !targets.split(' ').includes(target))
    found.push(`target:port is ${target}, target:port_list says ${targets}.`)
  if (target === undefined && targetStatus !== undefined && rowField(row, 'target_group_arn')?.raw === '-')
    found.push(`target_status_code is ${targetStatus}, but no target and no target group was chosen.`)
  if (targetStatus !== undefined && targetStatus === elbStatus && numbers.targetSeconds === undefined)
    found.push(`The target answered ${targetStatus}, yet target_processing_time is -1, which means that it did not.`)
  if (
    facts.actions !== undefined &&
    targetStatus !== undefined &&
    /^(fixed-response|redirect|waf)$/.test(lastAction(facts.actions))
  )
    found.push(
      `The last action is ${lastAction(facts.actions)}, which asks no target, yet the target answered ${targetStatus}.`,
    )
  found.push(...timeContradictions(row, numbers))
  const request = fieldValue(row, 'request') ?? ''
  if (fieldValue(row, 'received_bytes') === '0' && request.length > 20)
    found.push(
      `received_bytes is 0, yet it counts the request's headers, and the request line alone has ${request.length} characters.`,
    )
  const [groupAt, certificateAt] = [arnParts(row, 'target_group_arn'), arnParts(row, 'chosen_cert_arn')]
  if (groupAt && certificateAt && groupAt.region !== certificateAt.region && certificateAt.service === 'acm')
    found.push(
      `The target group is in ${groupAt.region}, the certificate in ${certificateAt.region}: a load balancer uses those of its own region.`,
    )
  if (groupAt && certificateAt && groupAt.account !== certificateAt.account)
    found.push(`The target group belongs to account ${groupAt.account}, the certificate to ${certificateAt.account}.`)
  if (/^(https|h2|wss|grpcs)$/.test(fieldValue(row, 'type') ?? '') && rowField(row, 'ssl_protocol')?.raw === '-')
    found.push(`The type is ${fieldValue(row, 'type')}, which is over TLS, yet ssl_protocol is -.`)
  if (fieldValue(row, 'elb') === DOCUMENTATION_SAMPLE)
    found.push(
      "The load balancer's name and id are those of the sample in AWS's documentation, whose times are invented: the row was edited from it, and its numbers tell nothing.",
    )
  return found
}

const DOCUMENTATION_SAMPLE = 'app/my-loadbalancer/50dc6c495c0c9188'

function timeContradictions(row: ParsedRow, numbers: Judgement['numbers']): string[] {
  const { elapsedMs, sumMs, isWebSocket } = numbers
  const found: string[] = []
  if (elapsedMs !== undefined && !isWebSocket) {
    const isWhole =
      numbers.requestSeconds !== undefined &&
      numbers.targetSeconds !== undefined &&
      numbers.responseSeconds !== undefined
    if (elapsedMs < 0) found.push(`It was answered ${seconds(-elapsedMs)} before it was received.`)
    else if (elapsedMs < sumMs - 5)
      found.push(`From received to answered is ${seconds(elapsedMs)}, yet the three times add up to ${seconds(sumMs)}.`)
    else if (isWhole && elapsedMs > sumMs + 1_000)
      found.push(
        `From received to answered is ${seconds(elapsedMs)}, yet the three times add up to ${seconds(sumMs)}; in rows as written they differ by about 1 ms. So neither is to be used.`,
      )
  }
  const made = traceMadeMs(fieldValue(row, 'trace_id') ?? '')
  const received = numbers.receivedMs
  if (made !== undefined && received !== undefined && Math.abs(made - Math.floor(received / 1000) * 1000) > 2_000) {
    const gap = Math.abs(received - made)
    found.push(
      `trace_id was made at ${new Date(made).toISOString().slice(0, 19)}Z, ${span(gap)} ${made < received ? 'before' : 'after'} the request was received; the load balancer makes both at the same second (unless the client sent its own).`,
    )
  }
  return found
}

/** When the load balancer made the id: in Self where the client sent its own Root. */
export function traceMadeMs(traceId: string): number | undefined {
  const found = /Self=1-([0-9a-f]{8})-/.exec(traceId) ?? /Root=1-([0-9a-f]{8})-/.exec(traceId)
  return found ? Number.parseInt(found[1] ?? '0', 16) * 1000 : undefined
}

interface ArnParts {
  readonly service: string
  readonly region: string
  readonly account: string
}

function arnParts(row: ParsedRow, name: string): ArnParts | undefined {
  const found = /^arn:[\w-]+:([\w-]+):([\w-]*):(\d{12}):/.exec(fieldValue(row, name) ?? '')
  return found ? { service: found[1] ?? '', region: found[2] ?? '', account: found[3] ?? '' } : undefined
}
