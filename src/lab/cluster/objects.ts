import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Scenario } from '../scenarios/scenario.ts'
import { launchCommand } from '../servers/launch.ts'
import { addresses } from '../world/network.ts'
import { type Cluster, clusterIp, nodePort } from './cluster.ts'
import type { ClusterEvent, EventRecorder } from './events.ts'
import type { ContainerState, Pod } from './pod.ts'

const namespace = 'shop'

/** Events, pods, endpoint slices, services and nodes as `kubectl get -o json` prints them. */
export function writeKubernetesObjects(
  folder: string,
  cluster: Cluster,
  behind: Cluster | undefined,
  events: EventRecorder,
  scenario: Scenario,
): void {
  const all = behind === undefined ? [cluster] : [cluster, behind]
  const lists: Readonly<Record<string, readonly unknown[]>> = {
    'events.json': events.events.map((event, index) => eventObject(event, index)),
    'pods.json': all.flatMap(({ pods, workload }) => pods.map((pod) => podObject(pod, workload.name))),
    'endpointslices.json': all.map(endpointSlice),
    'services.json': all.map((each) => serviceObject(each, scenario.targetType)),
    'nodes.json': Array.from({ length: scenario.nodes }, (_, node) => node)
      .filter((node) => !cluster.goneNodes.has(node))
      .map((node) => nodeObject(node, cluster.createdMs)),
  }
  for (const [file, items] of Object.entries(lists))
    writeFileSync(join(folder, file), `${JSON.stringify(list(items), null, 4)}\n`)
}

function list(items: readonly unknown[]): unknown {
  return { apiVersion: 'v1', items, kind: 'List', metadata: { resourceVersion: '' } }
}

function eventObject(event: ClusterEvent, index: number): unknown {
  return {
    apiVersion: 'v1',
    count: event.count,
    eventTime: null,
    firstTimestamp: seconds(event.firstMs),
    involvedObject: {
      apiVersion: event.kind === 'Deployment' ? 'apps/v1' : 'v1',
      kind: event.kind,
      name: event.name,
      namespace,
    },
    kind: 'Event',
    lastTimestamp: seconds(event.lastMs),
    message: event.message,
    metadata: {
      creationTimestamp: seconds(event.firstMs),
      name: `${event.name}.${(0x18a0000000 + index).toString(16)}`,
      namespace,
    },
    reason: event.reason,
    reportingComponent: event.component,
    reportingInstance: event.host ?? '',
    source: { component: event.component, ...(event.host === undefined ? {} : { host: event.host }) },
    type: event.type,
  }
}

function podObject(pod: Pod, app: string): unknown {
  const ready = String(pod.isReady).replace(/^./, (letter) => letter.toUpperCase())
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      creationTimestamp: seconds(pod.createdMs),
      labels: { app },
      name: pod.name,
      namespace,
    },
    spec: {
      containers: pod.containers.map((state) => containerSpec(state, pod)),
      nodeName: addresses.nodeName(pod.node),
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: pod.template.gracePeriodSeconds ?? 30,
    },
    status: {
      conditions: ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(
        (type) => ({
          lastProbeTime: null,
          lastTransitionTime: seconds(type.includes('Ready') && pod.readyMs ? pod.readyMs : pod.createdMs),
          status: type === 'Ready' || type === 'ContainersReady' ? ready : 'True',
          type,
        }),
      ),
      containerStatuses: pod.containers.map((state) => containerStatus(state, pod)),
      hostIP: addresses.node(pod.node),
      phase: 'Running',
      podIP: pod.address,
      podIPs: [{ ip: pod.address }],
      qosClass: 'Burstable',
      startTime: seconds(pod.createdMs),
    },
  }
}

