import { count, counted, percent } from '../model/format.ts'
import { head } from '../model/state.ts'
import { hopWords } from '../model/words.ts'
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
      <TopCause />
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
    </div>
  )
}

/** Where most of the failures come from. */
function TopCause() {
  const diagnosis = head.value
  const top = diagnosis?.findings.filter((each) => each.failures > 0).sort((a, b) => b.failures - a.failures)[0]
  if (!diagnosis || !top) return null
  return (
    <p class="hero-detail">
      <Badge confidence={top.confidence} />{' '}
      <a href={`#finding-${top.id}`}>
        <Prose text={top.title.replace(/[.\s]+$/, '')} />
      </a>
      : {count(top.failures)} of {counted(diagnosis.books.failures, 'failure')}
      {top.hop ? `, broken at the ${hopWords[top.hop].toLowerCase()}` : ''}
    </p>
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
