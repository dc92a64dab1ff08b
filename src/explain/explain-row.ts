import { causeById } from '../causes/index.ts'
import type { RowVerdict } from '../causes/symptom.ts'
import { symptomPages } from '../causes/symptom-pages.ts'
import { loadBalancerName, readKubernetesName, targetGroupName } from '../core/kubernetes-names.ts'
import type { AnsweredBy, Confidence, Symptom } from '../core/vocabulary.ts'
import type { FormatId } from '../formats/define-format.ts'
import { splitEndpoint } from '../formats/field-kinds.ts'
import { fieldValue, type ParsedRow, type RowField } from '../formats/parse-row.ts'
import { contradictionsOf, traceMadeMs } from './contradictions.ts'
import { otherRowSentences } from './other-rows.ts'
import { repairRow } from './repair-row.ts'
import { certainCause, type Judgement, judge } from './row-judgement.ts'
import { seconds } from './say.ts'

export interface ExplainedField {
  readonly number: number
  /** null: newer than this version of why5xx. */
  readonly name: string | null
  /** Decoded; null when the row says "no value". */
  readonly value: string | null
  /** As it stands in the row. */
  readonly raw: string
  readonly meaning: string | null
  /** What this value says beyond that. */
  readonly note: string | null
  /** The verdict rests on it. */
  readonly decides: boolean
}

/** One row, explained. Plain data; `--format json` prints it. */
export interface RowExplanation {
  readonly kind: 'row'
  readonly format: FormatId
  readonly title: string
  /** As the load balancer would have written it. */
  readonly line: string
  readonly repairs: readonly string[]
  readonly problems: readonly string[]
  /** Rows in the same paste that were not explained. */
  readonly otherRows: number
  readonly fields: readonly ExplainedField[]
  /** Fields that AWS documents and this row ends before. */
  readonly notInRow: readonly string[]
  readonly times: readonly string[]
  readonly verdict: {
    readonly kind: 'failure' | 'rejected'
    readonly answeredBy: AnsweredBy
    readonly symptom: Symptom
    readonly elapsedMs: number | null
    /** Catalogue id where the row alone decides. */
    readonly cause: string | null
    readonly confidence: Confidence | null
  } | null
  /** The verdict, or why there is none, in sentences; the first is the headline. */
  readonly conclusion: readonly string[]
  readonly contradictions: readonly string[]
  readonly candidates: readonly { readonly cause: string; readonly when: string }[]
  /** Less plausible ones, on the symptom's page. */
  readonly moreCandidates: number
  readonly settledBy: readonly string[]
}

/** undefined: that is no row of a known format, however it is repaired. */
export function explainRow(pasted: string): RowExplanation | undefined {
  const repaired = repairRow(pasted)
  if (!repaired) return undefined
  const { row, line, repairs, otherRows } = repaired
  const judgement = judge(row)
  const cause = judgement ? certainCause(judgement, row) : undefined
  const symptom = judgement?.verdict?.symptom
  const page = symptom ? symptomPages[symptom] : undefined
  const ranked = page && judgement && !cause ? rankCandidates(page.candidates, judgement) : []
  return {
    kind: 'row',
    format: row.format.id,
    title: row.format.title,
    line,
    repairs,
    problems: row.problems,
    otherRows,
    fields: row.fields.map((field) => explainField(field, decidingFields(symptom))),
    notInRow: row.format.fields.slice(row.fields.length).map((field) => field.name),
    times: judgement ? timeSentences(judgement) : [],
    verdict: judgement?.verdict
      ? {
          ...judgement.verdict,
          elapsedMs: judgement.facts.elapsedMs ?? null,
          cause: cause ?? null,
          confidence: cause ? 'certain' : null,
        }
      : null,
    conclusion: judgement ? conclusion(row, judgement, cause) : otherRowSentences(row),
    contradictions: judgement ? contradictionsOf(row, judgement) : [],
    candidates: ranked.slice(0, MOST_CANDIDATES),
    moreCandidates: Math.max(0, ranked.length - MOST_CANDIDATES),
    settledBy: cause ? [] : (page?.settledBy ?? []),
  }
}

const MOST_CANDIDATES = 4

