import type { RowStore } from '../data/row-store.ts'
import { inertText } from './inert.ts'

/** The chosen failures as CSV (RFC 4180). Text that a spreadsheet would take for a formula gets an apostrophe in front. */
export function toCsv(store: RowStore, rows: Uint32Array, findingTitles: ReadonlyMap<string, string>): string {
  const { columns, names } = store
  const lines = [header.join(',')]
  for (const row of rows) {
    const finding = names.findings[columns.finding[row] ?? -1] ?? ''
    lines.push(
      [
        columns.time[row],
        columns.created[row],
        columns.elapsedMs[row],
        columns.requestSeconds[row],
        columns.targetSeconds[row],
        columns.responseSeconds[row],
        columns.elbStatus[row],
        columns.targetStatus[row],
        columns.answeredBy[row],
        names.symptoms[columns.symptom[row] ?? -1],
        finding,
        findingTitles.get(finding),
        names.loadBalancers[columns.loadBalancer[row] ?? -1],
        names.targetGroups[columns.targetGroup[row] ?? -1],
        names.targets[columns.target[row] ?? -1],
        names.nodes[columns.node[row] ?? -1],
        names.routes[columns.route[row] ?? -1],
        columns.receivedBytes[row],
        columns.sentBytes[row],
        columns.traceId[row],
        columns.client[row],
        columns.request[row],
        columns.userAgent[row],
        names.inputs[columns.input[row] ?? -1],
        columns.row[row],
      ]
        .map(csvCell)
        .join(','),
    )
  }
  return `${lines.join('\r\n')}\r\n`
}

/** Excel, LibreOffice and Sheets start a formula at = + - @, also behind tab, carriage return or a full-width sign (OWASP). */
export function csvCell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return String(value)
  const isFormula = /^[\s\p{Cc}\p{Cf}]*[=+\-@\t\r\n＝＋－＠|%]/u.test(value)
  const text = inertText(value).replaceAll('"', '""')
  return `"${isFormula ? `'${text}` : text}"`
}

const header = [
  'time',
  'created',
  'elapsed_ms',
  'request_s',
  'target_s',
  'response_s',
  'elb_status',
  'target_status',
  'answered_by',
  'symptom',
  'finding',
  'finding_title',
  'load_balancer',
  'target_group',
  'target',
  'node',
  'route',
  'received_bytes',
  'sent_bytes',
  'trace_id',
  'client',
  'request',
  'user_agent',
  'input',
  'row',
]
