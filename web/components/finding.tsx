import { memo } from 'preact/compat'
import { useState } from 'preact/hooks'
import type { Evidence, Finding } from '../../src/core/diagnosis.ts'
import { BlastMatrix } from '../charts/blast-matrix.tsx'
import { isLifelines } from '../charts/lifelines.tsx'
import { between, count, counted, percent } from '../model/format.ts'
import { inertText } from '../model/inert.ts'
import {
  finding as chosenFinding,
  findingCounts,
  head,
  isFiltered,
  isPrinting,
  openFindings,
  store,
} from '../model/state.ts'
import { hopWords, symptomLabel } from '../model/words.ts'
import { Badge } from './badge.tsx'
import { CodeBox } from './code-box.tsx'
import { EvidenceView } from './evidence.tsx'
import { Logged } from './logged.tsx'
import { Prose } from './prose.tsx'

export function FindingView({ finding }: { readonly finding: Finding }) {
  const isOpen = openFindings.value.has(finding.id) || isPrinting.value
  const bodyId = `finding-${finding.id}-body`
  return (
    <li class={`finding${finding.cause ? '' : ' finding-undetermined'}`} id={`finding-${finding.id}`}>
      <div class="finding-head">
        <h3>
          <button
            type="button"
            class="finding-toggle"
            aria-expanded={isOpen}
            aria-controls={bodyId}
            onClick={() => toggle(finding.id)}
          >
            <span class="chevron" aria-hidden="true" />
            <span class="finding-title">
              <Prose text={finding.title} />
            </span>
          </button>
        </h3>
        <p class="finding-meta">
          <Badge confidence={finding.confidence} />
          <code>
            <Logged text={finding.cause ?? finding.symptom} />
          </code>
          <span>
            seen as: {[finding.symptom, ...finding.otherSymptoms].map((each) => symptomLabel(each)).join(' · ')}
          </span>
          <span>broke at: {finding.hop ? hopWords[finding.hop].toLowerCase() : 'not settled'}</span>
          <span class="finding-window">
            {between(Date.parse(finding.window.start), Date.parse(finding.window.end))}
          </span>
        </p>
        <Size finding={finding} />
      </div>
      <div class="finding-body" id={bodyId} hidden={!isOpen}>
        {isOpen && <Body finding={finding} />}
      </div>
    </li>
  )
}

function toggle(id: string): void {
  const next = new Set(openFindings.value)
  if (!next.delete(id)) next.add(id)
  openFindings.value = next
}

/** The only part of a finding that follows the filter, so the only part that a brush draws again. */
function Size({ finding }: { readonly finding: Finding }) {
  const failures = findingCounts.value.get(finding.id) ?? 0
  const all = head.value?.books.failures ?? 0
  return (
    <div class="finding-size">
      <span class="finding-number">{count(failures)}</span>
      <span class="finding-unit">
        {isFiltered.value
          ? `of ${counted(finding.failures, 'failure')} in the filter`
          : failures === 1
            ? 'failure'
            : 'failures'}
      </span>
      <span class="share" aria-hidden="true">
        <span style={{ width: `${all > 0 ? (100 * failures) / all : 0}%` }} />
      </span>
      {!isFiltered.value && all > 0 && finding.failures > 0 && (
        <span class="finding-unit">{percent(failures, all)} of all failures</span>
      )}
    </div>
  )
}

const Body = memo(function Body({ finding }: { readonly finding: Finding }) {
  const counts = finding.evidence.filter((each) => each.kind === 'count')
  // Drawings of the whole width come last, so that they leave no hole between the others.
  const figures = finding.evidence.filter((each) => each.kind !== 'count')
  return (
    <>
      <div class="finding-words">
        <div class="finding-why">
          <h4>{finding.because.length > 0 ? 'Because' : 'About'}</h4>
          <ul class="because">
            {finding.because.map((sentence, index) => (
              <li key={index}>
                <Prose text={sentence} />
              </li>
            ))}
          </ul>
          <ScopeLine finding={finding} />
        </div>
        {finding.candidates.length > 0 && (
          <div>
            <h4>{finding.cause ? 'Not ruled out' : 'It is one of these'}</h4>
            <dl class="causes">
              {finding.candidates.map((each) => (
                <div key={each.cause}>
                  <dt>
                    <code>
                      <Logged text={each.cause} />
                    </code>
                  </dt>
                  {each.settledBy.length > 0 && (
                    <dd>
                      would be settled by
                      <ul>
                        {each.settledBy.map((what) => (
                          <li key={what}>
                            <Prose text={what} />
                          </li>
                        ))}
                      </ul>
                    </dd>
                  )}
                </div>
              ))}
            </dl>
          </div>
        )}
        {finding.ruledOut.length > 0 && (
          <div>
            <h4>Ruled out</h4>
            <dl class="causes">
              {[...reasonsByCause(finding.ruledOut)].map(([cause, reasons]) => (
                <div key={cause}>
                  <dt>
                    <code>
                      <Logged text={cause} />
                    </code>
                  </dt>
                  {reasons.map((why) => (
                    <dd key={why}>
                      <Prose text={why} />
                    </dd>
                  ))}
                </div>
              ))}
            </dl>
          </div>
        )}
      </div>
      <div class="figures-grid">
        {figures
          .filter((evidence) => !isWide(evidence))
          .map((evidence, index) => (
            <EvidenceView key={index} evidence={evidence} />
          ))}
        {counts.length > 0 && (
          <div class="counts-box">
            {counts.map((evidence, index) => (
              <EvidenceView key={index} evidence={evidence} />
            ))}
          </div>
        )}
        {figures.filter(isWide).map((evidence, index) => (
          <EvidenceView key={index} evidence={evidence} />
        ))}
        {store.value && <BlastMatrix finding={finding.id} />}
      </div>
      {finding.fixes.length > 0 && <Fixes finding={finding} />}
      {finding.samples.length > 0 && <Samples finding={finding} />}
      <p class="finding-only">
        <button
          type="button"
          class="button"
          aria-pressed={chosenFinding.value === finding.id}
          disabled={!store.value}
          onClick={() => {
            chosenFinding.value = chosenFinding.value === finding.id ? null : finding.id
          }}
        >
          Only this finding’s failures
        </button>
        <a class="button" href="#failures">
          To the list of failures
        </a>
      </p>
    </>
  )
})

