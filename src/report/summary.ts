// What every report for people says first and last, in one place so that they agree.
import type { Diagnosis, Finding } from '../core/diagnosis.ts'
import type { AnsweredBy, Symptom } from '../core/vocabulary.ts'
import { formatCount, formatShare, plural } from './format-number.ts'
import { formatSpan, formatWindow } from './format-time.ts'
import { balancerName, loadBalancerName, serviceName } from './names.ts'
import { lowerFirst } from './story.ts'

/** The one sentence, with the number that matters. */
export function headline(diagnosis: Diagnosis): string {
  const { elb5xx, target5xx, clientLeft, failures, requests } = diagnosis.books
  const all = elb5xx + target5xx
  if (requests === 0) return noRequests(diagnosis)
  if (failures === 0) return `No failures: none of ${formatCount(requests)} requests ended in 5XX or 460.`
  if (all === 0)
    return `No 5XX among ${plural(requests, 'request')}; ${plural(clientLeft, 'client')} left before an answer (460).`
  if (target5xx === 0)
    return all === 1
      ? 'Your one 5XX never got an answer from the app: the load balancer answered it itself.'
      : `None of your ${formatCount(all)} 5XX came from the app: the load balancer answered all of them itself.`
  // A target is the app or whatever proxy stands before it: the row cannot tell which of them wrote the answer.
  if (elb5xx === 0)
    return all === 1
      ? 'Your one 5XX came from a target, the app or a proxy in front of it; the load balancer only passed it on.'
      : `All ${formatCount(all)} of your 5XX came from the targets, the app or a proxy in front of it; the load balancer only passed them on.`
  if (elb5xx * 2 < all)
    return `${formatShare(target5xx, all)} of your 5XX came from the targets, the app or a proxy in front of it: ${formatCount(target5xx)} of ${formatCount(all)}; the load balancer made ${formatCount(elb5xx)}.`
  // A replaced answer did come from the app; then "never got an answer" would be wrong.
  const isReplaced = diagnosis.symptoms.some((entry) => entry.symptom === 'answer-replaced' && entry.failures > 0)
  return isReplaced
    ? `${formatShare(elb5xx, all)} of your 5XX were written by the load balancer, not the app: ${formatCount(elb5xx)} of ${formatCount(all)}.`
    : `${formatShare(elb5xx, all)} of your 5XX never got an answer from the app: the load balancer answered ${formatCount(elb5xx)} of ${formatCount(all)} itself.`
}

/** Rows are skipped without a single request only when a filter keeps none of them. */
function noRequests({ books }: Diagnosis): string {
  if (books.skipped > 0)
    return `No requests: all ${plural(books.skipped, 'row')} that were read lie outside --where, --since and --until.`
  if (books.bad > 0 && books.parsed === 0)
    return `No requests: of ${plural(books.rows, 'row')} that were read, none is whole; the first ones stand under inputs in the JSON.`
  return 'No requests: nothing that was read is a row of an ALB or Classic access log.'
}

/** How much was looked at. */
export function facts(diagnosis: Diagnosis, dash = '–'): string[][] {
  const { books, window, settings } = diagnosis
  const first = [plural(books.requests, 'request')]
  if (books.failures > 0)
    first.push(`${plural(books.failures, 'failure')} (${formatShare(books.failures, books.requests)})`)
  if (window) first.push(`${formatWindow(window, { day: true, dash })} (${formatSpan(window)})`)
  const second: string[] = []
  const balancers = settings.byLoadBalancer
  if (balancers.length === 1 && balancers[0]) {
    const { loadBalancer, kubernetes } = balancers[0]
    const name = loadBalancerName(loadBalancer)
    second.push(`load balancer ${kubernetes ? `${kubernetes.namespace}/${kubernetes.name} (${name})` : name}`)
  } else if (balancers.length > 1) second.push(`${balancers.length} load balancers`)
  if (settings.byTargetGroup.length > 0) second.push(plural(settings.byTargetGroup.length, 'target group'))
  return [first, second].filter((line) => line.length > 0)
}

export interface Leading {
  /** The largest finding of it. */
  readonly finding: Finding
  /** Of all findings with this cause. */
  readonly failures: number
  /** `likely`, or how many failures are how sure: `7 certain, 2 likely`. */
  readonly certainty: string
}

/** The cause with the most failures over all its findings, or the undetermined finding that has more. */
export function leading(diagnosis: Diagnosis): Leading | undefined {
  const groups = new Map<string, Finding[]>()
  for (const finding of diagnosis.findings) {
    if (finding.failures === 0) continue
    const key = finding.cause ?? `? ${finding.id}`
    groups.set(key, [...(groups.get(key) ?? []), finding])
  }
  let best: Leading | undefined
  for (const findings of groups.values()) {
    const sorted = findings.sort((a, b) => b.failures - a.failures)
    const finding = sorted[0] as Finding
    const failures = sorted.reduce((sum, each) => sum + each.failures, 0)
    const isMore = failures > (best?.failures ?? 0)
    if (!isMore && !(failures === best?.failures && best.finding.cause === null && finding.cause !== null)) continue
    const counts = new Map<string, number>()
    for (const each of sorted) {
      const word = each.confidence ?? 'undetermined'
      counts.set(word, (counts.get(word) ?? 0) + each.failures)
    }
    const words = [...counts]
    const certainty =
      words.length === 1
        ? (words[0]?.[0] ?? '')
        : words.map(([word, count]) => `${formatCount(count)} ${word}`).join(', ')
    best = { finding, failures, certainty }
  }
  return best
}

