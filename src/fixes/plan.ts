import type { Diagnosis } from '../core/diagnosis.ts'
import type { Way } from '../settings/link.ts'
import { assumedNginxVersion } from '../settings/nginx-versions.ts'
import { compareVersions } from '../settings/servers.ts'
import type { SettingId } from '../settings/setting.ts'
import { number } from './cause-numbers.ts'
import { type Capacity, capacityOf, type KnownLoad, knownLoad, perPod } from './load.ts'
import type { ChangeId } from './setting-change.ts'
import { backlogForStall, longestUsefulQueue, nginxSlots, queueForWait, roundBacklog } from './sizing.ts'

export type Front = 'nginx' | 'haproxy' | 'none'

export interface PlanOptions {
  readonly front: Front
  readonly as: 'sidecar' | 'deployment'
  readonly nginxVersion: string | null
  /** Of the app server; null = unknown, and only flags that every version knows are written. */
  readonly appVersion: string | null
}

/** One value that the fix writes, and why. */
export interface PlannedValue {
  readonly set: ChangeId
  readonly to: number | string
  readonly from: number | null
  /** Number of the inequality in docs/timeouts.md, where one decides. */
  readonly inequality: number | null
  /** Cause of the catalogue that it removes. */
  readonly cause: string | null
  readonly basis: 'measured' | 'given' | 'default'
  readonly because: string
}

export interface FixPlan {
  readonly front: Front
  readonly as: 'sidecar' | 'deployment'
  readonly nginxVersion: string
  readonly values: ReadonlyMap<ChangeId, PlannedValue>
  readonly appServer: string | null
  readonly appPort: number
  readonly load: KnownLoad | null
  readonly capacity: Capacity | null
  /** Requests the proxy lets through to one pod at once, and how many may wait (HAProxy). */
  readonly queue: {
    readonly parallel: number
    readonly places: number
    readonly waitSeconds: number
    readonly isMeasured: boolean
  }
  /** Where a readiness probe asks that the pod did not have; null = it has one, or nothing is known to ask. */
  readonly addedReadiness: { readonly path: string | null } | null
  /** Periods that the thresholds of the probes were computed for. */
  readonly probePeriods: { readonly readiness: number; readonly liveness: number }
  readonly warnings: readonly string[]
  /** Causes of the diagnosis, most failures first. */
  readonly causes: readonly { readonly id: string; readonly failures: number }[]
}

const roundTripMargin = 15
const proxyPoolSeconds = 60
/** A stall that a diagnosis with a stalled app should survive, and one that any app has (a collection, a reload). */
const longStallSeconds = 30
const shortStallSeconds = 3
/** Causes that a rollout may have, so that its strategy is looked at. */
const rolloutCauses = [
  'no-registered-targets',
  'service-without-endpoints',
  'deregistration-race',
  'shutdown-drops-in-flight',
  'stale-endpoint-routing',
]
/** Times the CPU limit that was used up. */
const RAISED_CPU = 4
/** What AnyIO gives sync FastAPI endpoints; taken when the log shows no limit. */
const assumedParallel = 40

