import type { ChainValue, Place } from '../chain.ts'
import type { SettingId } from '../setting.ts'
import type { AppSettings } from './app-settings.ts'
import type { ProxySettings } from './proxy-settings.ts'

export type Values = Partial<Record<SettingId, ChainValue>>

export interface Container {
  readonly name: string
  readonly image: string | null
  readonly at: Place
  readonly app: AppSettings | null
  /** nginx or haproxy by image or command. */
  readonly proxyKind: 'nginx' | 'haproxy' | null
  readonly ports: readonly { readonly name: string | null; readonly number: number }[]
  readonly preStopSeconds: ChainValue | null
  /** A preStop that is no sleep we can read. */
  readonly hasOpaquePreStop: boolean
  /** Readiness and liveness. */
  readonly probes: Values
  readonly hasReadiness: boolean
  readonly readinessPath: string | null
  readonly livenessPath: string | null
  readonly livenessAt: Place | null
  readonly mountedConfigMaps: readonly string[]
  /** `restartPolicy: Always` in initContainers. */
  readonly isNativeSidecar: boolean
  /** `resources.limits.cpu`, in CPUs. */
  readonly cpuLimit: number | null
  readonly shellAt: Place | null
}

export interface Workload {
  readonly kind: string
  readonly name: string
  readonly namespace: string
  readonly at: Place
  readonly labels: ReadonlyMap<string, string>
  readonly containers: readonly Container[]
  readonly gracePeriod: ChainValue | null
  readonly replicas: ChainValue | null
  readonly strategyAt: Place | null
  /** Deployment strategy that may take every pod away at once. */
  readonly emptiesService: string | null
  /** Mounts a PersistentVolumeClaim, so that two pods at once may be impossible. */
  readonly hasVolumeClaim: boolean
  /** `maxSurge: 0`: no pod comes before one has gone. */
  readonly hasNoSurge: boolean
  readonly hasHostNetwork: boolean
}

export interface ServiceObject {
  readonly name: string
  readonly namespace: string
  readonly at: Place
  readonly type: string
  readonly typeAt: Place
  readonly selector: ReadonlyMap<string, string>
  readonly ports: readonly {
    readonly name: string | null
    readonly port: number
    readonly target: string
    readonly at: Place
  }[]
  readonly isLocal: Place | null
  readonly isHeadless: boolean
  readonly annotations: AnnotationSettings
}

export interface AnnotationSettings {
  readonly values: Values
  readonly text: Readonly<Record<string, { readonly value: string; readonly at: Place }>>
  readonly remarks: readonly { readonly rule: string; readonly at: Place; readonly message: string }[]
}

export interface IngressObject {
  readonly name: string
  readonly namespace: string
  readonly at: Place
  /** `alb`, `nginx`, or null = neither is certain. */
  readonly controller: 'alb' | 'nginx' | null
  readonly annotations: AnnotationSettings
  readonly backends: readonly { readonly service: string; readonly port: string; readonly at: Place }[]
  readonly targetType: 'instance' | 'ip' | null
}

export interface TargetGroupBinding {
  readonly name: string
  readonly namespace: string
  readonly at: Place
  readonly service: string
  readonly port: string
  readonly targetType: 'instance' | 'ip' | null
}

/** Everything the given files say, before it is linked. */
export interface KubernetesWorld {
  readonly workloads: readonly Workload[]
  readonly services: readonly ServiceObject[]
  readonly ingresses: readonly IngressObject[]
  readonly bindings: readonly TargetGroupBinding[]
  readonly proxies: readonly {
    readonly configMap: string
    readonly namespace: string
    readonly settings: ProxySettings
  }[]
  /** ConfigMap of the ingress-nginx controller. */
  readonly ingressNginx: Values
  readonly gunicornConfs: readonly { readonly configMap: string; readonly app: AppSettings }[]
}
