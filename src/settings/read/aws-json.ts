import type { ChainValue, Place } from '../chain.ts'
import type { SettingId } from '../setting.ts'
import { given } from './command-line.ts'
import type { Remark } from './proxy-settings.ts'
import { positionsOf, type SourceFile } from './source-file.ts'

type Values = Partial<Record<SettingId, ChainValue>>

/** What AWS or Terraform says about a load balancer or a target group. */
export interface AwsSettings {
  readonly kind: 'load-balancer' | 'target-group' | 'target-health'
  /** Terraform address or ARN, or null: `describe-*-attributes` does not say whose they are. */
  readonly name: string | null
  readonly at: Place
  readonly values: Values
  readonly text: Readonly<Record<string, { readonly value: string; readonly at: Place }>>
  readonly remarks: readonly Remark[]
  readonly notes: readonly string[]
}

interface AttributeSpec {
  readonly set?: SettingId
  readonly least: number
  readonly most: number
}

/** Numeric attributes with the range AWS takes. Source: edit-load-balancer-attributes, edit-target-group-attributes. */
export const numericAttributes: Readonly<Record<string, AttributeSpec>> = {
  'idle_timeout.timeout_seconds': { set: 'alb.idleTimeoutSeconds', least: 1, most: 4000 },
  'client_keep_alive.seconds': { set: 'alb.clientKeepAliveSeconds', least: 60, most: 604_800 },
  'deregistration_delay.timeout_seconds': { set: 'targetGroup.deregistrationDelaySeconds', least: 0, most: 3600 },
  'slow_start.duration_seconds': { least: 0, most: 900 },
  'stickiness.lb_cookie.duration_seconds': { least: 1, most: 604_800 },
  'stickiness.app_cookie.duration_seconds': { least: 1, most: 604_800 },
}

/** One attribute, wherever it was written, into a value or a remark. */
export function readAttribute(key: string, value: string, at: Place, values: Values, remarks: Remark[]): void {
  const spec = Object.hasOwn(numericAttributes, key) ? numericAttributes[key] : undefined
  if (!spec) return
  if (!/^\d+$/.test(value)) {
    remarks.push({ rule: 'value-not-a-number', at, message: `${key}=${value}` })
    return
  }
  const number = Number(value)
  const isSlowStartGap = key === 'slow_start.duration_seconds' && number > 0 && number < 30
  if (number < spec.least || number > spec.most || isSlowStartGap)
    remarks.push({
      rule: 'value-out-of-range',
      at,
      message: `${key}=${value} (allowed: ${isSlowStartGap ? '0, or 30' : spec.least} to ${spec.most})`,
    })
  else if (spec.set) values[spec.set] = given(number, at, `${key}=${value}`)
}

/** `aws elbv2 describe-load-balancer-attributes | describe-target-group-attributes | describe-target-health | describe-target-groups`. */
export function readAwsJson(file: SourceFile, parsed: unknown): AwsSettings[] {
  if (typeof parsed !== 'object' || parsed === null) return []
  const document = parsed as Record<string, unknown>
  const positions = positionsOf(file.name, file.text)
  const find = (text: string): Place => positions.at(Math.max(0, file.text.indexOf(text)))
  const found: AwsSettings[] = []
  if (Array.isArray(document.Attributes)) found.push(attributes(document.Attributes, find))
  if (Array.isArray(document.TargetHealthDescriptions)) found.push(health(document.TargetHealthDescriptions, find))
  if (Array.isArray(document.TargetGroups))
    for (const group of document.TargetGroups) if (isRecord(group)) found.push(targetGroup(group, find))
  return found
}

function attributes(list: readonly unknown[], find: (text: string) => Place): AwsSettings {
  const values: Values = {}
  const remarks: Remark[] = []
  const text: Record<string, { value: string; at: Place }> = {}
  let isTargetGroup = false
  for (const each of list) {
    if (!isRecord(each) || typeof each.Key !== 'string') continue
    const value = String(each.Value ?? '')
    const at = find(`"${each.Key}"`)
    if (/^(deregistration_delay|slow_start|load_balancing|stickiness|target_group_health)\./.test(each.Key))
      isTargetGroup = true
    text[each.Key] = { value, at }
    readAttribute(each.Key, value, at, values, remarks)
  }
  return {
    kind: isTargetGroup ? 'target-group' : 'load-balancer',
    name: null,
    at: find('"Attributes"'),
    values,
    text,
    remarks,
    notes: [],
  }
}