function isWide(evidence: Evidence): boolean {
  return evidence.kind === 'table' && isLifelines(evidence)
}

/** The log and a witness may each rule a cause out. */
function reasonsByCause(ruledOut: Finding['ruledOut']): Map<string, string[]> {
  const reasons = new Map<string, string[]>()
  for (const { cause, why } of ruledOut) {
    const known = reasons.get(cause)
    if (!known) reasons.set(cause, [why])
    else if (!known.includes(why)) known.push(why)
  }
  return reasons
}

function ScopeLine({ finding }: { readonly finding: Finding }) {
  const { scope } = finding
  const parts: [string, readonly string[] | undefined][] = [
    ['load balancer', scope.loadBalancers],
    ['target group', scope.targetGroups?.map((arn) => arn.replace(/^.*:targetgroup\//, ''))],
    ['targets', scope.targets],
    ['nodes', scope.nodes],
    ['routes', scope.routes],
  ]
  return (
    <dl class="scope">
      {parts.map(([name, values]) =>
        values && values.length > 0 ? (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="mono">
              {values.slice(0, 6).map((value) => (
                <span key={value}>
                  <Logged text={value} />
                </span>
              ))}
              {values.length > 6 && <span>and {values.length - 6} more</span>}
            </dd>
          </div>
        ) : null,
      )}
      <div>
        <dt>requests in scope and window</dt>
        <dd>
          {count(finding.requests)}
          {finding.requests > 0 ? ` (${percent(finding.failures, finding.requests)} failed this way)` : ''}
        </dd>
      </div>
    </dl>
  )
}

function Fixes({ finding }: { readonly finding: Finding }) {
  return (
    <div class="fixes" id={`finding-${finding.id}-fixes`}>
      <h4>{finding.fixes.length === 1 ? 'Fix' : 'Fixes'}</h4>
      {finding.fixes.map((fix) => (
        <article class="fix" key={fix.title}>
          <header>
            <h5>
              <Logged text={fix.title} />
            </h5>
            <span class={`safety safety-${fix.safety}`}>
              {fix.safety === 'safe' ? 'safe to apply' : 'review before applying'} · {hopWords[fix.hop].toLowerCase()}
            </span>
          </header>
          <p>
            <Prose text={fix.because} />
          </p>
          <CodeBox text={fix.patch} label={`Fix: ${fix.title}`} what="the fix" isBlock />
          <p class="quiet">
            Undo: <Prose text={fix.undo} />
          </p>
        </article>
      ))}
    </div>
  )
}

const SAMPLES = 2

function Samples({ finding }: { readonly finding: Finding }) {
  const [isWhole, setWhole] = useState(false)
  return (
    <div class="samples">
      <h4>Rows as they stand in the log</h4>
      {finding.samples.slice(0, isWhole ? undefined : SAMPLES).map((sample, index) => (
        <div class="sample" key={index}>
          <p class="quiet">
            <span title={inertText(sample.input)}>
              <Logged text={sample.input.slice(sample.input.lastIndexOf('/') + 1)} />
            </span>
            , row {count(sample.row)}
            {sample.decidedBy.length > 0 && <>; decided by {sample.decidedBy.join(', ')}</>}
          </p>
          <CodeBox text={sample.raw} label="Row of the log" what="the row" />
        </div>
      ))}
      {!isWhole && finding.samples.length > SAMPLES && (
        <button type="button" class="button" onClick={() => setWhole(true)}>
          Show {finding.samples.length - SAMPLES} more
        </button>
      )}
    </div>
  )
}