function decidingFields(symptom: Symptom | undefined): readonly string[] {
  const statuses = ['elb_status_code', 'target_status_code', 'backend_status_code']
  switch (symptom) {
    case undefined:
      return []
    case 'client-left':
      return ['elb_status_code']
    case 'target-answered':
    case 'answer-replaced':
      return statuses
    case 'lambda-failed':
      return [...statuses, 'error_reason']
    case 'rule-answered':
      return [...statuses, 'actions_executed', 'error_reason']
    case 'no-target':
      return [...statuses, 'target:port', 'backend:port', 'target_group_arn', 'actions_executed']
    case 'rejected-request':
      return [...statuses, 'target:port', 'backend:port']
    case 'closed-before-response':
    case 'response-timeout':
      return [...statuses, 'target:port', 'request_processing_time']
    default:
      return [...statuses, 'target:port', 'request_processing_time', 'time', 'request_creation_time']
  }
}

function explainField({ number, spec, value, raw }: RowField, deciding: readonly string[]): ExplainedField {
  return {
    number,
    name: spec?.name ?? null,
    value: value ?? null,
    raw,
    meaning: spec?.meaning ?? null,
    note: spec ? noteOf(spec.name, value, raw) : 'A field that AWS added after this version of why5xx; kept, not read.',
    decides: spec !== undefined && deciding.includes(spec.name),
  }
}

function noteOf(name: string, value: string | undefined, raw: string): string | null {
  if (value === undefined) return raw === '' ? 'Empty: the export left it out.' : null
  switch (name) {
    case 'elb':
    case 'target_group_arn': {
      const made = readKubernetesName(name === 'elb' ? loadBalancerName(value) : targetGroupName(value))
      return made
        ? `Made by the AWS Load Balancer Controller: namespace ${made.namespace}, name ${made.name} (cut to 8 characters).`
        : null
    }
    case 'target:port': {
      const { port = 0 } = splitEndpoint(value)
      return port >= 30_000 && port <= 32_767
        ? 'The port is in the range of NodePorts: with instance targets this is a node, and the pod behind it is not in the row.'
        : null
    }
    case 'elb_status_code':
      return value === '460' ? '460: the client closed the connection before there was an answer.' : null
    case 'trace_id': {
      const made = traceMadeMs(value)
      return made === undefined
        ? null
        : `Made at ${new Date(made).toISOString().slice(0, 19)}Z (the eight hexadecimal digits).`
    }
    case 'matched_rule_priority':
      return value === '0' ? 'The default rule.' : value === '-1' ? 'An error while the rules were evaluated.' : null
    case 'backend_status_code':
      return raw === '0' ? '0 means no answer.' : null
    default:
      return value === raw || /[<>]/.test(value) ? null : 'Escapes (\\xHH) are shown decoded.'
  }
}

function timeSentences({ numbers, facts }: Judgement): string[] {
  const { receivedMs, answeredMs, elapsedMs, sumMs } = numbers
  const sentences: string[] = []
  const at = (ms: number): string => `${new Date(ms).toISOString().slice(11, 23)}`
  if (receivedMs !== undefined && answeredMs !== undefined && elapsedMs !== undefined)
    sentences.push(
      `Received ${at(receivedMs)}, ${numbers.isWebSocket ? 'closed' : 'answered'} ${at(answeredMs)} UTC: elapsed ${seconds(elapsedMs)}.`,
    )
  else if (facts.loadBalancerKind === 'alb')
    sentences.push('The row has no request_creation_time, so how long the whole request took is not known.')
  const steps: readonly (readonly [string, number | undefined])[] = [
    ['handing it to the target', numbers.requestSeconds],
    ['waiting for the target', numbers.targetSeconds],
    ['handing on the response', numbers.responseSeconds],
  ]
  const known = steps.filter(([, value]) => value !== undefined)
  if (known.length > 0)
    sentences.push(
      `${known.map(([what, value]) => `${seconds((value ?? 0) * 1000)} ${what}`).join(', ')}: ${seconds(sumMs)} together.`,
    )
  if (numbers.requestSeconds === undefined)
    sentences.push('The request was never handed to a target (request_processing_time is -1).')
  else if (numbers.targetSeconds === undefined)
    sentences.push('It was handed over; the target did not begin to answer (-1).')
  if (elapsedMs !== undefined && facts.elapsedMs === undefined && facts.loadBalancerKind === 'alb')
    sentences.push('The elapsed time cannot be right, so the verdict does not use it.')
  return sentences
}

