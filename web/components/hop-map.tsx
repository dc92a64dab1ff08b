import { type Hop, hops } from '../../src/core/vocabulary.ts'
import type { Head } from '../data/head.ts'
import { count, counted } from '../model/format.ts'
import { answeredBy, answererCounts, findingCounts, head, hop, isFiltered, selection, store } from '../model/state.ts'
import { hopWords } from '../model/words.ts'
import { Badge } from './badge.tsx'
import { Logged } from './logged.tsx'
import { Section } from './section.tsx'

/** The way of a request, where it broke, and how far back the answer came from. */
export function HopMap() {
  const diagnosis = head.value
  if (!diagnosis || diagnosis.books.failures + diagnosis.books.rejected === 0) return null
  const counts = findingCounts.value
  const broke = (at: Hop | null): number => {
    let all = 0
    for (const finding of diagnosis.findings) if (finding.hop === at) all += counts.get(finding.id) ?? 0
    return all
  }
  const most = Math.max(1, ...hops.map(broke))
  const undetermined = broke(null)
  return (
    <Section
      id="hops"
      title="Where it broke"
      note="Failures stand at the hop that broke them. Choose a hop to see only its failures."
    >
      <ol class="hops">
        {hops.map((at) => (
          <HopColumn key={at} at={at} failures={broke(at)} most={most} diagnosis={diagnosis} />
        ))}
      </ol>
      <Answers statuses={statusLists(diagnosis)} />
      {undetermined > 0 && (
        <p class="hops-undetermined">
          <button
            type="button"
            class="link"
            aria-pressed={hop.value === 'undetermined'}
            onClick={() => {
              hop.value = hop.value === 'undetermined' ? null : 'undetermined'
            }}
          >
            {counted(undetermined, 'failure')}
          </button>{' '}
          {undetermined === 1 ? 'stands' : 'stand'} at no hop: what is known does not settle where they broke.
        </p>
      )}
    </Section>
  )
}

function HopColumn(props: {
  readonly at: Hop
  readonly failures: number
  readonly most: number
  readonly diagnosis: Head
}) {
  const { at, failures, most, diagnosis } = props
  const counts = findingCounts.value
  const here = diagnosis.findings.filter((finding) => finding.hop === at)
  const isChosen = hop.value === at
  return (
    <li
      class={`hop${failures > 0 ? ' hop-broke' : ''}${isChosen ? ' hop-chosen' : ''}${isUnknown(at, diagnosis) ? ' hop-unknown' : ''}`}
    >
      <div class="hop-line" aria-hidden="true">
        <svg class="hop-glyph" width="40" height="40" viewBox="0 0 40 40" aria-hidden="true">
          {glyphs[at]}
        </svg>
      </div>
      <button
        type="button"
        class="hop-button"
        aria-pressed={isChosen}
        disabled={here.length === 0}
        onClick={() => {
          hop.value = isChosen ? null : at
        }}
      >
        <span class="hop-name">{hopWords[at]}</span>
        <span class="hop-count">
          <span class="hop-number">{count(failures)}</span> {failures === 1 ? 'failure' : 'failures'}
        </span>
        <span class="hop-bar" aria-hidden="true">
          <span style={{ width: `${(100 * failures) / most}%` }} />
        </span>
      </button>
      <p class="hop-what">
        {describe(at, diagnosis).map((part) => (
          <span key={part}>
            <Logged text={part} />
          </span>
        ))}
      </p>
      {here.length > 0 && (
        <ul class="hop-findings">
          {here.map((finding) => (
            <li key={finding.id}>
              <a href={`#finding-${finding.id}`}>
                <Logged text={finding.cause ?? finding.symptom} />
              </a>
              <span class="hop-finding-count">{count(counts.get(finding.id) ?? 0)}</span>
              <Badge confidence={finding.confidence} />
            </li>
          ))}
        </ul>
      )}
    </li>
  )
}

/** Nobody has seen a proxy: it may not be there. */
function isUnknown(at: Hop, diagnosis: Head): boolean {
  return (
    at === 'proxy' &&
    !diagnosis.witnesses.some((witness) => witness.kind === 'proxy-log') &&
    !diagnosis.findings.some((finding) => finding.hop === 'proxy')
  )
}

/** Arrows back to the client, as long as the way the answer took. */
function Answers({ statuses }: { readonly statuses: readonly [string, string, string] }) {
  const [byLoadBalancer, byTarget, byNobody] = answererCounts.value
  return (
    <fieldset class="answers">
      <legend class="visually-hidden">Who answered the client</legend>
      <Answer index={0} failures={byLoadBalancer} statuses={statuses[0]} text="the load balancer answered" kind="lb" />
      <Answer index={1} failures={byTarget} statuses={statuses[1]} text="the target answered" kind="target" />
      {(byNobody > 0 || answeredBy.value === 2) && (
        <Answer
          index={2}
          failures={byNobody}
          statuses={statuses[2]}
          text="nobody: the client left first"
          kind="nobody"
        />
      )}
    </fieldset>
  )
}

function Answer(props: {
  readonly index: number
  readonly failures: number
  readonly statuses: string
  readonly text: string
  readonly kind: string
}) {
  const isChosen = answeredBy.value === props.index
  return (
    <button
      type="button"
      class={`answer answer-${props.kind}${isChosen ? ' answer-chosen' : ''}${props.failures === 0 ? ' answer-none' : ''}`}
      aria-pressed={isChosen}
      disabled={!store.value || (props.failures === 0 && !isChosen)}
      onClick={() => {
        answeredBy.value = isChosen ? null : props.index
      }}
    >
      <span class="answer-arrow" aria-hidden="true" />
      <span class="answer-text">
        <strong>{count(props.failures)}</strong> {props.text}
        {props.failures > 0 && props.statuses && <span class="answer-status"> {props.statuses}</span>}
      </span>
    </button>
  )
}

