import { bytes, count, counted } from '../model/format.ts'
import { head, isPrinting } from '../model/state.ts'
import { CodeBox } from './code-box.tsx'
import { type Cell, DataTable } from './data-table.tsx'
import { Logged } from './logged.tsx'
import { Prose } from './prose.tsx'
import { Section } from './section.tsx'

/** What was read, and that nothing got lost on the way. */
export function Books() {
  const diagnosis = head.value
  if (!diagnosis) return null
  const { books, inputs } = diagnosis
  const isLog = (input: (typeof inputs)[number]): boolean => input.format !== null || input.rows > 0
  const logs = inputs.filter(isLog)
  const others = inputs.filter((input) => !isLog(input))
  const troubled = logs.filter((input) => input.bad > 0 || input.truncated || input.note)
  return (
    <Section id="books" title="The books" note="Every row that was read is counted once.">
      <div class="ledger">
        <p>
          <strong>{counted(books.rows, 'row')}</strong> read = {count(books.parsed)} parsed + {count(books.skipped)}{' '}
          skipped + {count(books.bad)} bad
        </p>
        <p>
          <strong>{counted(books.failures, 'failure')}</strong> = {count(books.elb5xx)} ELB 5XX +{' '}
          {count(books.target5xx)} target 5XX + {count(books.clientLeft)} client left first = {count(books.explained)}{' '}
          explained + {count(books.undetermined)} undetermined
        </p>
        {books.rejected > 0 && (
          <p>
            <strong>{counted(books.rejected, 'request')}</strong> got a 4XX from the load balancer itself: not failures.
          </p>
        )}
      </div>
      <DataTable
        caption="Inputs"
        columns={['input', 'format', 'size', 'rows', 'parsed', 'skipped', 'bad']}
        rows={logs.map((input): Cell[] => [
          input.name,
          input.format,
          bytes(input.bytes),
          input.rows,
          input.parsed,
          input.skipped,
          input.bad,
        ])}
        limit={12}
      />
      {others.length > 0 && (
        <details class="others" open={isPrinting.value}>
          <summary>{counted(others.length, 'other file')}: witnesses, or no log of a load balancer</summary>
          <DataTable
            caption="Other files"
            columns={['input', 'what it is', 'size']}
            rows={others.map((input): Cell[] => [input.name, input.note, bytes(input.bytes)])}
            limit={200}
          />
        </details>
      )}
      {troubled.length > 0 && (
        <ul class="notes">
          {troubled.map((input) => (
            <li key={input.name}>
              <Logged text={input.name} />: {input.note && <Logged text={`${input.note}. `} />}
              {input.truncated && <Logged text={`Cut short: ${input.truncated}. `} />}
              {input.bad > 0 && (
                <>
                  {counted(input.bad, 'row')} could not be read:
                  {input.badSamples.map((sample, index) => (
                    <CodeBox key={index} text={sample} label="Row that could not be read" />
                  ))}
                </>
              )}
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}

export function Missing() {
  const diagnosis = head.value
  if (!diagnosis) return null
  const { missing, contradictions, errors, witnesses } = diagnosis
  if (missing.length + contradictions.length + errors.length + witnesses.length === 0) return null
  return (
    <Section id="missing" title="What was known, and what was missing">
      <div class="columns">
        {witnesses.length > 0 && (
          <div>
            <h3>Other witnesses</h3>
            <dl class="causes">
              {witnesses.map((witness) => (
                <div key={witness.name}>
                  <dt>
                    <Logged text={witness.name} />{' '}
                    <span class="quiet">
                      {witness.kind}, {counted(witness.rows, 'row')}
                    </span>
                  </dt>
                  {witness.because.map((sentence) => (
                    <dd key={sentence}>
                      <Prose text={sentence} />
                    </dd>
                  ))}
                </div>
              ))}
            </dl>
          </div>
        )}
        {missing.length > 0 && (
          <div>
            <h3>Missing</h3>
            <dl class="causes">
              {missing.map((each) => (
                <div key={each.what}>
                  <dt>
                    <Prose text={each.what} />
                  </dt>
                  <dd>
                    <Prose text={each.why} />
                  </dd>
                </div>
              ))}
            </dl>
          </div>
        )}
        {contradictions.length > 0 && (
          <div>
            <h3>Rows that contradict themselves</h3>
            <dl class="causes">
              {contradictions.map((each) => (
                <div key={each.what}>
                  <dt>
                    <Logged text={each.what} /> <span class="quiet">{counted(each.rows, 'row')}</span>
                  </dt>
                  {each.samples.slice(0, 2).map((sample, index) => (
                    <dd key={index}>
                      <CodeBox text={sample.raw} label="Row of the log" />
                    </dd>
                  ))}
                </div>
              ))}
            </dl>
          </div>
        )}
        {errors.length > 0 && (
          <div>
            <h3>Errors of the run</h3>
            <dl class="causes">
              {errors.map((each, index) => (
                <div key={index}>
                  <dt>
                    <Logged text={each.where} />
                  </dt>
                  <dd>
                    <Logged text={each.message} />
                    {each.hint && (
                      <>
                        {' '}
                        <Logged text={each.hint} />
                      </>
                    )}
                  </dd>
                </div>
              ))}
            </dl>
          </div>
        )}
      </div>
    </Section>
  )
}

/** Timeouts and limits: given, read out of the rows, or the documented default. */
export function Settings() {
  const diagnosis = head.value
  if (!diagnosis) return null
  const { byLoadBalancer, byTargetGroup } = diagnosis.settings
  const rows: Cell[][] = []
  for (const each of byLoadBalancer) {
    rows.push([
      each.loadBalancer,
      'idle timeout',
      `${each.idleTimeoutSeconds.value} s`,
      each.idleTimeoutSeconds.source,
      each.idleTimeoutSeconds.because,
    ])
    rows.push([
      each.loadBalancer,
      'connect timeout',
      `${each.connectTimeoutSeconds.value} s`,
      each.connectTimeoutSeconds.source,
      each.connectTimeoutSeconds.because,
    ])
    for (const timeout of each.clientTimeoutsSeconds)
      rows.push([each.loadBalancer, 'clients give up after', `${timeout.value} s`, timeout.source, timeout.because])
  }
  for (const each of byTargetGroup) {
    const keep = each.keepAliveSeconds
    if (keep)
      rows.push([
        each.name,
        'keep-alive of the target',
        `${keep.value} s`,
        keep.source,
        keep.servers.length > 0 ? `${keep.because} Like ${keep.servers.join(', ')}.` : keep.because,
      ])
    const limit = each.concurrencyLimit
    if (limit) rows.push([each.name, 'concurrency limit', `${limit.value} requests`, limit.source, limit.because])
    for (const other of each.others)
      rows.push([each.name, other.name, `${other.value} ${other.unit}`, other.source, other.because])
  }
  if (rows.length === 0) return null
  return (
    <Section id="settings" title="Settings in force" note="Given, read out of the rows, or the documented default.">
      <DataTable caption="Settings in force" columns={['of', 'setting', 'value', 'source', 'because']} rows={rows} />
    </Section>
  )
}
