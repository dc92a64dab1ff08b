import type { Diagnosis, Finding, TargetGroupSettings } from '../core/diagnosis.ts'
import { formatDecimal } from './format-number.ts'
import { formatTime } from './format-time.ts'

/** `app/NAME/ID` or `net/NAME/ID` -> NAME; a Classic load balancer is its name already. */
export function loadBalancerName(id: string): string {
  return /^(?:app|net|gwy)\/([^/]+)\//.exec(id)?.[1] ?? id
}

/** The name inside a target group's ARN. */
export function targetGroupName(arn: string): string {
  return /:targetgroup\/([^/]+)\//.exec(arn)?.[1] ?? arn
}

/** How a target group is called in prose: `shop/api` where the controller's name says so, else its name. */
export function serviceName(diagnosis: Diagnosis, targetGroup: string): string {
  const known = diagnosis.settings.byTargetGroup.find(
    (group) => group.targetGroup === targetGroup || group.name === targetGroup,
  )
  if (known?.kubernetes) return `${known.kubernetes.namespace}/${known.kubernetes.name}`
  return known?.name ?? targetGroupName(targetGroup)
}

export function balancerName(diagnosis: Diagnosis, loadBalancer: string): string {
  const known = diagnosis.settings.byLoadBalancer.find((balancer) => balancer.loadBalancer === loadBalancer)
  if (known?.kubernetes) return `${known.kubernetes.namespace}/${known.kubernetes.name}`
  return loadBalancerName(loadBalancer)
}

/** Where a finding happened, broadest first: load balancer (only where there are several), service, targets, routes. */
export function scopeParts(diagnosis: Diagnosis, finding: Finding): string[] {
  const { scope } = finding
  const parts: string[] = []
  if (diagnosis.settings.byLoadBalancer.length > 1)
    parts.push(
      few(
        scope.loadBalancers.map((balancer) => balancerName(diagnosis, balancer)),
        2,
        'load balancers',
      ),
    )
  if (scope.targetGroups)
    parts.push(
      few(
        scope.targetGroups.map((group) => serviceName(diagnosis, group)),
        2,
        'target groups',
      ),
    )
  if (scope.targets) parts.push(few(scope.targets, 3, 'targets'))
  if (scope.nodes)
    parts.push(
      few(
        scope.nodes.map((node) => `node ${node}`),
        2,
        'nodes',
      ),
    )
  if (scope.routes) parts.push(few(scope.routes, 2, 'routes'))
  // A load balancer and its one target group often share a name.
  return parts.filter((part, index) => part !== '' && parts.indexOf(part) === index)
}

function few(names: readonly string[], limit: number, many: string): string {
  if (names.length <= limit) return names.join(', ')
  return `${names.slice(0, limit - 1).join(', ')} and ${names.length - limit + 1} more ${many}`
}

/** `rollout at 10:02:11`, `health check interval 15 s`. */
export function otherSetting({ name, value, unit }: TargetGroupSettings['others'][number]): string {
  return typeof value === 'number'
    ? `${name} ${formatDecimal(value)} ${unit}`
    : `${name} at ${formatTime(value, { seconds: true })}`
}
