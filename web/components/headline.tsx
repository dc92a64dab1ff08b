import type { Finding } from '../../src/core/diagnosis.ts'
import { hops } from '../../src/core/vocabulary.ts'
import type { Head } from '../data/head.ts'
import { count, counted, percent } from '../model/format.ts'
import { inertText } from '../model/inert.ts'
import { answererCounts, findingCounts, head, isFiltered, selection } from '../model/state.ts'
import { groupName, hopWords } from '../model/words.ts'
import { Badge } from './badge.tsx'
import { Logged } from './logged.tsx'
import { Prose } from './prose.tsx'

export function Headline() {
  const diagnosis = head.value
  if (!diagnosis) return null
  const { books } = diagnosis
  return (
    <div class="hero">
      {!diagnosis.complete && (
        <p class="incomplete" role="status">
          The run was interrupted: this is what was known by then.
        </p>
      )}
      <h1>
        <Logged text={diagnosis.headline} />
      </h1>
      <Brief />
      <Figures books={books} />
    </div>
  )
}

/** The books in a line; with a filter what passes it, beside the whole. Healthy requests are not in the page to be filtered. */
function Figures({ books }: { readonly books: Head['books'] }) {
  const chosen = isFiltered.value ? selection.value : null
  if (!chosen)
    return (
      <dl class="figures">
        <Figure label="requests" value={count(books.requests)} />
        <Figure label="failures" value={count(books.failures)} note={percent(books.failures, books.requests)} />
        <Figure label="ELB 5XX" value={count(books.elb5xx)} note="by the load balancer" tone="lb" />
        <Figure label="target 5XX" value={count(books.target5xx)} note="by the targets" tone="target" />
        <Figure label="client left first" value={count(books.clientLeft)} note="460, not a 5XX" tone="nobody" />
        <Figure
          label="explained"
          value={count(books.explained)}
          note={books.undetermined > 0 ? `${count(books.undetermined)} undetermined` : 'none undetermined'}
        />
      </dl>
    )
  const [elb5xx, target5xx, clientLeft] = answererCounts.value
  let explained = 0
  for (const finding of head.value?.findings ?? [])
    if (finding.cause !== null) explained += findingCounts.value.get(finding.id) ?? 0
  const of = (all: number): string => `of ${count(all)}`
  return (
    <dl class="figures">
      <Figure label="requests" value={count(books.requests)} note="not filtered" />
      <Figure label="failures in the filter" value={count(chosen.count)} note={of(books.failures)} />
      <Figure label="ELB 5XX" value={count(elb5xx)} note={of(books.elb5xx)} tone="lb" />
      <Figure label="target 5XX" value={count(target5xx)} note={of(books.target5xx)} tone="target" />
      <Figure label="client left first" value={count(clientLeft)} note={of(books.clientLeft)} tone="nobody" />
      <Figure label="explained" value={count(explained)} note={of(books.explained)} />
    </dl>
  )
}

const MOST_CAUSES = 3

/** Why, where, and what to do first: what somebody wants who has half a minute. */
function Brief() {
  const diagnosis = head.value
  const ranked = [...(diagnosis?.findings ?? [])]
    .filter((each) => each.failures > 0)
    .sort((a, b) => b.failures - a.failures)
  if (!diagnosis || ranked.length === 0) return null
  const rest = ranked.slice(MOST_CAUSES)
  const all = diagnosis.books.failures
  return (
    <dl class="brief">
      <div>
        <dt>why</dt>
        {ranked.slice(0, MOST_CAUSES).map((finding) => (
          <dd key={finding.id} class="brief-cause">
            <Badge confidence={finding.confidence} />
            <span>
              <a href={`#finding-${finding.id}`}>
                <Prose text={finding.title.replace(/[.\s]+$/, '')} />
              </a>{' '}
              <span class="brief-share">
                {groupNote(finding)}
                {counted(finding.failures, 'failure')}, {percent(finding.failures, all)}
              </span>
            </span>
          </dd>
        ))}
        {rest.length > 0 && (
          <dd class="brief-cause">
            <span />
            <a href="#findings">
              {counted(rest.length, 'further finding')} with{' '}
              {counted(
                rest.reduce((sum, finding) => sum + finding.failures, 0),
                'failure',
              )}
            </a>
          </dd>
        )}
      </div>
      <div>
        <dt>where</dt>
        <dd>{places(ranked)}</dd>
      </div>
      <FirstStep ranked={ranked} />
    </dl>
  )
}

/** Which target group, where there are several: the same cause in two of them is two findings. */
function groupNote(finding: Finding): string {
  const groups = finding.scope.targetGroups ?? []
  if ((head.value?.settings.byTargetGroup.length ?? 0) < 2 || groups.length === 0) return ''
  return `in ${inertText(groups.map(groupName).join(', '))}: `
}

/** `node and network (184 failures), application (23), not settled (40)`. */
function places(findings: readonly Finding[]): string {
  const sum = (at: Finding['hop']): number => {
    let failures = 0
    for (const finding of findings) if (finding.hop === at) failures += finding.failures
    return failures
  }
  const named = hops
    .map((hop): [string, number] => [hopWords[hop].toLowerCase(), sum(hop)])
    .sort((a, b) => b[1] - a[1])
    .concat([['not settled', sum(null)]])
    .filter(([, failures]) => failures > 0)
  const [only] = named
  if (only && named.length === 1) return only[0] === 'not settled' ? 'not settled by what is known' : only[0]
  return named
    .map(([hop, failures], index) => `${hop} (${index === 0 ? counted(failures, 'failure') : count(failures)})`)
    .join(', ')
}

/** The first fix of the largest finding that has one; without any, what would settle the largest. */
function FirstStep({ ranked }: { readonly ranked: readonly Finding[] }) {
  const fixable = ranked.find((finding) => finding.fixes.length > 0)
  const [first, ...others] = fixable?.fixes ?? []
  if (fixable && first)
    return (
      <div>
        <dt>do first</dt>
        <dd>
          <a href={`#finding-${fixable.id}-fixes`}>
            <Prose text={first.title} />
          </a>{' '}
          <span class="brief-share">
            {first.safety === 'safe' ? 'safe to apply' : 'review before applying'}, {hopWords[first.hop].toLowerCase()}
            {others.length > 0 ? `; ${counted(others.length, 'more step')}` : ''}
          </span>
        </dd>
      </div>
    )
  const open = ranked.find((finding) => finding.candidates.some((candidate) => candidate.settledBy.length > 0))
  const candidate = open?.candidates.find((each) => each.settledBy.length > 0)
  if (!open || !candidate) return null
  return (
    <div>
      <dt>look at</dt>
      <dd>
        <a href={`#finding-${open.id}`}>
          <Prose text={candidate.settledBy[0] ?? ''} />
        </a>{' '}
        <span class="brief-share">would settle whether it is {candidate.cause}</span>
      </dd>
    </div>
  )
}

function Figure(props: {
  readonly label: string
  readonly value: string
  readonly note?: string
  readonly tone?: 'lb' | 'target' | 'nobody'
}) {
  return (
    <div class={props.tone ? `figure tone-${props.tone}` : 'figure'}>
      <dt>{props.label}</dt>
      <dd>
        <span class="figure-value">{props.value}</span>
        {props.note && <span class="figure-note">{props.note}</span>}
      </dd>
    </div>
  )
}