/** `502 × 453, 504 × 890` for each answerer: of the whole diagnosis, so only while nothing is filtered. */
function statusLists(diagnosis: Head): [string, string, string] {
  const lists: [string, string, string] = ['', '', '']
  const columns = diagnosis.series?.columns.status
  if (isFiltered.value || !columns) return isFiltered.value ? filteredStatuses() : lists
  const who = ['load-balancer', 'target', 'nobody']
  const found: [number, string, number][] = []
  for (const [key, values] of Object.entries(columns)) {
    const at = key.lastIndexOf(' ')
    const index = who.indexOf(key.slice(0, at))
    let all = 0
    for (const value of values) all += value
    if (index >= 0 && all > 0) found.push([index, key.slice(at + 1), all])
  }
  found.sort((a, b) => b[2] - a[2])
  for (const [index, status, all] of found)
    lists[index as 0 | 1 | 2] += `${lists[index as 0 | 1 | 2] ? ' · ' : ''}${status} × ${count(all)}`
  return lists
}

function filteredStatuses(): [string, string, string] {
  const only =
    answererCounts.value.filter((value) => value > 0).length === 1
      ? answererCounts.value.findIndex((value) => value > 0)
      : -1
  if (only < 0 || !selection.value) return ['', '', '']
  const text = [...selection.value.byStatus].map(([status, all]) => `${status} × ${count(all)}`).join(' · ')
  return [0, 1, 2].map((index) => (index === only ? text : '')) as [string, string, string]
}

function describe(at: Hop, diagnosis: Head): string[] {
  const { byLoadBalancer, byTargetGroup } = diagnosis.settings
  const targets = byTargetGroup.reduce((all, group) => all + group.targets, 0)
  switch (at) {
    case 'client':
      return byLoadBalancer.flatMap((each) => each.clientTimeoutsSeconds).length > 0
        ? [
            `gives up after ${[...new Set(byLoadBalancer.flatMap((each) => each.clientTimeoutsSeconds.map((timeout) => `${timeout.value} s`)))].slice(0, 3).join(', ')}`,
          ]
        : []
    case 'load-balancer': {
      const nodes = new Set(byLoadBalancer.flatMap((each) => each.nodes)).size
      const timeouts = [...new Set(byLoadBalancer.map((each) => `${each.idleTimeoutSeconds.value} s`))].slice(0, 3)
      return [
        counted(byLoadBalancer.length, 'load balancer'),
        ...(nodes > 0 ? [counted(nodes, 'node address', 'node addresses')] : []),
        ...(timeouts.length > 0 ? [`idle timeout ${timeouts.join(', ')}`] : []),
      ]
    }
    case 'network': {
      const instance = byTargetGroup.filter((group) => group.targetType === 'instance')
      if (instance.length === 0) return byTargetGroup.length > 0 ? ['straight to the pods (ip targets)'] : []
      return [
        `NodePort: ${counted(
          instance.reduce((all, group) => all + group.targets, 0),
          'target',
        )}, pods hidden`,
      ]
    }
    case 'proxy': {
      const proxies = diagnosis.witnesses.filter((witness) => witness.kind === 'proxy-log')
      return proxies.length > 0
        ? [
            `${counted(proxies.length, 'log')} of it: ${proxies
              .slice(0, 2)
              .map((witness) => witness.name.slice(witness.name.lastIndexOf('/') + 1))
              .join(', ')}${proxies.length > 2 ? ' …' : ''}`,
          ]
        : ['none known: no proxy log was given']
    }
    case 'application': {
      const servers = [...new Set(byTargetGroup.flatMap((group) => group.keepAliveSeconds?.servers ?? []))]
      return [
        ...(targets > 0 ? [`${counted(targets, 'target')} in ${counted(byTargetGroup.length, 'group')}`] : []),
        ...(servers.length > 0 ? [`keeps idle connections like ${servers.slice(0, 2).join(', ')}`] : []),
      ]
    }
  }
}

const glyphs: Readonly<Record<Hop, preact.JSX.Element>> = {
  client: (
    <g>
      <circle cx="20" cy="15" r="4.5" />
      <path d="M11.5 29c0-5 3.6-7.5 8.5-7.5s8.5 2.5 8.5 7.5" />
    </g>
  ),
  'load-balancer': (
    <g>
      <path d="M10 20h6M16 20l9-7h4M16 20h13M16 20l9 7h4" />
    </g>
  ),
  network: (
    <g>
      <rect x="11" y="11" width="18" height="7" rx="1.5" />
      <rect x="11" y="22" width="18" height="7" rx="1.5" />
      <path d="M15 14.5h.1M15 25.5h.1" />
    </g>
  ),
  proxy: (
    <g>
      <path d="M20 10l9 5v10l-9 5-9-5V15z" />
      <path d="M16.5 23v-6l7 6v-6" />
    </g>
  ),
  application: (
    <g>
      <rect x="10.5" y="11.5" width="19" height="17" rx="2" />
      <path d="M10.5 16h19M15 21l-2 2 2 2M25 21l2 2-2 2M21 20.5l-2 5" />
    </g>
  ),
}
