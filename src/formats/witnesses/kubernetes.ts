import { asList, asObject, asText, asTime, type Json } from './json-document.ts'

export interface KubernetesEvent {
  readonly reason: string
  readonly message: string
  /** Pod, Node, Deployment ... */
  readonly kind: string
  readonly name: string
  readonly namespace: string
  /** The node whose kubelet said it, or ''. */
  readonly host: string
  readonly firstMs: number
  readonly lastMs: number
  readonly count: number
}

export interface PodState {
  readonly name: string
  readonly namespace: string
  readonly addresses: readonly string[]
  readonly node: string
  readonly hostAddresses: readonly string[]
  /** What each container was told to run; '' when its image decides. */
  readonly commands: readonly string[]
  readonly createdMs: number
  readonly graceSeconds: number
  /** Whether any container has a readiness probe. */
  readonly isProbed: boolean
  readonly isReady: boolean
  /** When readiness changed last; NaN when not said. */
  readonly readySinceMs: number
  readonly deletedMs: number
  readonly restarts: number
  readonly ends: readonly ContainerEnd[]
  readonly waiting: string | undefined
}

export interface ContainerEnd {
  readonly container: string
  readonly reason: string
  readonly exitCode: number
  readonly startedMs: number
  readonly finishedMs: number
}

export interface EndpointState {
  readonly service: string
  readonly namespace: string
  readonly endpoints: number
  readonly ready: number
  /** Nodes of the ready ones. */
  readonly readyNodes: readonly string[]
  readonly pods: readonly string[]
  readonly addresses: readonly string[]
}

export interface ServiceState {
  readonly name: string
  readonly namespace: string
  /** `externalTrafficPolicy`; Cluster when not said, as the API does. */
  readonly policy: 'Cluster' | 'Local'
  readonly nodePorts: readonly number[]
}

export interface NodeState {
  readonly name: string
  /** InternalIP. */
  readonly addresses: readonly string[]
  readonly isReady: boolean
}

export interface KubernetesFacts {
  readonly events: readonly KubernetesEvent[]
  readonly pods: readonly PodState[]
  readonly endpoints: readonly EndpointState[]
  readonly services: readonly ServiceState[]
  readonly nodes: readonly NodeState[]
  readonly others: number
}

/**
 * `kubectl get events,pods,endpointslices,services,nodes -o json`: one list of mixed kinds, one list each, or single
 * objects. Both kinds of event: core/v1 counts up, events.k8s.io/v1 has a series.
 * https://kubernetes.io/docs/reference/kubernetes-api/
 */
export function readKubernetes(values: readonly unknown[]): KubernetesFacts {
  const events: KubernetesEvent[] = []
  const pods: PodState[] = []
  const endpoints: EndpointState[] = []
  const services: ServiceState[] = []
  const nodes: NodeState[] = []
  let others = 0
  const visit = (value: unknown, listKind: string): void => {
    const object = asObject(value)
    const kind = asText(object.kind) ?? listKind
    if (Array.isArray(object.items)) {
      for (const item of object.items) visit(item, kind.replace(/List$/, ''))
      return
    }
    if (kind === 'Event') events.push(readEvent(object))
    else if (kind === 'Pod') pods.push(readPod(object))
    else if (kind === 'EndpointSlice') endpoints.push(readSlice(object))
    else if (kind === 'Service') services.push(readService(object))
    else if (kind === 'Node') nodes.push(readNode(object))
    else others++
  }
  for (const value of values) for (const each of Array.isArray(value) ? value : [value]) visit(each, '')
  return { events, pods, endpoints, services, nodes, others }
}

function readEvent(object: Json): KubernetesEvent {
  const about = asObject(object.involvedObject ?? object.regarding)
  const series = asObject(object.series)
  const created = asTime(asObject(object.metadata).creationTimestamp)
  const first = firstTime(object.firstTimestamp, object.deprecatedFirstTimestamp, object.eventTime)
  const last = firstTime(series.lastObservedTime, object.lastTimestamp, object.deprecatedLastTimestamp)
  const firstMs = Number.isNaN(first) ? created : first
  return {
    reason: asText(object.reason) ?? '',
    message: asText(object.message) ?? asText(object.note) ?? '',
    kind: asText(about.kind) ?? '',
    name: asText(about.name) ?? '',
    namespace: asText(about.namespace) ?? '',
    host: asText(asObject(object.source ?? object.deprecatedSource).host) ?? '',
    firstMs,
    lastMs: Number.isNaN(last) ? firstMs : last,
    count: Number(series.count ?? object.count ?? object.deprecatedCount ?? 1) || 1,
  }
}