/** The cause in one sentence, with its share and how sure it is; '' without failures. */
export function topSentence(diagnosis: Diagnosis): string {
  const top = leading(diagnosis)
  if (top === undefined) return ''
  const certainty = { certain: 'Certain', likely: 'Likely', possible: 'Possibly' }
  const { failures } = diagnosis.books
  const share = top.failures === failures ? 'all failures' : `${formatShare(top.failures, failures)} of the failures`
  const isMixed = top.certainty.includes(',')
  const word = top.finding.confidence ? certainty[top.finding.confidence] : 'Not decided'
  const how = isMixed ? `For ${share} (${top.certainty})` : `${word}, for ${share}`
  return `${how}: ${lowerFirst(top.finding.title).replace(/\.?$/, '.')}`
}

/** What a reader must know before any number: the log was not read to its end. */
export function partialSentence({ inputs, errors }: Diagnosis): string {
  const cut = inputs.filter((input) => input.truncated !== null).length
  const parts = [
    ...(cut > 0 ? [`${plural(cut, 'input')} ${cut === 1 ? 'is' : 'are'} cut short`] : []),
    ...(errors.length > 0 ? [`${plural(errors.length, 'error')} ${errors.length === 1 ? 'was' : 'were'} met`] : []),
  ]
  return parts.length === 0 ? '' : `Not everything was read: ${parts.join(', ')} (named at the end).`
}

/** The last word: the top cause, its share, and what to type next. */
export function verdict(diagnosis: Diagnosis): { sentence: string; command: string } {
  const { books } = diagnosis
  if (books.requests === 0 && books.skipped > 0)
    return {
      sentence: 'Nothing was left to look at. Widen the time, or mend the patterns: globs match the whole value.',
      command: 'the same line without --where, --since and --until',
    }
  if (books.requests === 0) {
    const balancer = diagnosis.settings.byLoadBalancer[0]?.loadBalancer
    return {
      sentence: 'The logs may be off, or elsewhere. This prints how to switch them on and fetch the right hours:',
      command: `why5xx logs --load-balancer ${shellWord(balancer ? loadBalancerName(balancer) : 'NAME')}`,
    }
  }
  const lead = leading(diagnosis)
  if (!lead) {
    const balancer = diagnosis.settings.byLoadBalancer[0]?.loadBalancer
    return {
      sentence:
        'Clients saw 5XX all the same? Then these are not the hours, or not the load balancer. To fetch others:',
      command: `why5xx logs --load-balancer ${shellWord(balancer ? loadBalancerName(balancer) : 'NAME')}`,
    }
  }
  const top = lead.finding
  const share = `${formatShare(lead.failures, books.failures)} of the failures (${formatCount(lead.failures)} of ${formatCount(books.failures)})`
  if (top.cause)
    return {
      sentence: `${top.cause} explains ${share}, ${lead.certainty}.`,
      command: `why5xx explain ${shellWord(top.cause)}`,
    }
  const guess = top.candidates[0]?.cause
  return {
    sentence: `Undetermined: ${top.symptom}, ${share}${guess ? `; best guess ${guess}` : ''}.`,
    command: `why5xx explain ${shellWord(guess ?? top.symptom)}`,
  }
}

/** A word that a shell takes as it is; anything else is quoted. */
function shellWord(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`
}

export const answeredByWords: Readonly<Record<AnsweredBy, string>> = {
  'load-balancer': 'load balancer',
  target: 'target',
  nobody: 'nobody',
}

export function answeredBySymptom(symptom: Symptom): AnsweredBy {
  if (symptom === 'target-answered') return 'target'
  return symptom === 'client-left' ? 'nobody' : 'load-balancer'
}

/** What the load balancer saw, in a few words. */
export const symptomWords: Readonly<Record<Symptom, string>> = {
  'client-left': 'the client left first (460)',
  'target-answered': 'the target answered 5XX itself',
  'answer-replaced': 'the target answered, another status went out',
  'lambda-failed': 'the Lambda function failed',
  'rule-answered': 'a rule, WAF or login answered',
  'no-target': 'there was no target to send to',
  'rejected-request': 'refused before any target was picked',
  'closed-before-response': 'the target hung up without an answer',
  'response-timeout': 'the target took it and never answered',
  'connect-failed': 'no connection to the target',
  'connect-refused': 'the target refused the connection',
  'connect-failed-late': 'refused, but only after seconds',
  'connect-timeout': 'no connection within 10 s',
  unclassified: 'fits no rule',
}

/** Every load balancer with its target groups and their counts, where there are several of either. */
export function groups(
  diagnosis: Diagnosis,
): { balancer: string; rows: { name: string; row: Diagnosis['top']['targetGroups'][number] }[] }[] {
  const byBalancer = new Map<string, { name: string; row: Diagnosis['top']['targetGroups'][number] }[]>()
  for (const row of diagnosis.top.targetGroups) {
    const known = diagnosis.settings.byTargetGroup.find(
      (group) => group.targetGroup === row.key || group.name === row.key,
    )
    const balancer = known ? balancerName(diagnosis, known.loadBalancer) : ''
    const name = row.key === '-' || row.key === '' ? '(none)' : serviceName(diagnosis, row.key)
    const rows = byBalancer.get(balancer) ?? []
    rows.push({ name, row })
    byBalancer.set(balancer, rows)
  }
  return [...byBalancer].map(([balancer, rows]) => ({ balancer, rows }))
}