/** Every value for one way from the load balancer to the app. `way` is null when no files were given. */
export function planFix(diagnosis: Diagnosis, way: Way | null, options: PlanOptions): FixPlan {
  const chain = way?.chain
  const current = (id: SettingId): number | null => chain?.values[id]?.value ?? null
  const values = new Map<ChangeId, PlannedValue>()
  const warnings: string[] = []
  const causes = causesOf(diagnosis)
  const has = (...ids: readonly string[]): string | null => causes.find((cause) => ids.includes(cause.id))?.id ?? null
  const idle = idleTimeoutOf(diagnosis, way)
  const replicas = current('pod.replicas')
  const load = knownLoad(diagnosis, way?.service?.name ?? null, replicas)
  const capacity = load ? capacityOf(load) : null
  const hasProxy = options.front !== 'none' || chain?.facts.has('proxy') === true
  const put = (value: Omit<PlannedValue, 'from'> & { readonly from?: number | null }): void => {
    const from = value.from === undefined ? current(value.set as SettingId) : value.from
    values.set(value.set, { ...value, from: from !== null && Number.isFinite(from) ? from : null })
  }

  // A stalled app: requests should wait for it rather than be refused, so queues and probes must be patient.
  const stall = has(
    'service-without-endpoints',
    'listen-backlog-overflow',
    'event-loop-blocked',
    'worker-pool-exhausted',
    'event-loop-stall-resets-idle-connections',
  )
  const waitSeconds = stall ? Math.max(2, Math.floor(idle.seconds / 3)) : 2
  const connectSeconds = stall ? 5 : 1
  const stallSeconds = stall ? Math.min(longStallSeconds, Math.floor(idle.seconds / 2)) : shortStallSeconds

  const readinessPeriod = Math.max(1, current('pod.readinessPeriodSeconds') ?? 5)
  const livenessPeriod = Math.max(1, current('pod.livenessPeriodSeconds') ?? 10)

  const keepAliveCause = has('keepalive-shorter-than-idle-timeout', 'event-loop-stall-resets-idle-connections')
  const poolCause = has('upstream-keepalive-mismatch', 'nginx-upstream-prematurely-closed')
  const measured = diagnosis.settings.byTargetGroup.find((group) => group.keepAliveSeconds !== null)?.keepAliveSeconds
  const appKeepAlive = (hasProxy ? proxyPoolSeconds : Math.ceil(idle.seconds)) + roundTripMargin
  const found = measured
    ? `the log shows ${number(measured.value)} s`
    : `now ${describe(current('app.keepAliveSeconds'))}`
  if (!isNever(current('app.keepAliveSeconds')))
    put({
      set: 'app.keepAliveSeconds',
      to: Math.max(appKeepAlive, finite(current('app.keepAliveSeconds')) ?? 0),
      inequality: hasProxy ? 2 : 1,
      cause:
        (hasProxy ? poolCause : keepAliveCause) ??
        (hasProxy ? 'upstream-keepalive-mismatch' : 'keepalive-shorter-than-idle-timeout'),
      basis: measured ? 'measured' : 'default',
      because: hasProxy
        ? `above the ${proxyPoolSeconds} s the proxy pools app connections (${found})`
        : `above ${idle.said} + 5 s (${found})`,
    })
  if (hasProxy) proxyValues()
  workerValue()
  shutdownValues()
  probeValues()
  backlogValue()
  cpuValue()
  balancerValues()
  capacityWarnings()

  const appPort = way?.container?.ports[0]?.number ?? way?.container?.app?.port ?? 8000
  const queueParallel = load?.parallel ?? assumedParallel
  const queueLoad = load
    ? { ...perPod(load), parallel: queueParallel }
    : { perSecond: 1, serviceSeconds: 0.1, parallel: queueParallel }
  return {
    front: options.front,
    as: options.as,
    nginxVersion: options.nginxVersion ?? assumedNginxVersion,
    values,
    appServer: chain?.server ?? serverOf(measured?.servers),
    appPort,
    addedReadiness: way?.container?.hasReadiness === false ? { path: checkPathOf(way) } : null,
    load,
    capacity,
    queue: {
      parallel: queueParallel,
      places: Math.min(queueForWait(queueLoad, waitSeconds), 10_000),
      waitSeconds,
      isMeasured: load?.parallel !== undefined && load?.parallel !== null,
    },
    probePeriods: { readiness: readinessPeriod, liveness: livenessPeriod },
    warnings,
    causes,
  }

  function proxyValues(): void {
    put({
      set: 'proxy.keepAliveSeconds',
      to: Math.ceil(idle.seconds) + roundTripMargin,
      inequality: 1,
      cause: 'keepalive-shorter-than-idle-timeout',
      basis: idle.basis,
      because: `above ${idle.said} + 5 s`,
    })
    put({
      set: 'proxy.upstreamKeepAliveSeconds',
      to: proxyPoolSeconds,
      inequality: 2,
      cause: 'upstream-keepalive-mismatch',
      basis: 'default',
      because: `below the app's keep-alive of ${appKeepAlive} s`,
    })
    const wait = options.front === 'haproxy' || chain?.facts.has('haproxy') ? waitSeconds : 0
    // The wait in the queue has its own limit, so the margin can be smaller.
    const read = Math.max(1, Math.floor(idle.seconds - wait) - (wait > 0 ? 5 : 10))
    put({
      set: 'proxy.readTimeoutSeconds',
      to: read,
      inequality: wait > 0 ? 8 : 6,
      cause: has('target-idle-timeout', 'nginx-upstream-timeout') ?? 'target-idle-timeout',
      basis: idle.basis,
      because: `below ${idle.said}${wait > 0 ? ` less ${wait} s in the queue` : ''}: the proxy then answers 504 itself and logs why`,
    })
    put({
      set: 'proxy.connectTimeoutSeconds',
      to: connectSeconds,
      inequality: 9,
      cause: 'nginx-upstream-timeout',
      basis: 'default',
      because: stall
        ? "below the load balancer's fixed 10 s; a SYN that found a full accept queue is repeated after 1 and 3 s"
        : "far below the load balancer's fixed 10 s",
    })
    put({
      set: 'proxy.nextUpstreamTimeoutSeconds',
      to: read + connectSeconds,
      inequality: 7,
      cause: 'nginx-upstream-timeout',
      basis: idle.basis,
      because: `one try of ${connectSeconds} + ${read} s fits, and it ends before ${idle.said}`,
    })
    // nginx open source has no queue to bound.
    if (wait > 0)
      put({
        set: 'proxy.queueTimeoutSeconds',
        to: waitSeconds,
        inequality: 8,
        cause: has('worker-pool-exhausted', 'listen-backlog-overflow', 'event-loop-blocked'),
        basis: 'default',
        because: stall
          ? `a stall is waited out, for a third of ${idle.said}, the rest is the app's; after that an honest 503 is better than a 504`
          : `after ${waitSeconds} s in the queue an honest 503 is better than a 504 after a minute`,
      })
    const inFlight = load ? Math.max(load.openMost, Math.ceil(perPod(load).perSecond * load.serviceSeconds)) : 512
    const slots = 2 ** Math.ceil(Math.log2(Math.max(4096, nginxSlots(inFlight * 2, inFlight, 64))))
    put({
      set: 'proxy.workerConnections',
      to: slots,
      inequality: null,
      cause: has('proxy-sheds-idle-connections') ?? 'proxy-sheds-idle-connections',
      basis: load ? 'measured' : 'default',
      because: load
        ? `up to ${number(inFlight)} requests open at once take two slots each, idle connections of the load balancer as many again, 1/16 stays free`
        : 'no load is known; two slots per request, 1/16 stays free',
    })
    const tooBig = has('nginx-upstream-header-too-big')
    if (tooBig)
      put({
        set: 'proxy.headerBufferBytes',
        to: Math.max(16_384, finite(current('proxy.headerBufferBytes')) ?? 0),
        inequality: null,
        cause: tooBig,
        basis: 'default',
        because: 'the response head must fit into one buffer; the default is a memory page (4k or 8k)',
      })
  }

  function workerValue(): void {
    const now = finite(current('app.workerKillSeconds'))
    const killed = has('worker-timeout')
    const to = Math.max(1, Math.floor(idle.seconds) - roundTripMargin)
    if (!killed || now === null || now === 0 || now >= to) return
    put({
      set: 'app.workerKillSeconds',
      to,
      inequality: 6,
      cause: killed,
      basis: idle.basis,
      because: `below ${idle.said}: until then one slow request costs itself, at ${number(now)} s it costs everybody on its worker. A deadline of the request's own is better still`,
    })
  }

  function shutdownValues(): void {
    const slowest = load ? load.p99Seconds : null
    const preStop = Math.max(30, finite(current('pod.preStopSeconds')) ?? 0)
    const drain = Math.max(
      slowest === null ? 45 : Math.min(300, Math.max(30, Math.ceil(slowest) + 5)),
      finite(current('app.gracefulShutdownSeconds')) ?? 0,
    )
    put({
      set: 'pod.preStopSeconds',
      to: preStop,
      inequality: 12,
      cause: has('deregistration-race', 'stale-endpoint-routing', 'host-unreachable') ?? 'deregistration-race',
      basis: 'default',
      because:
        'endpoints, controller, ELB API and data plane need this long to stop sending; measure at your next rollout, then set',
    })
    // Older uvicorns end at an unknown flag, and wait without a limit anyway: the grace period is the limit.
    const server = chain?.server ?? serverOf(measured?.servers)
    const knowsFlag =
      server !== 'uvicorn' || (options.appVersion !== null && compareVersions(options.appVersion, '0.22.0') >= 0)
    if (knowsFlag || current('app.gracefulShutdownSeconds') !== null)
      put({
        set: 'app.gracefulShutdownSeconds',
        to: drain,
        inequality: 13,
        cause: 'shutdown-drops-in-flight',
        basis: slowest === null ? 'default' : 'measured',
        because: slowest === null ? 'no duration is known' : `99 of 100 requests take less than ${number(slowest)} s`,
      })
    // Containers of a pod get SIGTERM together: the proxy beside the app sleeps until the app has ended.
    const hasProxyBeside = chain?.facts.has('proxy-sidecar') === true
    const proxyEnd = preStop + drain + 2
    if (hasProxyBeside)
      put({
        set: 'proxy.preStopSeconds',
        to: Math.max(proxyEnd, finite(current('proxy.preStopSeconds')) ?? 0),
        inequality: 16,
        cause: has('nginx-upstream-refused') ?? 'shutdown-drops-in-flight',
        basis: slowest === null ? 'default' : 'measured',
        because: `${preStop} s preStop of the app + ${drain} s drain + 2 s: the proxy ends last`,
      })
    put({
      set: 'pod.gracePeriodSeconds',
      to: Math.max(preStop + drain + (hasProxyBeside ? 10 : 5), finite(current('pod.gracePeriodSeconds')) ?? 0),
      inequality: 13,
      cause: 'shutdown-drops-in-flight',
      basis: slowest === null ? 'default' : 'measured',
      because: `${preStop} s preStop + ${drain} s drain + ${hasProxyBeside ? 10 : 5} s; the grace period starts with the preStop hook`,
    })
    if (slowest !== null && (current('targetGroup.deregistrationDelaySeconds') ?? 300) < slowest)
      put({
        set: 'targetGroup.deregistrationDelaySeconds',
        to: Math.min(3600, Math.ceil(slowest * 1.2)),
        inequality: 14,
        cause: 'deregistration-delay-exceeded',
        basis: 'measured',
        because: `99 of 100 requests take less than ${number(slowest)} s`,
      })
  }

  function probeValues(): void {
    const cause = has('service-without-endpoints', 'no-registered-targets') ?? 'service-without-endpoints'
    const timeout = current('pod.readinessTimeoutSeconds')
    put({
      set: 'pod.readinessTimeoutSeconds',
      to: Math.max(3, finite(timeout) ?? 0),
      inequality: 17,
      cause,
      basis: 'default',
      because: 'a busy app answers its probe late; at 1 s it leaves the Service while it still works',
    })
    const isRejected = has('service-without-endpoints', 'no-registered-targets')
    // A busy pod that nobody asked until now must not be thrown out by the probe it gets.
    const patient = isRejected ?? (stall && way?.container?.hasReadiness === false ? stall : null)
    const patience = patient ? 60 : 0
    if (patient)
      put({
        set: 'pod.readinessFailures',
        to: Math.max(Math.ceil(patience / readinessPeriod), finite(current('pod.readinessFailures')) ?? 0),
        inequality: 17,
        cause,
        basis: isRejected ? 'measured' : 'default',
        because: `${number(readinessPeriod)} s x ${Math.ceil(patience / readinessPeriod)}: a pod that is busy for up to a minute stays in the Service and its requests wait; without endpoints kube-proxy rejects them. It trades: a dead pod stays that long as well`,
      })
    const period = livenessPeriod
    const failures = Math.max(6, Math.ceil((patience + 30) / period), Math.ceil(60 / period))
    put({
      set: 'pod.livenessFailures',
      to: Math.max(failures, finite(current('pod.livenessFailures')) ?? 0),
      inequality: 17,
      cause: 'liveness-probe-kills-busy-pod',
      basis: 'default',
      because: `${number(period)} s x ${failures} survives a stall of a minute; killing a busy pod throws its load on the others`,
    })
    put({
      set: 'pod.livenessTimeoutSeconds',
      to: Math.max(5, finite(current('pod.livenessTimeoutSeconds')) ?? 0),
      inequality: 17,
      cause: 'liveness-probe-kills-busy-pod',
      basis: 'default',
      because: 'a busy pod is not a dead one',
    })
  }

  function cpuValue(): void {
    const throttled = has('cpu-throttled-target')
    const now = way?.container?.cpuLimit ?? null
    if (!throttled || now === null) return
    put({
      set: 'pod.cpuLimit',
      to: Math.ceil(now * RAISED_CPU * 10) / 10,
      from: now,
      inequality: null,
      cause: throttled,
      basis: 'given',
      because: `at ${number(now)} CPU it was stopped in most periods, so it asks for more than twice that; how much more is not known, so four times. No limit at all is better still, with requests.cpu as measured: requests share out what there is without stopping anybody`,
    })
  }

  function backlogValue(): void {
    const now = finite(current('app.backlog'))
    const needed = load ? backlogForStall(perPod(load).perSecond, stallSeconds) : 64
    const size = roundBacklog(needed)
    if (now !== null && now >= needed && now >= 64) return
    const useful = load?.parallel ? longestUsefulQueue(perPod(load), 10) : null
    put({
      set: 'app.backlog',
      to: size,
      inequality: 19,
      cause: 'listen-backlog-overflow',
      basis: load ? 'measured' : 'default',
      because: load
        ? `${number(perPod(load).perSecond)} requests/s per pod x ${stallSeconds} s of stall = ${needed} connections${useful === null ? '' : `; a place beyond ${useful} would be answered after 10 s`}`
        : 'holds a short burst; no rate is known',
    })
    if (needed > size)
      warnings.push(
        `The accept queue would have to hold ${needed} connections; it is written as ${size}, what net.core.somaxconn of a pod allows (Linux 5.4 and later). More needs that sysctl in the pod's securityContext, and it is an unsafe one: see "Where the queue is" in README.md. Fewer or shorter stalls are the better answer.`,
      )
  }

  function balancerValues(): void {
    const busy = has('listen-backlog-overflow', 'worker-pool-exhausted', 'event-loop-blocked')
    if (busy)
      put({
        set: 'targetGroup.algorithm',
        to: 'least_outstanding_requests',
        from: null,
        inequality: null,
        cause: busy,
        basis: 'measured',
        because: 'a new request goes where fewest are open; round robin does not look',
      })
    const cold = diagnosis.findings.find((finding) => finding.cause === 'cold-start-overload')
    if (cold && busy)
      warnings.push(
        'New targets are cold as well: slow_start.duration_seconds does not go together with least_outstanding_requests, which is written here. Warm up before the readiness probe passes.',
      )
    else if (cold) slowStartValue(cold.window)
    const gone = has(
      'connection-refused',
      'host-unreachable',
      'node-removed-before-deregistration',
      'service-without-endpoints',
    )
    if (gone) {
      put({
        set: 'targetGroup.healthCheckIntervalSeconds',
        to: 5,
        inequality: 18,
        cause: gone,
        basis: 'default',
        because: `a dead target is noticed after 5 s x ${current('targetGroup.unhealthyThreshold') ?? 2} + 3 s`,
      })
      put({
        set: 'targetGroup.healthCheckTimeoutSeconds',
        to: 3,
        inequality: 9,
        cause: gone,
        basis: 'default',
        because: 'below the interval',
      })
    }
    const vanished = has('node-removed-before-deregistration', 'snat-port-race', 'snat-port-exhaustion')
    if (vanished && chain?.facts.has('instance-target')) {
      put({
        set: 'targetGroup.targetType',
        to: 'ip',
        from: null,
        inequality: null,
        cause: vanished,
        basis: 'measured',
        because:
          vanished === 'node-removed-before-deregistration'
            ? 'a node that goes then takes only its own pods with it, not the traffic it forwarded'
            : 'pods as targets are reached without MASQUERADE, so no source port of a node is needed',
      })
      warnings.push(
        'target-type ip needs pods with addresses of the VPC (the VPC CNI), and makes the controller replace the target group. If you cannot: take nodes out of the load balancer before they go (why5xx explain node-removed-before-deregistration).',
      )
    }
    const local = has('no-local-endpoint')
    if (local && way?.service?.isLocal)
      put({
        set: 'service.externalTrafficPolicy',
        to: 'Cluster',
        from: null,
        inequality: null,
        cause: local,
        basis: 'measured',
        because:
          'with Local a node without a ready pod drops every SYN; the client address is in X-Forwarded-For either way',
      })
    const emptied = has(...rolloutCauses)
    if ((emptied || way?.workload?.emptiesService) && way?.workload?.hasVolumeClaim !== true)
      put({
        set: 'deployment.maxUnavailable',
        to: 0,
        from: null,
        inequality: null,
        cause: emptied ?? 'service-without-endpoints',
        basis: 'default',
        because: 'a rollout must not take a pod away before its successor is ready',
      })
    // A second pod of a StatefulSet, or beside a volume, is a decision about data.
    const mayHaveMore = way?.workload?.kind !== 'StatefulSet' && way?.workload?.hasVolumeClaim !== true
    if (replicas === 1 && mayHaveMore)
      put({
        set: 'deployment.replicas',
        to: Math.max(2, capacity?.podsNeeded ?? 2),
        from: 1,
        inequality: null,
        cause: 'service-without-endpoints',
        basis: capacity ? 'measured' : 'default',
        because: capacity
          ? `${number(load?.totalPerSecond ?? 0)} requests/s x ${number(load?.serviceSeconds ?? 0)} s / (0.65 x ${load?.parallel}) and never one`
          : 'with one pod each restart and each missed probe is an outage',
      })
  }

  /** Linear: twice the time that targets were cold leaves them half of their share at the end of it. */
  function slowStartValue(window: Diagnosis['window']): void {
    const seconds = window ? (Date.parse(window.end) - Date.parse(window.start)) / 1000 : 0
    put({
      set: 'targetGroup.slowStartSeconds',
      to: Math.min(900, Math.max(30, Math.ceil((2 * seconds) / 30) * 30)),
      from: 0,
      inequality: null,
      cause: 'cold-start-overload',
      basis: window ? 'measured' : 'default',
      because: `new targets failed for ${Math.ceil(seconds)} s; their share grows linearly over twice that, in steps of 30 s (AWS takes 30 to 900). Without effect when all targets are new`,
    })
  }

  function capacityWarnings(): void {
    if (options.front === 'haproxy' && stall)
      warnings.push(
        `HAProxy answers 503 to what waited ${waitSeconds} s, and 504 to what the app held longer than its server timeout: it bounds a stall, it does not sit it out. If answers may be late but must come, take --front nginx.`,
      )
    if (!load) {
      warnings.push('The diagnosis has no load to size from: sizes are documented defaults.')
      return
    }
    if (!capacity) {
      if (!hasProxy) return
      warnings.push(
        `The log does not show how much one pod can do at once (no ceiling in ${number(load.openMost)} open requests): queue sizes assume ${assumedParallel}, the threads of a sync FastAPI app.`,
      )
      return
    }
    if (capacity.rho < 0.7) return
    const full = capacity.rho >= 1
    const pods = load.podsAreGiven ? `${load.pods} pods` : `${load.pods} targets`
    warnings.push(
      `Capacity: ${number(load.totalPerSecond)} requests/s x ${number(load.serviceSeconds)} s over ${pods} of ${load.parallel} at once are ${number(capacity.rho * 100)} % busy. ${
        full ? 'No queue helps: it only chooses who fails, and how late.' : 'From 70 % on waiting grows quickly.'
      } The answer is ${capacity.podsNeeded} pods (65 % busy at the peak), or faster requests.`,
    )
  }
}