function containerSpec(state: ContainerState, pod: Pod): unknown {
  const { readiness, liveness } = pod.template
  const probe = (given: typeof readiness): unknown =>
    given && {
      failureThreshold: given.failureThreshold,
      httpGet: { path: given.path, port: given.port, scheme: given.scheme ?? 'HTTP' },
      periodSeconds: given.periodSeconds,
      successThreshold: given.successThreshold,
      timeoutSeconds: given.timeoutSeconds,
    }
  const isProbed = (given: typeof readiness): boolean => given !== undefined && given.port === state.container.port
  return {
    command: launchCommand(state.container.server, state.container.port),
    image: `registry.shop.example/${state.container.server.kind}:1`,
    ...(state.container.preStopSeconds
      ? { lifecycle: { preStop: { exec: { command: ['sleep', String(state.container.preStopSeconds)] } } } }
      : {}),
    ...(isProbed(liveness) ? { livenessProbe: probe(liveness) } : {}),
    name: state.container.name,
    ports: [{ containerPort: state.container.port, protocol: 'TCP' }],
    ...(isProbed(readiness) ? { readinessProbe: probe(readiness) } : {}),
  }
}

function containerStatus(state: ContainerState, pod: Pod): unknown {
  const last = state.lastExit
  return {
    image: `registry.shop.example/${state.container.server.kind}:1`,
    lastState: last
      ? {
          terminated: {
            exitCode: last.code,
            finishedAt: seconds(last.endedMs),
            reason: last.reason,
            startedAt: seconds(last.startedMs),
          },
        }
      : {},
    name: state.container.name,
    ready: state.process !== undefined && pod.isReady,
    restartCount: state.restarts,
    started: state.process !== undefined,
    state:
      state.process !== undefined && state.startedMs !== undefined
        ? { running: { startedAt: seconds(state.startedMs) } }
        : { waiting: { reason: state.waitingReason ?? 'CrashLoopBackOff' } },
  }
}

function endpointSlice(cluster: Cluster): unknown {
  const { name, template } = cluster.workload
  return {
    addressType: 'IPv4',
    apiVersion: 'discovery.k8s.io/v1',
    endpoints: cluster.endpoints.map((pod) => ({
      addresses: [pod.address],
      conditions: { ready: pod.isServing, serving: pod.isReady, terminating: pod.isTerminating },
      nodeName: addresses.nodeName(pod.node),
      targetRef: { kind: 'Pod', name: pod.name, namespace },
    })),
    kind: 'EndpointSlice',
    metadata: { labels: { 'kubernetes.io/service-name': name }, name: `${name}-x7k2p`, namespace },
    ports: [{ name: 'http', port: template.port, protocol: 'TCP' }],
  }
}

function serviceObject({ workload, createdMs }: Cluster, targetType: Scenario['targetType']): unknown {
  const isNodePort = targetType === 'instance' && !workload.isHeadless
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { creationTimestamp: seconds(createdMs), name: workload.name, namespace },
    spec: {
      clusterIP: workload.isHeadless ? 'None' : clusterIp,
      ...(isNodePort ? { externalTrafficPolicy: workload.externalTrafficPolicy ?? 'Cluster' } : {}),
      internalTrafficPolicy: 'Cluster',
      ports: [
        {
          name: 'http',
          ...(isNodePort ? { nodePort } : {}),
          port: 80,
          protocol: 'TCP',
          targetPort: workload.template.port,
        },
      ],
      selector: { app: workload.name },
      type: isNodePort ? 'NodePort' : 'ClusterIP',
    },
  }
}

function nodeObject(node: number, createdMs: number): unknown {
  const name = addresses.nodeName(node)
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { creationTimestamp: seconds(createdMs), labels: { 'kubernetes.io/hostname': name }, name },
    status: {
      addresses: [
        { address: addresses.node(node), type: 'InternalIP' },
        { address: name, type: 'Hostname' },
      ],
      conditions: [
        {
          lastTransitionTime: seconds(createdMs),
          message: 'kubelet is posting ready status',
          reason: 'KubeletReady',
          status: 'True',
          type: 'Ready',
        },
      ],
    },
  }
}

function seconds(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19)}Z`
}
