import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import * as z from 'zod/mini'
import { fail } from '../../core/errors.ts'
import type { Workload } from '../cluster/cluster.ts'
import type { Container, PodTemplate } from '../cluster/pod.ts'
import type { Probe } from '../cluster/prober.ts'
import type { LoadBalancerSettings, Scenario, ScenarioFix } from '../scenarios/scenario.ts'
import type { Server } from '../servers/server.ts'

const count = z.nullable(z.number())
const probeChange = z.object({ periodSeconds: z.optional(count), timeoutSeconds: count, failureThreshold: count })

/** The parts of fix.json that a scenario can take (docs/fix.md). */
const fixFile = z.object({
  schemaVersion: z.literal(1),
  app: z.object({
    server: z.nullable(z.string()),
    flags: z.record(z.string(), z.string()),
    keepAliveSeconds: count,
    backlog: count,
    gracefulShutdownSeconds: count,
    workerKillSeconds: count,
  }),
  proxy: z.nullable(
    z.object({
      kind: z.enum(['nginx', 'haproxy']),
      config: z.enum(['nginx.conf', 'haproxy.cfg']),
      listenPort: z.int(),
      appHost: z.string(),
      appPort: z.int(),
    }),
  ),
  mendedProxy: z.nullable(z.object({ kind: z.enum(['nginx', 'haproxy']), config: z.string() })),
  pod: z.object({
    preStopSeconds: count,
    gracePeriodSeconds: count,
    replicas: count,
    maxUnavailable: count,
    cpuLimit: z.optional(count),
    proxyPreStopSeconds: count,
    addedReadiness: z.nullable(z.object({ path: z.nullable(z.string()) })),
    readiness: probeChange,
    liveness: probeChange,
  }),
  loadBalancer: z.object({ idleTimeoutSeconds: count }),
  targetGroup: z.object({
    deregistrationDelaySeconds: count,
    algorithm: z.nullable(z.enum(['round_robin', 'least_outstanding_requests'])),
    slowStartSeconds: z.optional(count),
    targetType: z.nullable(z.enum(['instance', 'ip'])),
    healthCheckIntervalSeconds: count,
    healthCheckTimeoutSeconds: count,
    unhealthyThreshold: count,
  }),
  service: z.object({ externalTrafficPolicy: z.nullable(z.enum(['Cluster', 'Local'])) }),
})
type FixFile = z.infer<typeof fixFile>

/** Whether `--fix` names a folder, not a fix of the scenario. */
export function isFixFolder(path: string): boolean {
  return existsSync(join(path, 'fix.json')) && statSync(path).isDirectory()
}

/** What `why5xx fix --output DIR` wrote, as a change of a scenario: the written configuration itself runs in the pods. */
export function readFixFolder(folder: string): ScenarioFix {
  const fix = parse(folder)
  const config = fix.proxy?.config ?? fix.mendedProxy?.config
  const configuration = config === undefined ? null : readInside(folder, config)
  return {
    title: `what why5xx fix wrote into ${folder}`,
    changes: [
      ...Object.entries(fix.app.flags).map(([flag, value]) => `${fix.app.server ?? 'app'} ${flag} ${value}`),
      ...(fix.proxy ? [`${fix.proxy.kind} sidecar with ${fix.proxy.config}`] : []),
      ...(fix.mendedProxy ? [`${fix.mendedProxy.kind} with the mended ${fix.mendedProxy.config}`] : []),
      ...(fix.pod.preStopSeconds === null ? [] : [`preStop sleep ${fix.pod.preStopSeconds}`]),
    ],
    apply: (scenario) => ({
      ...scenario,
      ...(fix.targetGroup.targetType === null ? {} : { targetType: fix.targetGroup.targetType }),
      loadBalancer: balancer(scenario.loadBalancer ?? {}, fix),
      workload: {
        ...scenario.workload,
        ...(fix.service.externalTrafficPolicy === null
          ? {}
          : { externalTrafficPolicy: fix.service.externalTrafficPolicy }),
        ...(fix.pod.maxUnavailable === null ? {} : { rollout: rollout(scenario.workload, fix.pod.maxUnavailable) }),
        replicas: Math.max(scenario.workload.replicas, fix.pod.replicas ?? 0),
        template: template(scenario, fix, configuration),
      },
    }),
  }
}