function firstTime(...values: readonly unknown[]): number {
  return values.map(asTime).find((time) => !Number.isNaN(time)) ?? Number.NaN
}

function readPod(object: Json): PodState {
  const metadata = asObject(object.metadata)
  const status = asObject(object.status)
  const ready = asList(status.conditions)
    .map(asObject)
    .find((condition) => condition.type === 'Ready')
  const containers = asList(status.containerStatuses).map(asObject)
  const addresses = asList(status.podIPs).flatMap((each) => asText(asObject(each).ip) ?? [])
  const hosts = asList(status.hostIPs).flatMap((each) => asText(asObject(each).ip) ?? [])
  const ends = containers.flatMap((container) =>
    [asObject(container.lastState), asObject(container.state)].flatMap((state) => {
      if (!('terminated' in state)) return []
      const terminated = asObject(state.terminated)
      return [
        {
          container: asText(container.name) ?? '',
          reason: asText(terminated.reason) ?? '',
          exitCode: Number(terminated.exitCode ?? 0),
          startedMs: asTime(terminated.startedAt),
          finishedMs: asTime(terminated.finishedAt),
        },
      ]
    }),
  )
  const waiting = containers.map((container) => asText(asObject(asObject(container.state).waiting).reason))
  return {
    name: asText(metadata.name) ?? '',
    namespace: asText(metadata.namespace) ?? '',
    addresses: addresses.length > 0 ? addresses : [asText(status.podIP) ?? ''].filter((each) => each !== ''),
    node: asText(asObject(object.spec).nodeName) ?? '',
    hostAddresses: hosts.length > 0 ? hosts : [asText(status.hostIP) ?? ''].filter((each) => each !== ''),
    commands: asList(asObject(object.spec).containers).map(commandOf),
    createdMs: asTime(metadata.creationTimestamp),
    graceSeconds: Number(asObject(object.spec).terminationGracePeriodSeconds ?? 30),
    isProbed: asList(asObject(object.spec).containers).some((each) => asObject(each).readinessProbe !== undefined),
    isReady: ready?.status === 'True',
    readySinceMs: asTime(ready?.lastTransitionTime),
    deletedMs: asTime(metadata.deletionTimestamp),
    restarts: containers.reduce((sum, container) => sum + (Number(container.restartCount) || 0), 0),
    ends,
    waiting: waiting.find((reason) => reason !== undefined),
  }
}

function commandOf(container: unknown): string {
  const { command, args } = asObject(container)
  return [...asList(command), ...asList(args)].flatMap((word) => asText(word) ?? []).join(' ')
}

function readService(object: Json): ServiceState {
  const metadata = asObject(object.metadata)
  const spec = asObject(object.spec)
  return {
    name: asText(metadata.name) ?? '',
    namespace: asText(metadata.namespace) ?? '',
    policy: spec.externalTrafficPolicy === 'Local' ? 'Local' : 'Cluster',
    nodePorts: asList(spec.ports).flatMap((each) => {
      const port = asObject(each).nodePort
      return typeof port === 'number' ? [port] : []
    }),
  }
}

function readNode(object: Json): NodeState {
  const status = asObject(object.status)
  const ready = asList(status.conditions)
    .map(asObject)
    .find((condition) => condition.type === 'Ready')
  return {
    name: asText(asObject(object.metadata).name) ?? '',
    addresses: asList(status.addresses)
      .map(asObject)
      .flatMap((each) => (each.type === 'InternalIP' ? (asText(each.address) ?? []) : [])),
    isReady: ready?.status === 'True',
  }
}

function readSlice(object: Json): EndpointState {
  const metadata = asObject(object.metadata)
  const endpoints = asList(object.endpoints).map(asObject)
  // Absent means ready, says the API.
  const ready = endpoints.filter((each) => asObject(each.conditions).ready !== false)
  return {
    service: asText(asObject(metadata.labels)['kubernetes.io/service-name']) ?? asText(metadata.name) ?? '',
    namespace: asText(metadata.namespace) ?? '',
    endpoints: endpoints.length,
    ready: ready.length,
    readyNodes: [...new Set(ready.flatMap((each) => asText(each.nodeName) ?? []))],
    pods: endpoints.flatMap((each) => asText(asObject(each.targetRef).name) ?? []),
    addresses: endpoints.flatMap((each) => asList(each.addresses).flatMap((address) => asText(address) ?? [])),
  }
}
