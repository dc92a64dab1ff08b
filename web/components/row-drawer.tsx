import { useLayoutEffect, useRef } from 'preact/hooks'
import type { RowStore } from '../data/row-store.ts'
import { bytes, duration } from '../model/format.ts'
import { head, openRow, store, visibleRows } from '../model/state.ts'
import { timeline } from '../model/timeline.ts'
import { answererWords, symptomLabel } from '../model/words.ts'
import { Badge } from './badge.tsx'
import { Logged } from './logged.tsx'
import { TimelineBars } from './timeline-bars.tsx'

/** One failure: its time, and every field with what it means. A modal dialog, so focus stays in and comes back. */
export function RowDrawer() {
  const dialog = useRef<HTMLDialogElement>(null)
  const rows = store.value
  const row = openRow.value
  const isOpen = rows !== null && row !== null
  // Before the next key press: Escape has to find it open.
  useLayoutEffect(() => {
    const element = dialog.current
    if (!element) return
    if (isOpen && !element.open) element.showModal()
    if (!isOpen && element.open) element.close()
  }, [isOpen])
  const step = (by: number) => () => {
    const list = visibleRows.value
    const at = list.indexOf(row ?? -1)
    const next = list[at + by]
    if (next !== undefined) openRow.value = next
  }
  const place = row === null ? -1 : visibleRows.value.indexOf(row)
  return (
    <dialog
      ref={dialog}
      class="drawer"
      aria-labelledby="drawer-title"
      onClose={() => {
        openRow.value = null
      }}
      onClick={(event) => {
        if (event.target === dialog.current) openRow.value = null
      }}
    >
      {isOpen && (
        <div class="drawer-inside">
          <header class="drawer-head">
            <h2 id="drawer-title">
              {rows.columns.elbStatus[row] ?? 'No status'} by the{' '}
              {answererWords[rows.columns.answeredBy[row] ?? 'load-balancer']}
            </h2>
            <div class="drawer-actions">
              <button type="button" class="button" disabled={place <= 0} onClick={step(-1)}>
                Previous
              </button>
              <button
                type="button"
                class="button"
                disabled={place < 0 || place >= visibleRows.value.length - 1}
                onClick={step(1)}
              >
                Next
              </button>
              <button
                type="button"
                class="button"
                onClick={() => {
                  openRow.value = null
                }}
              >
                Close
              </button>
            </div>
          </header>
          <RowDetail rows={rows} row={row} />
        </div>
      )}
    </dialog>
  )
}

function RowDetail({ rows, row }: { readonly rows: RowStore; readonly row: number }) {
  const { columns, names } = rows
  const findingId = names.findings[columns.finding[row] ?? -1]
  const finding = head.value?.findings.find((each) => each.id === findingId)
  const symptom = names.symptoms[columns.symptom[row] ?? -1] ?? ''
  const balancer = names.loadBalancers[columns.loadBalancer[row] ?? -1] ?? null
  const idle = head.value?.settings.byLoadBalancer.find((each) => each.loadBalancer === balancer)?.idleTimeoutSeconds
  const spent = timeline(rows, row)
  return (
    <>
      <p class="drawer-verdict">
        <strong>{symptomLabel(symptom)}</strong>
        {finding && (
          <>
            {' '}
            · <Logged text={finding.title} /> <Badge confidence={finding.confidence} />{' '}
            <a
              href={`#finding-${finding.id}`}
              onClick={() => {
                openRow.value = null
              }}
            >
              Its evidence and fixes
            </a>
          </>
        )}
      </p>
      <h3>How its time was spent</h3>
      {spent ? (
        <TimelineBars timeline={spent} idleTimeoutSeconds={idle?.value ?? null} />
      ) : (
        <p class="quiet">The row holds no time at all.</p>
      )}
      <h3>Fields</h3>
      <dl class="fields">
        {fieldsOf(rows, row).map((field) => (
          <div key={field.name}>
            <dt>
              <code>{field.name}</code>
            </dt>
            <dd>
              <span class={field.value === null ? 'absent' : 'mono field-value'}>
                {field.value === null ? 'not in the row' : <Logged text={field.value} />}
              </span>
              <span class="field-means">{field.means}</span>
            </dd>
          </div>
        ))}
      </dl>
    </>
  )
}

