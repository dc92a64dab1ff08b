import { detectFormat } from '../detect.ts'
import type { LineFormat } from './define-line-format.ts'
import { createLineParser } from './line-parser.ts'
import { hasNodeCounters } from './node-counters.ts'
import type { WitnessFormatId } from './witness-row.ts'

export type WitnessDetection =
  /** `kind: 'log'` tells src/read that the file is wanted: copies of it are left out. */
  | { readonly kind: 'log'; readonly carrier: 'lines' | 'document' | 'rows'; readonly format: WitnessFormatId }
  | { readonly kind: 'gzip' | 'other'; readonly seen: string }

export const EMPTY_LIST = 'an empty JSON list'

const utf8 = new TextDecoder('utf-8')
const SURE: ReadonlySet<WitnessFormatId> = new Set([
  'uvicorn-access',
  'gunicorn-log',
  'gunicorn-access',
  'app-request',
  'json-lines',
  'nginx-access',
  'nginx-error',
  'haproxy-http',
  'envoy-access',
  'uvicorn-log',
  'kernel-log',
])

/** Which witness a file is, by its first bytes (inflated). Free text with times is none unless somebody insists. */
export function detectWitness(head: Uint8Array, given: readonly LineFormat[] = []): WitnessDetection {
  const known = detectFormat(head)
  if (known.kind === 'log') {
    const isWitness = known.format === 'alb-health-check' || known.format === 'alb-connection'
    return isWitness && known.carrier === 'rows'
      ? { kind: 'log', carrier: 'rows', format: known.format as 'alb-health-check' | 'alb-connection' }
      : { kind: 'other', seen: `a load balancer's log (${known.name})` }
  }
  if (known.kind !== 'other') return { kind: 'other', seen: known.kind === 'gzip' ? 'gzip inside gzip' : known.seen }
  const text = utf8.decode(head)
  if (text.length < 100 && /^\s*\[\s*\]\s*$/.test(text)) return { kind: 'other', seen: EMPTY_LIST }
  const document = documentOf(text)
  if (document) return document
  if (hasNodeCounters(text)) return { kind: 'log', carrier: 'rows', format: 'node-counters' }
  const lines = text.split('\n').slice(0, 400)
  if (lines.length > 1) lines.pop()
  const parse = createLineParser({ given })
  const counts = new Map<WitnessFormatId, number>()
  let parsed = 0
  for (const line of lines) {
    const row = parse(line)
    if (row === undefined || (!SURE.has(row.format) && row.traceIds.length === 0)) continue
    parsed++
    counts.set(row.format, (counts.get(row.format) ?? 0) + 1)
  }
  const best = [...counts].sort((a, b) => b[1] - a[1])[0]
  // Tracebacks and banners are part of an app's log: a few good lines make one.
  if (best === undefined || parsed * 20 < lines.length) return { kind: 'other', seen: known.seen }
  return { kind: 'log', carrier: 'lines', format: best[0] }
}

/** JSON documents that other tools print: told by keys that only they have. */
function documentOf(text: string): WitnessDetection | undefined {
  const start = text.trimStart()
  const first = start[0]
  if (first !== '{' && first !== '[') return undefined
  const head = start.slice(0, 20_000)
  if (/"(?:MetricDataResults|Datapoints)"\s*:/.test(head))
    return { kind: 'log', carrier: 'document', format: 'cloudwatch' }
  if (/"resultType"\s*:\s*"matrix"/.test(head)) return { kind: 'log', carrier: 'document', format: 'prometheus' }
  if (/"TargetHealthDescriptions"\s*:/.test(head)) return { kind: 'log', carrier: 'document', format: 'target-health' }
  if (
    /"apiVersion"\s*:/.test(head) &&
    /"kind"\s*:\s*"(?:(?:Event|Pod|EndpointSlice|Service|Node)?List|Event|Pod|EndpointSlice|Service|Node)"/.test(start)
  )
    return { kind: 'log', carrier: 'document', format: 'kubernetes' }
  if (
    /"(?:event_id|eventID|event\.type)"\s*:/.test(start) &&
    /"(?:exception|entries|platform|sdk|project|projectID|breadcrumbs|contexts|dateCreated)"\s*:/.test(start)
  )
    return { kind: 'log', carrier: 'document', format: 'sentry' }
  return undefined
}
