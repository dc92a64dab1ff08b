import type { Place } from '../chain.ts'
import type { SettingId } from '../setting.ts'
import { readAttribute } from './aws-json.ts'
import { given } from './command-line.ts'
import type { AnnotationSettings, Values } from './workload.ts'
import { type Cursor, entries, text } from './yaml-cursor.ts'

interface NumberSpec {
  readonly set?: SettingId
  readonly least: number
  readonly most: number
}

const alb = 'alb.ingress.kubernetes.io/'
const ingressNginx = 'nginx.ingress.kubernetes.io/'

/** Numeric annotations with the range the controller or AWS takes. Source: docs/guide/ingress/annotations.md of the controller. */
const numbers: Readonly<Record<string, NumberSpec>> = {
  [`${alb}healthcheck-interval-seconds`]: {
    set: 'targetGroup.healthCheckIntervalSeconds',
    least: 5,
    most: 300,
  },
  [`${alb}healthcheck-timeout-seconds`]: { set: 'targetGroup.healthCheckTimeoutSeconds', least: 2, most: 120 },
  [`${alb}unhealthy-threshold-count`]: { set: 'targetGroup.unhealthyThreshold', least: 2, most: 10 },
  [`${alb}healthy-threshold-count`]: { least: 2, most: 10 },
  [`${ingressNginx}proxy-connect-timeout`]: { set: 'proxy.connectTimeoutSeconds', least: 0, most: 75 },
  [`${ingressNginx}proxy-read-timeout`]: { set: 'proxy.readTimeoutSeconds', least: 0, most: 86_400 },
  [`${ingressNginx}proxy-send-timeout`]: { least: 0, most: 86_400 },
  [`${ingressNginx}proxy-next-upstream-tries`]: { set: 'proxy.tries', least: 0, most: 1000 },
  [`${ingressNginx}proxy-next-upstream-timeout`]: {
    set: 'proxy.nextUpstreamTimeoutSeconds',
    least: 0,
    most: 86_400,
  },
}

/** Load balancer and ingress-nginx annotations of one object. */
export function readAnnotations(cursor: Cursor): AnnotationSettings {
  const values: Values = {}
  const found: Record<string, { value: string; at: Place }> = {}
  const remarks: { rule: string; at: Place; message: string }[] = []
  for (const { key, value, at } of entries(cursor)) {
    const raw = text(value)
    if (raw === undefined || !/^(alb\.ingress|nginx\.ingress|kubernetes\.io|service\.beta)/.test(key)) continue
    found[key] = { value: raw, at }
    if (key === `${alb}load-balancer-attributes` || key === `${alb}target-group-attributes`)
      readAttributeList(raw, at, values, remarks, found)
    const spec = Object.hasOwn(numbers, key) ? numbers[key] : undefined
    if (spec) readNumber(key, raw.trim(), at, spec, values, remarks)
    suggestName(key, at, remarks)
  }
  const slow = found['slow_start.duration_seconds']
  const algorithm = found['load_balancing.algorithm.type']?.value
  if (slow && slow.value !== '0' && algorithm === 'least_outstanding_requests')
    remarks.push({
      rule: 'slow-start-with-least-outstanding',
      at: slow.at,
      message: `slow_start.duration_seconds=${slow.value} with ${algorithm}`,
    })
  return { values, text: found, remarks }
}

function readAttributeList(
  raw: string,
  at: Place,
  values: Values,
  remarks: { rule: string; at: Place; message: string }[],
  found: Record<string, { value: string; at: Place }>,
): void {
  for (const pair of raw.split(',')) {
    const [key = '', ...rest] = pair.trim().split('=')
    if (key === '') continue
    const value = rest.join('=').trim()
    if (rest.length === 0) remarks.push({ rule: 'attribute-without-value', at, message: `${key}: expected KEY=VALUE` })
    else {
      found[key.trim()] = { value, at }
      readAttribute(key.trim(), value, at, values, remarks)
    }
  }
}

function readNumber(
  key: string,
  raw: string,
  at: Place,
  spec: NumberSpec,
  values: Values,
  remarks: { rule: string; at: Place; message: string }[],
): void {
  if (!/^\d+$/.test(raw)) {
    remarks.push({ rule: 'value-not-a-number', at, message: `${key}: ${raw}` })
    return
  }
  const value = Number(raw)
  if (value < spec.least || value > spec.most)
    remarks.push({ rule: 'value-out-of-range', at, message: `${key}: ${raw} (allowed: ${spec.least} to ${spec.most})` })
  // 0 switches a limit off in nginx; then no inequality speaks about it.
  else if (spec.set && !(value === 0 && spec.set.startsWith('proxy.')))
    values[spec.set] = given(value, at, `${key}: ${raw}`)
}

/** Names of annotations that people misspell; only near misses are reported, new names are not. */
const known = [
  'load-balancer-attributes',
  'target-group-attributes',
  'target-type',
  'healthcheck-interval-seconds',
  'healthcheck-timeout-seconds',
  'healthcheck-path',
  'healthcheck-port',
  'healthcheck-protocol',
  'healthy-threshold-count',
  'unhealthy-threshold-count',
  'backend-protocol',
  'backend-protocol-version',
  'success-codes',
]

function suggestName(key: string, at: Place, remarks: { rule: string; at: Place; message: string }[]): void {
  if (!key.startsWith(alb)) return
  const name = key.slice(alb.length)
  if (known.includes(name)) return
  const near = known.find((each) => distance(each, name) <= 2)
  if (near) remarks.push({ rule: 'annotation-misspelt', at, message: `${key}: did you mean ${alb}${near}?` })
}

function distance(left: string, right: string): number {
  if (Math.abs(left.length - right.length) > 2) return 3
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let i = 1; i <= left.length; i++) {
    const next = [i]
    for (let j = 1; j <= right.length; j++)
      next[j] = Math.min(
        (row[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
        (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1),
      )
    row = next
  }
  return row[right.length] ?? 3
}
