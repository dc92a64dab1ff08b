import type { FixPlan, PlannedValue } from '../plan.ts'
import type { ChangeId } from '../setting-change.ts'
import { reason } from './reason.ts'

const loadBalancerKeys: Readonly<Partial<Record<ChangeId, string>>> = {
  'alb.idleTimeoutSeconds': 'idle_timeout.timeout_seconds',
}
const targetGroupKeys: Readonly<Partial<Record<ChangeId, string>>> = {
  'targetGroup.deregistrationDelaySeconds': 'deregistration_delay.timeout_seconds',
  'targetGroup.algorithm': 'load_balancing.algorithm.type',
  'targetGroup.slowStartSeconds': 'slow_start.duration_seconds',
}
const healthCheck: Readonly<Partial<Record<ChangeId, readonly [option: string, terraform: string]>>> = {
  'targetGroup.healthCheckIntervalSeconds': ['--health-check-interval-seconds', 'interval'],
  'targetGroup.healthCheckTimeoutSeconds': ['--health-check-timeout-seconds', 'timeout'],
  'targetGroup.unhealthyThreshold': ['--unhealthy-threshold-count', 'unhealthy_threshold'],
}
const terraformKeys: Readonly<Partial<Record<ChangeId, string>>> = {
  'targetGroup.deregistrationDelaySeconds': 'deregistration_delay',
  'targetGroup.algorithm': 'load_balancing_algorithm_type',
  'targetGroup.slowStartSeconds': 'slow_start',
}

/** AWS CLI commands; null when the plan changes nothing there. */
export function writeAwsCommands(plan: FixPlan): string | null {
  const commands: string[] = []
  const options: string[] = []
  for (const value of plan.values.values()) {
    const balancer = loadBalancerKeys[value.set]
    const group = targetGroupKeys[value.set]
    const check = healthCheck[value.set]
    if (balancer)
      commands.push(
        `# ${reason(value)}\naws elbv2 modify-load-balancer-attributes --load-balancer-arn "$LOAD_BALANCER_ARN" \\\n  --attributes Key=${balancer},Value=${text(value)}\n`,
      )
    if (group)
      commands.push(
        `# ${reason(value)}\naws elbv2 modify-target-group-attributes --target-group-arn "$TARGET_GROUP_ARN" \\\n  --attributes Key=${group},Value=${text(value)}\n`,
      )
    if (check) options.push(`# ${check[0]}: ${reason(value)}`)
  }
  const checks = [...plan.values.values()].flatMap((value) => {
    const check = healthCheck[value.set]
    return check ? [`${check[0]} ${text(value)}`] : []
  })
  if (checks.length > 0)
    commands.push(
      `${options.join('\n')}\naws elbv2 modify-target-group --target-group-arn "$TARGET_GROUP_ARN" \\\n  ${checks.join(' \\\n  ')}\n`,
    )
  if (commands.length === 0) return null
  return `#!/bin/sh
# Written by why5xx fix. Not for target groups that the AWS Load Balancer Controller manages: it sets its own values again;
# the annotations in manifests/ are for those. Set both ARNs first.
set -eu
: "\${LOAD_BALANCER_ARN:?}" "\${TARGET_GROUP_ARN:?}"

${commands.join('\n')}`
}

export function writeTerraform(plan: FixPlan): string | null {
  const balancer: string[] = []
  const group: string[] = []
  const checks: string[] = []
  for (const value of plan.values.values()) {
    if (value.set === 'alb.idleTimeoutSeconds') balancer.push(`  # ${reason(value)}\n  idle_timeout = ${text(value)}`)
    const key = terraformKeys[value.set]
    if (key)
      group.push(
        `  # ${reason(value)}\n  ${key} = ${typeof value.to === 'number' ? text(value) : JSON.stringify(text(value))}`,
      )
    const check = healthCheck[value.set]
    if (check) checks.push(`    # ${reason(value)}\n    ${check[1]} = ${text(value)}`)
  }
  if (balancer.length + group.length + checks.length === 0) return null
  const parts = ['# Written by why5xx fix: arguments to take over into your own resources.']
  if (balancer.length > 0) parts.push(`resource "aws_lb" "app" {\n${balancer.join('\n')}\n}`)
  if (checks.length > 0) group.push(`  health_check {\n${checks.join('\n')}\n  }`)
  if (group.length > 0) parts.push(`resource "aws_lb_target_group" "app" {\n${group.join('\n')}\n}`)
  return `${parts.join('\n\n')}\n`
}

/** Only numbers and names of AWS's own list get here. */
function text(value: PlannedValue): string {
  const written = String(value.to)
  if (!/^[\w.]+$/.test(written)) throw new Error(`Not an attribute value: ${written}`)
  return written
}