function conclusion(row: ParsedRow, judgement: Judgement, cause: string | undefined): string[] {
  const { numbers, facts, verdict } = judgement
  const { elbStatus, targetStatus, target } = numbers
  if (!verdict) {
    if (elbStatus === undefined)
      return ['No HTTP status: a TCP or SSL listener, or a row that is cut. Nothing to judge.']
    const who = targetStatus === undefined ? 'the load balancer' : 'the target'
    return [
      `No failure: ${who} answered ${targetStatus ?? elbStatus}${targetStatus !== undefined && targetStatus !== elbStatus ? `, and the client got ${elbStatus}` : ''}.`,
    ]
  }
  const page = symptomPages[verdict.symptom]
  const sentences = [headline(row, judgement, verdict), `${page.title}. ${page.row.replaceAll('`', '')}`]
  if (cause) sentences.push(`${causeById.get(cause)?.meta.title ?? cause}: the row alone decides it.`)
  if (facts.loadBalancerKind === 'classic')
    sentences.push('Judged by the rules of a Classic Load Balancer, which differ from those of an ALB.')
  if (verdict.kind === 'rejected')
    sentences.push('A 4XX that the load balancer made: rejected, not counted as a failure.')
  if (target === undefined && verdict.answeredBy === 'load-balancer' && verdict.symptom !== 'no-target')
    sentences.push('No target was involved.')
  return sentences
}

function headline(row: ParsedRow, { numbers, facts }: Judgement, verdict: RowVerdict): string {
  const { elbStatus, targetStatus } = numbers
  const target = numbers.target ?? 'the target'
  const after = facts.elapsedMs === undefined ? '' : ` after ${seconds(facts.elapsedMs)}`
  switch (verdict.symptom) {
    case 'client-left':
      return `Nobody answered: the client left${after} (460).`
    case 'target-answered':
      return `The target, ${target}, answered ${targetStatus ?? elbStatus} itself; the load balancer passed it on.`
    case 'answer-replaced':
      return `The target, ${target}, answered ${targetStatus}; the load balancer sent ${elbStatus} instead.`
    case 'no-target': {
      const group = fieldValue(row, 'target_group_arn')
      const name = group ? ` ${targetGroupName(group)}` : ''
      return `The load balancer answered ${elbStatus} itself: it had no target to send to${name === '' ? '' : ` in target group${name}`}.`
    }
    default:
      return numbers.target === undefined
        ? `The load balancer answered ${elbStatus} itself; no target was picked.`
        : `The load balancer answered ${elbStatus} itself. The target, ${target}, gave no answer.`
  }
}

type Candidate = RowExplanation['candidates'][number]

/** The page's order, with those first that this row's own numbers speak for. */
function rankCandidates(
  candidates: readonly Candidate[],
  { numbers, facts, verdict }: Judgement,
): readonly Candidate[] {
  const first = new Set<string>()
  const targetSeconds = numbers.targetSeconds ?? 0
  if (verdict?.symptom === 'closed-before-response' && targetSeconds >= 0.5) {
    if (Math.abs(targetSeconds - 30) < 1.5) first.add('worker-timeout')
    for (const id of [
      'worker-killed-mid-request',
      'shutdown-drops-in-flight',
      'worker-timeout',
      'liveness-probe-kills-busy-pod',
    ])
      first.add(id)
  }
  if (verdict?.symptom === 'response-timeout' && facts.loadBalancerKind === 'classic')
    first.add('keepalive-shorter-than-idle-timeout').add('target-idle-timeout')
  if (verdict?.symptom === 'target-answered') {
    if (facts.elbStatus === 504) first.add('nginx-upstream-timeout')
    if (facts.elbStatus === 502) first.add('nginx-upstream-refused').add('nginx-upstream-prematurely-closed')
    if (facts.elbStatus === 503) first.add('admission-limit-rejected')
  }
  if (verdict?.symptom === 'rejected-request') {
    if (facts.elbStatus === 503) first.add('load-balancer-capacity')
    if (facts.elbStatus === 400 && (numbers.receivedBytes ?? 0) > 16_384) first.add('request-too-large-for-alb')
  }
  if (verdict?.symptom === 'no-target' && facts.loadBalancerKind === 'classic') first.add('all-targets-unhealthy')
  const order = [...first]
  const rank = (id: string): number => (first.has(id) ? order.indexOf(id) : order.length)
  return [...candidates].sort((a, b) => rank(a.cause) - rank(b.cause))
}
