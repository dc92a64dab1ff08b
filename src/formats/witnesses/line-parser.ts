import { appRequest, appText, errorLine } from './app-lines.ts'
import { type LineFormat, type Mutable, parseLine, setField } from './define-line-format.ts'
import { unwrapLine } from './envelope.ts'
import { envoyAccess } from './envoy.ts'
import { gunicornAccess, gunicornLog } from './gunicorn.ts'
import { haproxyHttp } from './haproxy.ts'
import type { JsonKeys } from './json-line-keys.ts'
import { parseJsonLine } from './json-lines.ts'
import { createKernelParser, kernelLog } from './kernel-log.ts'
import { combinedAccess, ingressNginxAccess, nginxKeyedAccess, tailValues } from './nginx-access.ts'
import { nginxError } from './nginx-error.ts'
import { uvicornAccess, uvicornLog } from './uvicorn.ts'
import type { LineFormatId, WitnessRow } from './witness-row.ts'

/** The catalogue, in the order in which a line is tried: exact shapes first. */
export const lineFormats: readonly LineFormat[] = [
  nginxError,
  uvicornAccess,
  ingressNginxAccess,
  nginxKeyedAccess,
  combinedAccess,
  haproxyHttp,
  envoyAccess,
  gunicornLog,
  uvicornLog,
  kernelLog,
  appRequest,
  appText,
  errorLine,
]

export interface LineParserOptions {
  /** Nothing else is tried. */
  readonly only?: LineFormatId
  /** Made from the text of a `log_format` directive; tried first. */
  readonly given?: readonly LineFormat[]
  readonly jsonKeys?: JsonKeys
  /** About when the lines were written: syslog leaves the year out. */
  readonly aroundMs?: number
}

const JSON_TOO: ReadonlySet<LineFormatId> = new Set(['json-lines', 'envoy-access', 'nginx-access'])

/** One line of any text log to a row; undefined when nothing fits. Two formats in one file are the normal case. */
export function createLineParser(options: LineParserOptions = {}): (raw: string) => WitnessRow | undefined {
  const { only, given = [], jsonKeys, aroundMs } = options
  const parseKernel = createKernelParser()
  const wanted = only === 'gunicorn-access' ? [gunicornAccess] : lineFormats.filter((each) => !only || each.id === only)
  // gunicorn's lines have the shape of nginx's: in the app's hands unless somebody insists.
  let order: LineFormat[] = [...given, ...wanted]
  const sure = new Set<LineFormat>([
    ...given,
    nginxError,
    uvicornAccess,
    ingressNginxAccess,
    nginxKeyedAccess,
    gunicornLog,
  ])
  return (raw) => {
    const { line, ...envelope } = unwrapLine(raw, aroundMs)
    if (line === '') return undefined
    if (envelope.source.endsWith('/kernel') && (only === undefined || only === 'kernel-log'))
      return parseKernel(line, envelope)
    if (line.charCodeAt(0) === 0x7b && (only === undefined || JSON_TOO.has(only))) {
      // A `log_format` may be JSON as well, under names that only its text explains.
      for (const format of given) {
        const row = parseLine(format, line, envelope)
        if (row !== undefined) return row
      }
      return parseJsonLine(line, envelope, jsonKeys)
    }
    for (const [place, format] of order.entries()) {
      const row = format === kernelLog ? parseKernel(line, envelope) : parseLine(format, line, envelope)
      if (row === undefined || (format === errorLine && Number.isNaN(row.timeMs))) continue
      // Lines come in runs; shapes that nothing else can be mistaken for move to the front.
      if (place > 0 && sure.has(format)) order = [format, ...order.filter((each) => each !== format)]
      return format === nginxKeyedAccess || format === combinedAccess ? withTail(row, line) : row
    }
    return undefined
  }
}

function withTail(row: WitnessRow, line: string): WitnessRow {
  const whole: Mutable<WitnessRow> = { ...row }
  for (const { kind, text } of tailValues(line)) setField(whole, kind, text)
  return whole
}
