import type { Way } from '../../settings/link.ts'
import type { Container, Workload } from '../../settings/read/workload.ts'
import type { SettingId } from '../../settings/setting.ts'
import { checkPathOf, type FixPlan, type PlannedValue } from '../plan.ts'
import { appFlag, programsOf } from './app-flags.ts'
import { editCommand } from './edit-command.ts'
import { editYaml, type ObjectId, type Step, type YamlValue } from './edit-yaml.ts'
import { type ProxyNames, proxyContainer, proxyVolumes } from './proxy-objects.ts'
import { reason } from './reason.ts'

/** Texts by file name, changed in place by every edit. */
export type Texts = Map<string, string>

const prefix = 'alb.ingress.kubernetes.io/'

export function workloadId(workload: Workload): ObjectId {
  return { kind: workload.kind, name: workload.name, namespace: workload.namespace }
}

export function podPath(workload: Workload): readonly Step[] {
  return workload.kind === 'Pod' ? ['spec'] : ['spec', 'template', 'spec']
}

export function containerPath(workload: Workload, container: Container): readonly Step[] {
  return [...podPath(workload), container.isNativeSidecar ? 'initContainers' : 'containers', { name: container.name }]
}

function edit(
  texts: Texts,
  file: string,
  object: ObjectId,
  path: readonly Step[],
  value: YamlValue,
  comment?: string,
): boolean {
  const text = texts.get(file)
  if (text === undefined) return false
  const changed = editYaml(text, { object, path, value, ...(comment ? { comment } : {}) })
  texts.set(file, changed)
  return changed !== text
}

/** One planned value into the manifests of a way. false = this value is not set in manifests, or cannot be edited there. */
export function applyToManifests(texts: Texts, way: Way, value: PlannedValue): boolean {
  const { workload, container } = way
  if (value.set.startsWith('targetGroup.') || value.set.startsWith('alb.')) return applyToIngress(texts, way, value)
  if (!workload || !container) return false
  const object = workloadId(workload)
  const file = workload.at.file
  const set = (path: readonly Step[], to: YamlValue): boolean => edit(texts, file, object, path, to, reason(value))
  const inContainer = (path: readonly Step[], to: YamlValue): boolean =>
    set([...containerPath(workload, container), ...path], to)
  const to = value.to
  switch (value.set) {
    case 'pod.preStopSeconds':
      if (container.hasOpaquePreStop) return false
      if (container.preStopSeconds?.because.startsWith('preStop.sleep'))
        return inContainer(['lifecycle', 'preStop', 'sleep', 'seconds'], to)
      return inContainer(['lifecycle', 'preStop', 'exec', 'command'], ['sleep', String(to)])
    case 'proxy.preStopSeconds': {
      const proxy = workload.containers.find((each) => each.proxyKind !== null)
      if (!proxy) return false
      return set([...containerPath(workload, proxy), 'lifecycle', 'preStop', 'exec', 'command'], ['sleep', String(to)])
    }
    case 'pod.gracePeriodSeconds':
      return set([...podPath(workload), 'terminationGracePeriodSeconds'], to)
    case 'pod.readinessTimeoutSeconds':
      return container.hasReadiness
        ? inContainer(['readinessProbe', 'timeoutSeconds'], to)
        : addReadiness(way, container, inContainer, to)
    case 'pod.readinessFailures':
      // A probe that was added just now, or stands already: both take the number.
      return inContainer(['readinessProbe', 'failureThreshold'], to)
    case 'pod.livenessFailures':
      return container.livenessAt ? inContainer(['livenessProbe', 'failureThreshold'], to) : false
    case 'pod.livenessTimeoutSeconds':
      return container.livenessAt ? inContainer(['livenessProbe', 'timeoutSeconds'], to) : false
    case 'pod.cpuLimit':
      return inContainer(['resources', 'limits', 'cpu'], to)
    case 'deployment.replicas':
      return set(['spec', 'replicas'], to)
    case 'service.externalTrafficPolicy': {
      const { service } = way
      if (!service) return false
      const id = { kind: 'Service', name: service.name, namespace: service.namespace }
      return edit(texts, service.at.file, id, ['spec', 'externalTrafficPolicy'], to, reason(value))
    }
    default:
      return value.set.startsWith('app.') ? applyToCommand(texts, way, workload, container, value) : false
  }
}

function addReadiness(
  way: Way,
  container: Container,
  set: (path: readonly Step[], to: YamlValue) => boolean,
  timeout: YamlValue,
): boolean {
  const path = checkPathOf(way)
  const port = container.ports[0]?.name ?? container.ports[0]?.number ?? container.app?.port
  if (port === undefined || port === null) return false
  const ask: YamlValue = path === null ? { tcpSocket: { port } } : { httpGet: { path, port } }
  return set(['readinessProbe'], { ...ask, periodSeconds: 5, timeoutSeconds: timeout, failureThreshold: 2 })
}

function applyToCommand(
  texts: Texts,
  way: Way,
  workload: Workload,
  container: Container,
  value: PlannedValue,
): boolean {
  const server = way.chain.server
  const flag = appFlag(server, value.set as SettingId)
  const text = texts.get(workload.at.file)
  if (!server || !flag || text === undefined || typeof value.to !== 'number') return false
  const changed = editCommand(text, {
    object: workloadId(workload),
    container: containerPath(workload, container),
    programs: programsOf(server),
    flag,
    value: value.to,
    comment: reason(value),
  })
  if (changed === null) return false
  texts.set(workload.at.file, changed)
  return true
}

const attributeKeys: Readonly<
  Record<string, readonly ['load-balancer-attributes' | 'target-group-attributes', string]>