function readInside(folder: string, config: string): string {
  const path = resolve(folder, config)
  if (!path.startsWith(`${resolve(folder)}/`) || !existsSync(path))
    fail('LAB_FIX_FOLDER', { folder, why: `${config} is not in it` })
  return readFileSync(path, 'utf8')
}

function rollout(before: Workload, maxUnavailable: number): NonNullable<Workload['rollout']> {
  return { ...before.rollout, maxSurge: Math.max(1, before.rollout?.maxSurge ?? 1), maxUnavailable }
}

function parse(folder: string): FixFile {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(join(folder, 'fix.json'), 'utf8'))
  } catch (cause) {
    return fail('LAB_FIX_FOLDER', { folder, why: 'fix.json is not JSON' }, { cause })
  }
  const parsed = z.safeParse(fixFile, value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    fail('LAB_FIX_FOLDER', { folder, why: `fix.json ${issue?.path.join('.')}: ${issue?.message}` })
  }
  return parsed.data
}

function template(scenario: Scenario, fix: FixFile, configuration: string | null): PodTemplate {
  const before = scenario.workload.template
  const { pod, proxy } = fix
  const drain = fix.app.gracefulShutdownSeconds ?? 0
  const apps = before.containers.map(
    (container): Container => ({
      ...container,
      server: changed(container.server, fix, configuration),
      ...(proxy && configuration !== null ? { port: proxy.appPort } : {}),
      ...preStop(container, fix),
      ...(pod.cpuLimit && container.cpuLimit !== undefined ? { cpuLimit: pod.cpuLimit } : {}),
    }),
  )
  const hasProxyAlready = before.containers.some(
    (each) => each.server.kind === 'nginx' || each.server.kind === 'haproxy',
  )
  const isFronted = proxy !== null && configuration !== null && !hasProxyAlready
  const containers: Container[] = isFronted
    ? [
        {
          name: proxy.kind,
          port: proxy.listenPort,
          server: proxyServer(proxy, configuration),
          // A native sidecar ends after the app; here it sleeps as long (inequality 16).
          preStopSeconds: (pod.preStopSeconds ?? 0) + drain + 2,
        },
        ...apps,
      ]
    : apps.map((container, index) => ({ ...container, port: before.containers[index]?.port ?? container.port }))
  const appPort = isFronted ? proxy.appPort : undefined
  return {
    ...before,
    containers,
    port: isFronted ? proxy.listenPort : before.port,
    ...readiness(before, fix, appPort),
    ...(before.liveness ? { liveness: probe(before.liveness, pod.liveness, appPort) } : {}),
    ...(pod.gracePeriodSeconds === null ? {} : { gracePeriodSeconds: pod.gracePeriodSeconds }),
  }
}

function preStop({ server }: Container, { pod }: FixFile): Pick<Container, 'preStopSeconds'> {
  const isProxy = server.kind === 'nginx' || server.kind === 'haproxy'
  const seconds = isProxy ? (pod.proxyPreStopSeconds ?? pod.preStopSeconds) : pod.preStopSeconds
  return seconds === null ? {} : { preStopSeconds: seconds }
}

/** The file as written; only the application's port is the lab's to choose. */
function proxyServer(proxy: NonNullable<FixFile['proxy']>, configuration: string): Server {
  const text = configuration.replaceAll(`${proxy.appHost}:${proxy.appPort}`, '127.0.0.1:{port}')
  if (proxy.kind === 'nginx') return { kind: 'nginx', upstream: [], location: [], configuration: text }
  return { kind: 'haproxy', maxConnections: 0, queueSeconds: 0, serverSeconds: 0, configuration: text }
}

