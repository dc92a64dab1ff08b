/** A shop on two nodes behind NodePort 30080, for tests of what Kubernetes says about its failures. */
import { makeFailures } from '../core/failure-columns.ts'
import { type Symptom, symptoms } from '../core/vocabulary.ts'
import type { Closer, Closing } from '../joins/closing.ts'
import { readDocument } from '../joins/documents.ts'
import { joinTestimonies } from '../joins/joined.ts'
import { makeSubjects, type Subjects } from '../joins/subjects.ts'
import { stamp, T0 } from './witness-shop.ts'

export const nodeA = '10.0.16.11'
export const nodeB = '10.0.16.12'

export function nodeName(address: string): string {
  return `ip-${address.replaceAll('.', '-')}.ec2.internal`
}

export interface Sent {
  readonly to: string
  readonly at: number
  readonly symptom?: Symptom
  /** Seconds until it failed. */
  readonly after?: number
}

/** Requests every `step` seconds from `from` on. */
export function every(step: number, from: number, until: number, sent: Omit<Sent, 'at'>): Sent[] {
  const count = Math.floor((until - from) / step)
  return Array.from({ length: count }, (_, n) => ({ ...sent, at: from + n * step }))
}

/** Those with a symptom failed; the others were answered. Seconds after T0. */
export function clusterSubjects(sent: readonly Sent[], port = 30_080, group = 'k8s-shop-cart-0a1b2c3d4e'): Subjects {
  const failed = sent.filter(({ symptom }) => symptom !== undefined)
  const targets = [...new Set(sent.map(({ to }) => `${to}:${port}`))]
  const failures = makeFailures()
  failures.length = failed.length
  failures.start = Float64Array.from(failed, ({ at }) => T0 + at * 1000)
  failures.end = Float64Array.from(failed, ({ at, after = 0.002 }) => T0 + (at + after) * 1000)
  failures.targetStatus = new Uint16Array(failed.length)
  failures.targetMs = new Int32Array(failed.length).fill(-1)
  failures.symptom = Uint8Array.from(failed, ({ symptom }) => symptoms.indexOf(symptom as Symptom))
  failures.flow = Int32Array.from(failed, ({ to }) => targets.indexOf(`${to}:${port}`))
  failures.traceEnd = new Uint32Array(failed.length)
  return makeSubjects({
    failures,
    flows: targets.map((target) => ({
      loadBalancer: 'app/shop/1',
      targetGroup: `arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/${group}/0123456789abcdef`,
      target,
      node: '10.0.1.11',
    })),
    routes: [],
    textOf: () => ({ request: 'GET http://shop.example:80/cart HTTP/1.1', client: null }),
    controls: sent
      .filter(({ symptom }) => symptom === undefined)
      .map(({ to, at }) => ({
        traceId: undefined,
        start: T0 + at * 1000,
        end: T0 + at * 1000 + 20,
        targetStatus: 200,
        target: `${to}:${port}`,
        receivedBytes: 0,
        sentBytes: 900,
        request: 'GET http://shop.example:80/cart HTTP/1.1',
      })),
    controlEvery: 1,
  })
}

export function judgeCluster(closer: Closer, subjects: Subjects, objects: readonly unknown[]): Closing[] {
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })
  const joined = joinTestimonies(subjects, [readDocument('kubernetes.json', 'kubernetes', text, subjects)])
  return closer(
    joined,
    Array.from({ length: subjects.failures.length }, (_, i) => i),
  )
}

/** `likely no-local-endpoint 12`, once per cause and confidence. */
export function summaryOf(closings: readonly Closing[]): string[] {
  const counts = new Map<string, number>()
  for (const { cause, confidence } of closings) {
    const key = `${confidence} ${cause}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return [...counts].map(([key, count]) => `${key} ${count}`)
}

export function service(policy: 'Cluster' | 'Local', nodePort = 30_080): unknown {
  return {
    kind: 'Service',
    metadata: { name: 'cart', namespace: 'shop' },
    spec: { type: 'NodePort', externalTrafficPolicy: policy, ports: [{ port: 80, nodePort }] },
  }
}

export function node(address: string): unknown {
  return {
    kind: 'Node',
    metadata: { name: nodeName(address) },
    status: {
      addresses: [{ type: 'InternalIP', address }],
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: stamp(-600_000) }],
    },
  }
}

export interface PodShape {
  readonly readySince?: number
  readonly isProbed?: boolean
  readonly grace?: number
  readonly ip?: string
  readonly namespace?: string
}

export function pod(
  name: string,
  host: string,
  { readySince = -600, isProbed = true, grace, ip, namespace = 'shop' }: PodShape = {},
): unknown {
  return {
    kind: 'Pod',
    metadata: { name, namespace, creationTimestamp: stamp(readySince * 1000 - 1000) },
    spec: {
      nodeName: nodeName(host),
      containers: [{ name: 'app', ...(isProbed ? { readinessProbe: { httpGet: { path: '/', port: 8000 } } } : {}) }],
      ...(grace === undefined ? {} : { terminationGracePeriodSeconds: grace }),
    },
    status: {
      hostIP: host,
      ...(ip === undefined ? {} : { podIP: ip }),
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: stamp(readySince * 1000) }],
    },
  }
}

export function podEvent(name: string, host: string, at: number, reason = 'Killing'): unknown {
  return {
    kind: 'Event',
    reason,
    message: reason === 'Killing' ? 'Stopping container app' : 'Started container app',
    involvedObject: { kind: 'Pod', name, namespace: 'shop' },
    source: { component: 'kubelet', host: nodeName(host) },
    firstTimestamp: stamp(at * 1000),
    lastTimestamp: stamp(at * 1000),
  }
}

export function nodeEvent(address: string, at: number, reason: string, message: string): unknown {
  return {
    kind: 'Event',
    reason,
    message,
    involvedObject: { kind: 'Node', name: nodeName(address) },
    source: { component: 'cluster-autoscaler' },
    firstTimestamp: stamp(at * 1000),
    lastTimestamp: stamp(at * 1000),
  }
}
