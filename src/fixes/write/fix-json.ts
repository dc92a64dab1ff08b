import type { SettingId } from '../../settings/setting.ts'
import type { FixPlan } from '../plan.ts'
import type { ChangeId } from '../setting-change.ts'
import { appFlag } from './app-flags.ts'
import type { ProxyPlace } from './nginx-conf.ts'

/** What `why5xx lab run S --fix DIR` and other programs read. docs/fix.md has the fields. */
export interface FixJson {
  readonly schemaVersion: 1
  readonly front: FixPlan['front']
  readonly as: FixPlan['as']
  readonly app: {
    readonly server: string | null
    readonly flags: Readonly<Record<string, string>>
    readonly keepAliveSeconds: number | null
    readonly backlog: number | null
    readonly gracefulShutdownSeconds: number | null
    readonly workerKillSeconds: number | null
  }
  readonly proxy: {
    readonly kind: 'nginx' | 'haproxy'
    readonly version: string | null
    readonly config: string
    readonly listenPort: number
    readonly appHost: string
    readonly appPort: number
  } | null
  /** A proxy that was there already, as mended. */
  readonly mendedProxy: { readonly kind: 'nginx' | 'haproxy'; readonly config: string } | null
  readonly pod: {
    readonly preStopSeconds: number | null
    readonly gracePeriodSeconds: number | null
    readonly replicas: number | null
    readonly maxUnavailable: number | null
    /** Of the app's container, in CPUs. */
    readonly cpuLimit: number | null
    /** Of a proxy beside the app. */
    readonly proxyPreStopSeconds: number | null
    /** A probe that the pod did not have, on the app's port; `path` null = a connection is enough. */
    readonly addedReadiness: { readonly path: string | null } | null
    /** `periodSeconds` is the one that the thresholds were computed for. */
    readonly readiness: {
      readonly periodSeconds: number | null
      readonly timeoutSeconds: number | null
      readonly failureThreshold: number | null
    }
    readonly liveness: {
      readonly periodSeconds: number | null
      readonly timeoutSeconds: number | null
      readonly failureThreshold: number | null
    }
  }
  readonly loadBalancer: { readonly idleTimeoutSeconds: number | null }
  readonly targetGroup: {
    readonly deregistrationDelaySeconds: number | null
    readonly algorithm: string | null
    readonly slowStartSeconds: number | null
    readonly targetType: string | null
    readonly healthCheckIntervalSeconds: number | null
    readonly healthCheckTimeoutSeconds: number | null
    readonly unhealthyThreshold: number | null
  }
  readonly service: { readonly externalTrafficPolicy: string | null }
  readonly values: readonly object[]
  readonly warnings: readonly string[]
}

export function fixJson(
  plan: FixPlan,
  place: ProxyPlace | null,
  mended: { readonly kind: 'nginx' | 'haproxy'; readonly config: string } | null,
): FixJson {
  const numeric = (set: ChangeId): number | null => {
    const to = plan.values.get(set)?.to
    return typeof to === 'number' ? to : null
  }
  const word = (set: ChangeId): string | null => {
    const to = plan.values.get(set)?.to
    return typeof to === 'string' ? to : null
  }
  return {
    schemaVersion: 1,
    front: plan.front,
    as: plan.as,
    app: {
      server: plan.appServer,
      flags: flagsOf(plan),
      keepAliveSeconds: numeric('app.keepAliveSeconds'),
      backlog: numeric('app.backlog'),
      gracefulShutdownSeconds: numeric('app.gracefulShutdownSeconds'),
      workerKillSeconds: numeric('app.workerKillSeconds'),
    },
    proxy:
      place && plan.front !== 'none'
        ? {
            kind: plan.front,
            version: plan.front === 'nginx' ? plan.nginxVersion : null,
            config: plan.front === 'nginx' ? 'nginx.conf' : 'haproxy.cfg',
            ...place,
          }
        : null,
    mendedProxy: mended ? { kind: mended.kind, config: mended.config } : null,
    pod: {
      preStopSeconds: numeric('pod.preStopSeconds'),
      gracePeriodSeconds: numeric('pod.gracePeriodSeconds'),
      replicas: numeric('deployment.replicas'),
      maxUnavailable: numeric('deployment.maxUnavailable'),
      cpuLimit: numeric('pod.cpuLimit'),
      proxyPreStopSeconds: numeric('proxy.preStopSeconds'),
      addedReadiness: plan.addedReadiness,
      readiness: {
        periodSeconds: numeric('pod.readinessFailures') === null ? null : plan.probePeriods.readiness,
        timeoutSeconds: numeric('pod.readinessTimeoutSeconds'),
        failureThreshold: numeric('pod.readinessFailures'),
      },
      liveness: {
        periodSeconds: numeric('pod.livenessFailures') === null ? null : plan.probePeriods.liveness,
        timeoutSeconds: numeric('pod.livenessTimeoutSeconds'),
        failureThreshold: numeric('pod.livenessFailures'),
      },
    },
    loadBalancer: { idleTimeoutSeconds: numeric('alb.idleTimeoutSeconds') },
    targetGroup: {
      deregistrationDelaySeconds: numeric('targetGroup.deregistrationDelaySeconds'),
      algorithm: word('targetGroup.algorithm'),
      slowStartSeconds: numeric('targetGroup.slowStartSeconds'),
      targetType: word('targetGroup.targetType'),
      healthCheckIntervalSeconds: numeric('targetGroup.healthCheckIntervalSeconds'),
      healthCheckTimeoutSeconds: numeric('targetGroup.healthCheckTimeoutSeconds'),
      unhealthyThreshold: numeric('targetGroup.unhealthyThreshold'),
    },
    service: { externalTrafficPolicy: word('service.externalTrafficPolicy') },
    values: [...plan.values.values()],
    warnings: plan.warnings,
  }
}

function flagsOf(plan: FixPlan): Record<string, string> {
  const flags: Record<string, string> = {}
  for (const value of plan.values.values()) {
    const flag = appFlag(plan.appServer, value.set as SettingId)
    if (flag?.flag && typeof value.to === 'number') flags[flag.flag] = flag.text(value.to)
  }
  return flags
}
