import type { FixPlan } from '../plan.ts'
import type { ChangeId } from '../setting-change.ts'
import { inBlock, type YamlValue } from './edit-yaml.ts'
import { type ProxyNames, proxyContainer, proxyVolumes } from './proxy-objects.ts'
import { reason } from './reason.ts'

/** Without manifests: a strategic merge patch for `kubectl patch --patch-file` and kustomize. */
export function writeDeploymentPatch(plan: FixPlan, names: ProxyNames): string {
  const numeric = (set: ChangeId): number | null => {
    const to = plan.values.get(set)?.to
    return typeof to === 'number' ? to : null
  }
  const preStop = numeric('pod.preStopSeconds')
  const readiness = numeric('pod.readinessTimeoutSeconds')
  const liveness = numeric('pod.livenessFailures')
  const container: Record<string, YamlValue> = { name: names.app }
  if (preStop !== null) container.lifecycle = { preStop: { exec: { command: ['sleep', String(preStop)] } } }
  if (readiness !== null)
    container.readinessProbe = {
      timeoutSeconds: readiness,
      periodSeconds: 5,
      failureThreshold: numeric('pod.readinessFailures') ?? 2,
    }
  if (liveness !== null)
    container.livenessProbe = {
      timeoutSeconds: numeric('pod.livenessTimeoutSeconds') ?? 5,
      periodSeconds: 10,
      failureThreshold: liveness,
    }
  const pod: Record<string, YamlValue> = {}
  const grace = numeric('pod.gracePeriodSeconds')
  if (grace !== null) pod.terminationGracePeriodSeconds = grace
  const hasSidecar = plan.front !== 'none' && plan.as === 'sidecar'
  if (hasSidecar) pod.initContainers = [proxyContainer(plan, true)]
  pod.containers = [container]
  if (hasSidecar) pod.volumes = proxyVolumes(names)
  const patch: YamlValue = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: names.app, namespace: names.namespace },
    spec: { strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: '25%' } }, template: { spec: pod } },
  }
  const reasons = (
    ['pod.preStopSeconds', 'pod.gracePeriodSeconds', 'pod.readinessTimeoutSeconds', 'pod.livenessFailures'] as const
  ).flatMap((set) => {
    const value = plan.values.get(set)
    return value ? [`# ${set} ${value.to}: ${reason(value)}`] : []
  })
  return `# Written by why5xx fix without your manifests: put your names in place of "${names.app}" (Deployment and container), delete the
# probes that your container does not have, then: kubectl patch deployment NAME --patch-file deployment-patch.yaml
${reasons.join('\n')}
${inBlock(patch, 0)}`
}