function changed(server: Server, { app, mendedProxy }: FixFile, configuration: string | null): Server {
  if (server.kind === mendedProxy?.kind && configuration !== null) return { ...server, configuration } as Server
  const keepAliveSeconds = app.keepAliveSeconds ?? undefined
  const backlog = app.backlog ?? undefined
  if (server.kind === 'uvicorn')
    return {
      ...server,
      ...(keepAliveSeconds === undefined ? {} : { keepAliveSeconds }),
      ...(backlog === undefined ? {} : { backlog }),
      // Only where the fix knows that this version has the flag.
      ...(app.flags['--timeout-graceful-shutdown'] && app.gracefulShutdownSeconds !== null
        ? { gracefulSeconds: app.gracefulShutdownSeconds }
        : {}),
    }
  if (server.kind === 'gunicorn')
    return {
      ...server,
      ...(keepAliveSeconds === undefined ? {} : { keepAliveSeconds }),
      ...(backlog === undefined ? {} : { backlog }),
      ...(app.workerKillSeconds === null ? {} : { timeoutSeconds: app.workerKillSeconds }),
      ...(app.gracefulShutdownSeconds === null ? {} : { gracefulSeconds: app.gracefulShutdownSeconds }),
    }
  if (server.kind === 'node' && keepAliveSeconds !== undefined)
    return { ...server, keepAliveMs: keepAliveSeconds * 1000 }
  return server
}

/** The probe as changed, or the one that the fix added. */
function readiness(before: PodTemplate, { pod }: FixFile, port: number | undefined): Pick<PodTemplate, 'readiness'> {
  const added: Probe | undefined = pod.addedReadiness
    ? {
        path: pod.addedReadiness.path ?? '/',
        port: before.port,
        periodSeconds: 5,
        timeoutSeconds: 3,
        failureThreshold: 2,
        successThreshold: 1,
      }
    : undefined
  const asked = before.readiness ?? added
  return asked ? { readiness: probe(asked, pod.readiness, port) } : {}
}

function probe(before: Probe, change: FixFile['pod']['readiness'], port: number | undefined): Probe {
  return {
    ...before,
    ...(port === undefined ? {} : { port }),
    ...(change.periodSeconds ? { periodSeconds: change.periodSeconds } : {}),
    ...(change.timeoutSeconds === null ? {} : { timeoutSeconds: change.timeoutSeconds }),
    ...(change.failureThreshold === null ? {} : { failureThreshold: change.failureThreshold }),
  }
}

function balancer(before: LoadBalancerSettings, { loadBalancer, targetGroup }: FixFile): LoadBalancerSettings {
  const check = {
    ...before.healthCheck,
    ...(targetGroup.healthCheckIntervalSeconds === null
      ? {}
      : { intervalSeconds: targetGroup.healthCheckIntervalSeconds }),
    ...(targetGroup.healthCheckTimeoutSeconds === null
      ? {}
      : { timeoutSeconds: targetGroup.healthCheckTimeoutSeconds }),
    ...(targetGroup.unhealthyThreshold === null ? {} : { unhealthyCount: targetGroup.unhealthyThreshold }),
  }
  return {
    ...before,
    healthCheck: check,
    ...(loadBalancer.idleTimeoutSeconds === null ? {} : { idleTimeoutSeconds: loadBalancer.idleTimeoutSeconds }),
    ...(targetGroup.deregistrationDelaySeconds === null
      ? {}
      : { deregistrationDelaySeconds: targetGroup.deregistrationDelaySeconds }),
    ...(targetGroup.algorithm === null ? {} : { algorithm: targetGroup.algorithm }),
    ...(targetGroup.slowStartSeconds ? { slowStartSeconds: targetGroup.slowStartSeconds } : {}),
  }
}