> = {
  'alb.idleTimeoutSeconds': ['load-balancer-attributes', 'idle_timeout.timeout_seconds'],
  'targetGroup.deregistrationDelaySeconds': ['target-group-attributes', 'deregistration_delay.timeout_seconds'],
  'targetGroup.algorithm': ['target-group-attributes', 'load_balancing.algorithm.type'],
  'targetGroup.slowStartSeconds': ['target-group-attributes', 'slow_start.duration_seconds'],
}
const annotationKeys: Readonly<Record<string, string>> = {
  'targetGroup.healthCheckIntervalSeconds': 'healthcheck-interval-seconds',
  'targetGroup.healthCheckTimeoutSeconds': 'healthcheck-timeout-seconds',
  'targetGroup.unhealthyThreshold': 'unhealthy-threshold-count',
  'targetGroup.targetType': 'target-type',
}

function applyToIngress(texts: Texts, way: Way, value: PlannedValue): boolean {
  const { ingress } = way
  if (ingress?.controller !== 'alb') return false
  const object: ObjectId = { kind: 'Ingress', name: ingress.name, namespace: ingress.namespace }
  const write = (key: string, to: string): boolean =>
    edit(texts, ingress.at.file, object, ['metadata', 'annotations', `${prefix}${key}`], to, reason(value))
  const single = annotationKeys[value.set]
  if (single) return write(single, String(value.to))
  const list = attributeKeys[value.set]
  if (!list) return false
  const [annotation, key] = list
  // Several values go into one annotation: what an earlier edit wrote must stay.
  const written =
    currentAnnotation(texts, ingress.at.file, `${prefix}${annotation}`) ??
    ingress.annotations.text[`${prefix}${annotation}`]?.value ??
    ''
  const others = written.split(',').filter((pair) => pair.trim() !== '' && pair.split('=')[0]?.trim() !== key)
  return write(annotation, [...others, `${key}=${value.to}`].join(','))
}

function currentAnnotation(texts: Texts, file: string, key: string): string | null {
  const found = new RegExp(`^\\s*${key.replaceAll('.', '\\.')}:\\s*["']?([^"'\\n#]+)`, 'm').exec(texts.get(file) ?? '')
  return found?.[1]?.trim() ?? null
}

/** Rollouts never take a pod away before its successor is ready. */
export function applyRollout(texts: Texts, workload: Workload, value: PlannedValue): void {
  // With a ReadWriteOnce claim a second pod would wait for the first one for ever.
  if (workload.kind !== 'Deployment' || workload.hasVolumeClaim) return
  const object = workloadId(workload)
  const write = (path: readonly Step[], to: YamlValue, comment?: string): boolean =>
    edit(texts, workload.at.file, object, ['spec', 'strategy', ...path], to, comment)
  if (workload.emptiesService?.startsWith('strategy Recreate'))
    write([], { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: '25%' } }, reason(value))
  else if (workload.strategyAt === null || workload.emptiesService) {
    write(['rollingUpdate', 'maxUnavailable'], 0, reason(value))
    // Both at 0 is refused: no pod may go, none may come.
    if (workload.hasNoSurge) write(['rollingUpdate', 'maxSurge'], '25%')
  }
}

/** The proxy as a native sidecar, and the Service towards it. */
export function addSidecar(texts: Texts, way: Way, plan: FixPlan, names: ProxyNames): void {
  const { workload, service } = way
  if (!workload) return
  const object = workloadId(workload)
  const file = workload.at.file
  const comment =
    'why5xx: holds the connections of the load balancer in front of the app; a native sidecar (Kubernetes 1.29) ends after it (inequality 16)'
  edit(
    texts,
    file,
    object,
    [...podPath(workload), 'initContainers', { name: 'proxy' }],
    proxyContainer(plan, true),
    comment,
  )
  for (const volume of proxyVolumes(names))
    edit(texts, file, object, [...podPath(workload), 'volumes', { name: String(volume.name) }], volume)
  if (!service) return
  const index = portIndex(way)
  edit(
    texts,
    service.at.file,
    { kind: 'Service', name: service.name, namespace: service.namespace },
    ['spec', 'ports', index, 'targetPort'],
    'proxy',
    'why5xx: through the proxy in the pod. A node port has no queue of its own: connections wait in the accept queue of what listens in the pod',
  )
}

export function portIndex(way: Way): number {
  const backend = way.ingress?.backends.find((each) => each.service === way.service?.name)
  const index =
    way.service?.ports.findIndex((port) => String(port.port) === backend?.port || port.name === backend?.port) ?? 0
  return Math.max(0, index)
}

/** `--as deployment`: the Ingress sends to the proxy's Service instead. */
export function redirectIngress(texts: Texts, way: Way, names: ProxyNames): boolean {
  const { ingress, service } = way
  if (!ingress || !service) return false
  const text = texts.get(ingress.at.file)
  if (text === undefined) return false
  let isChanged = false
  for (const backend of ingress.backends) {
    if (backend.service !== service.name) continue
    const lines = (texts.get(ingress.at.file) ?? '').split('\n')
    // The name stands in the backend's own lines; the first match from there on is it.
    for (let line = backend.at.line - 1; line < lines.length; line++) {
      const own = new RegExp(
        `(\\b(?:name|serviceName):\\s*["']?)${service.name.replaceAll('.', '\\.')}(["']?)(?=[\\s,}]|$)`,
      )
      if (!own.test(lines[line] ?? '')) continue
      lines[line] = (lines[line] ?? '').replace(own, `$1${names.proxy}$2`)
      isChanged = true
      break
    }
    texts.set(ingress.at.file, lines.join('\n'))
  }
  return isChanged
}