function causesOf(diagnosis: Diagnosis): { readonly id: string; readonly failures: number }[] {
  const counts = new Map<string, number>()
  for (const finding of diagnosis.findings) {
    // An undetermined finding is fixed for what it may be, its first candidate.
    const id = finding.cause ?? finding.candidates[0]?.cause
    if (id) counts.set(id, (counts.get(id) ?? 0) + finding.failures)
  }
  return [...counts].map(([id, failures]) => ({ id, failures })).sort((left, right) => right.failures - left.failures)
}

function idleTimeoutOf(
  diagnosis: Diagnosis,
  way: Way | null,
): { readonly seconds: number; readonly said: string; readonly basis: PlannedValue['basis'] } {
  const written = way?.chain.values['alb.idleTimeoutSeconds']
  if (written && written.source === 'given')
    return {
      seconds: written.value,
      said: `the idle timeout of ${number(written.value)} s (your files)`,
      basis: 'given',
    }
  const inferred = diagnosis.settings.byLoadBalancer[0]?.idleTimeoutSeconds
  if (inferred && inferred.source !== 'default')
    return {
      seconds: inferred.value,
      said: `the idle timeout of ${number(inferred.value)} s (${inferred.source === 'given' ? 'given' : 'your log'})`,
      basis: inferred.source === 'given' ? 'given' : 'measured',
    }
  return { seconds: 60, said: 'the idle timeout of 60 s (default)', basis: 'default' }
}

/** The load balancer's own check path is the best guess at a path that answers. */
export function checkPathOf(way: Way): string | null {
  const path = way.ingress?.annotations.text['alb.ingress.kubernetes.io/healthcheck-path']?.value
  return path && /^\/[\w./-]*$/.test(path) ? path : null
}

function serverOf(servers: readonly string[] | undefined): string | null {
  return servers?.length === 1 ? (servers[0] ?? null) : null
}

function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null
}

/** `Infinity` = the server never closes first: nothing to mend. */
function isNever(value: number | null): boolean {
  return value === Number.POSITIVE_INFINITY
}

function describe(value: number | null): string {
  return value === null ? 'unknown' : `${number(value)} s`
}