interface Field {
  readonly name: string
  readonly value: string | null
  readonly means: string
}

function fieldsOf(rows: RowStore, row: number): Field[] {
  const { columns, names } = rows
  // The log writes -1 for a time that it has not.
  const seconds = (value: number | null | undefined): string =>
    value === null || value === undefined ? '-1' : `${value} s`
  const at = (list: readonly string[], index: number | undefined): string | null => list[index ?? -1] ?? null
  const isTargetAbsent = (columns.targetStatus[row] ?? null) === null
  const elapsed = columns.elapsedMs[row]
  const received = columns.receivedBytes[row]
  const sent = columns.sentBytes[row]
  return [
    { name: 'request', value: columns.request[row] ?? null, means: 'Request line as the client sent it.' },
    { name: 'time', value: columns.time[row] ?? null, means: 'When the load balancer produced the answer, UTC.' },
    {
      name: 'request_creation_time',
      value: columns.created[row] ?? null,
      means: 'When the load balancer got the request, UTC.',
    },
    {
      name: 'elapsed',
      value: elapsed === null || elapsed === undefined ? null : duration(elapsed),
      means: 'time minus request_creation_time. Stays true when the three times are -1.',
    },
    {
      name: 'elb_status_code',
      value: columns.elbStatus[row] === null ? null : String(columns.elbStatus[row] ?? ''),
      means: 'The status that the client got.',
    },
    {
      name: 'target_status_code',
      value: isTargetAbsent ? '-' : String(columns.targetStatus[row]),
      means: isTargetAbsent
        ? 'The target gave no answer, so the load balancer wrote the status itself.'
        : 'What the target answered.',
    },
    {
      name: 'request_processing_time',
      value: seconds(columns.requestSeconds[row]),
      means:
        columns.requestSeconds[row] === null
          ? 'The request was never handed to a target.'
          : 'From the client’s first byte until it was handed to the target.',
    },
    {
      name: 'target_processing_time',
      value: seconds(columns.targetSeconds[row]),
      means:
        columns.targetSeconds[row] === null
          ? 'No answer began.'
          : 'From handing over until the target began its answer, or closed the connection.',
    },
    {
      name: 'response_processing_time',
      value: seconds(columns.responseSeconds[row]),
      means:
        columns.responseSeconds[row] === null
          ? 'There was no answer to pass on.'
          : 'From the target’s answer until the client was sent its first byte.',
    },
    { name: 'elb', value: at(names.loadBalancers, columns.loadBalancer[row]), means: 'Load balancer.' },
    { name: 'node', value: at(names.nodes, columns.node[row]), means: 'Address of the load balancer’s node.' },
    {
      name: 'target:port',
      value: at(names.targets, columns.target[row]),
      means: nodePort(at(names.targets, columns.target[row])),
    },
    { name: 'target_group_arn', value: at(names.targetGroups, columns.targetGroup[row]), means: 'Target group.' },
    {
      name: 'route',
      value: at(names.routes, columns.route[row]),
      means: 'Method and path with its changing parts left out.',
    },
    { name: 'trace_id', value: columns.traceId[row] ?? null, means: 'X-Amzn-Trace-Id: look for it in the app’s log.' },
    { name: 'client:port', value: columns.client[row] ?? null, means: 'Who asked.' },
    { name: 'user_agent', value: columns.userAgent[row] ?? null, means: 'As the client calls itself.' },
    {
      name: 'received_bytes',
      value: received === null || received === undefined ? null : bytes(received),
      means: 'Size of the request.',
    },
    {
      name: 'sent_bytes',
      value: sent === null || sent === undefined ? null : bytes(sent),
      means: 'Size of the answer.',
    },
    {
      name: 'row',
      value: `${at(names.inputs, columns.input[row]) ?? ''}:${columns.row[row] ?? ''}`,
      means: 'Input and row number.',
    },
  ]
}

function nodePort(target: string | null): string {
  const port = Number(target?.split(':').at(-1))
  return port >= 30_000 && port <= 32_767 ? 'Target. The port is a NodePort: the pod behind it is hidden.' : 'Target.'
}