function targetGroup(group: Record<string, unknown>, find: (text: string) => Place): AwsSettings {
  const name = String(group.TargetGroupArn ?? group.TargetGroupName ?? '')
  const values: Values = {}
  const take = (key: string, id: SettingId): void => {
    const value = group[key]
    if (typeof value === 'number') values[id] = given(value, find(`"${key}"`), `${key} ${value}`)
  }
  take('HealthCheckIntervalSeconds', 'targetGroup.healthCheckIntervalSeconds')
  take('HealthCheckTimeoutSeconds', 'targetGroup.healthCheckTimeoutSeconds')
  take('UnhealthyThresholdCount', 'targetGroup.unhealthyThreshold')
  const text: Record<string, { value: string; at: Place }> = {}
  if (typeof group.TargetType === 'string') text.TargetType = { value: group.TargetType, at: find('"TargetType"') }
  return { kind: 'target-group', name, at: find('"TargetGroups"'), values, text, remarks: [], notes: [] }
}

function health(list: readonly unknown[], find: (text: string) => Place): AwsSettings {
  const states = list.flatMap((each) => {
    const state = isRecord(each) && isRecord(each.TargetHealth) ? each.TargetHealth.State : undefined
    return typeof state === 'string' ? [state] : []
  })
  const at = find('"TargetHealthDescriptions"')
  const remarks: Remark[] = []
  const isSick = states.length > 0 && states.every((state) => state === 'unhealthy')
  if (states.length === 0)
    remarks.push({ rule: 'no-target-registered', at, message: 'no target is registered: every request gets 503' })
  else if (isSick)
    remarks.push({
      rule: 'all-targets-unhealthy',
      at,
      message: `all ${states.length} targets are unhealthy: the load balancer sends to all of them (it does not answer 503)`,
    })
  return { kind: 'target-health', name: null, at, values: {}, text: {}, remarks, notes: [] }
}

/** Resources of `terraform show -json PLAN` (planned values) or of a state. */
export function readTerraformPlan(file: SourceFile, parsed: unknown): AwsSettings[] {
  if (!isRecord(parsed)) return []
  const root = isRecord(parsed.planned_values) ? parsed.planned_values : isRecord(parsed.values) ? parsed.values : null
  if (!root) return []
  const positions = positionsOf(file.name, file.text)
  const found: AwsSettings[] = []
  const visit = (module: unknown, depth: number): void => {
    if (!isRecord(module) || depth > 32) return
    for (const resource of Array.isArray(module.resources) ? module.resources : [])
      if (isRecord(resource) && isRecord(resource.values)) {
        const at = positions.at(Math.max(0, file.text.indexOf(JSON.stringify(resource.address ?? ''))))
        const made = terraformResource(String(resource.type), String(resource.address ?? ''), resource.values, at)
        if (made) found.push(made)
      }
    for (const child of Array.isArray(module.child_modules) ? module.child_modules : []) visit(child, depth + 1)
  }
  visit(root.root_module, 0)
  return found
}

function terraformResource(
  type: string,
  address: string,
  from: Record<string, unknown>,
  at: Place,
): AwsSettings | null {
  const values: Values = {}
  const remarks: Remark[] = []
  const take = (key: string, attribute: string): void => {
    const value = from[key]
    if (typeof value === 'number' || typeof value === 'string')
      readAttribute(attribute, String(value), at, values, remarks)
  }
  const text: Record<string, { value: string; at: Place }> = {}
  if (type === 'aws_lb' || type === 'aws_alb') {
    if (from.load_balancer_type !== undefined && from.load_balancer_type !== 'application') return null
    take('idle_timeout', 'idle_timeout.timeout_seconds')
    take('client_keep_alive', 'client_keep_alive.seconds')
    return { kind: 'load-balancer', name: address, at, values, text, remarks, notes: [] }
  }
  if (type !== 'aws_lb_target_group' && type !== 'aws_alb_target_group') return null
  if (typeof from.protocol === 'string' && !/^HTTPS?$/.test(from.protocol)) return null
  take('deregistration_delay', 'deregistration_delay.timeout_seconds')
  take('slow_start', 'slow_start.duration_seconds')
  const check = Array.isArray(from.health_check) ? from.health_check[0] : undefined
  if (isRecord(check)) {
    const checks: readonly (readonly [string, SettingId])[] = [
      ['interval', 'targetGroup.healthCheckIntervalSeconds'],
      ['timeout', 'targetGroup.healthCheckTimeoutSeconds'],
      ['unhealthy_threshold', 'targetGroup.unhealthyThreshold'],
    ]
    for (const [key, id] of checks) {
      const value = check[key]
      if (typeof value === 'number') values[id] = given(value, at, `health_check.${key} = ${value}`)
    }
  }
  for (const [key, name] of [
    ['load_balancing_algorithm_type', 'load_balancing.algorithm.type'],
    ['target_type', 'TargetType'],
  ] as const)
    if (typeof from[key] === 'string') text[name] = { value: from[key], at }
  if (typeof from.slow_start === 'number') text['slow_start.duration_seconds'] = { value: String(from.slow_start), at }
  return { kind: 'target-group', name: address, at, values, text, remarks, notes: [] }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
