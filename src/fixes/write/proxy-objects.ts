import type { FixPlan } from '../plan.ts'
import type { YamlValue } from './edit-yaml.ts'

/** Names of what the fix adds, derived from a checked object name. */
export interface ProxyNames {
  readonly app: string
  readonly namespace: string
  readonly configMap: string
  readonly proxy: string
}

export function proxyNames(app: string, namespace: string): ProxyNames {
  const short = app.slice(0, 52).replace(/-+$/, '')
  return { app, namespace, configMap: `${short}-proxy`, proxy: `${short}-proxy` }
}

export const proxyPort = 8080
const user = { nginx: 101, haproxy: 99 } as const

/** The proxy as a container: unprivileged, read-only, its own probe. `isSidecar`: a native sidecar, which ends after the app. */
export function proxyContainer(plan: FixPlan, isSidecar: boolean): { readonly [key: string]: YamlValue } {
  const kind = plan.front === 'haproxy' ? 'haproxy' : 'nginx'
  const preStop = Number(plan.values.get('pod.preStopSeconds')?.to ?? 30)
  const common = {
    name: 'proxy',
    image: kind === 'nginx' ? `nginx:${plan.nginxVersion}` : 'haproxy:2.6',
    ...(isSidecar ? { restartPolicy: 'Always' } : {}),
    command:
      kind === 'nginx'
        ? ['nginx', '-c', '/etc/why5xx/nginx.conf', '-g', 'daemon off;']
        : ['haproxy', '-W', '-db', '-f', '/etc/why5xx/haproxy.cfg'],
    ports: [{ name: 'proxy', containerPort: proxyPort }],
    readinessProbe: {
      httpGet: { path: '/why5xx-proxy-health', port: 'proxy' },
      periodSeconds: 5,
      timeoutSeconds: 3,
      failureThreshold: 2,
    },
    ...(isSidecar ? {} : { lifecycle: { preStop: { exec: { command: ['sleep', String(preStop)] } } } }),
    resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '256Mi' } },
    securityContext: {
      runAsNonRoot: true,
      runAsUser: user[kind],
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [
      { name: 'why5xx-proxy', mountPath: '/etc/why5xx', readOnly: true },
      { name: 'why5xx-tmp', mountPath: '/tmp' },
    ],
  }
  return common
}

export function proxyVolumes(names: ProxyNames): readonly { readonly [key: string]: YamlValue }[] {
  return [
    { name: 'why5xx-proxy', configMap: { name: names.configMap } },
    { name: 'why5xx-tmp', emptyDir: {} },
  ]
}

export function configMapObject(names: ProxyNames, key: string, text: string): YamlValue {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: names.configMap, namespace: names.namespace },
    data: { [key]: text },
  }
}

export function disruptionBudget(
  names: ProxyNames,
  app: string,
  labels: { readonly [key: string]: YamlValue },
): YamlValue {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: app, namespace: names.namespace },
    spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
  }
}

/** `--as deployment`: a Deployment in between, and its Service of the same kind as the app's. */
export function proxyDeployment(plan: FixPlan, names: ProxyNames): YamlValue {
  const labels = { app: names.proxy }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: names.proxy, namespace: names.namespace },
    spec: {
      replicas: 2,
      strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: '25%' } },
      minReadySeconds: 15,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: Number(plan.values.get('pod.gracePeriodSeconds')?.to ?? 80),
          containers: [proxyContainer(plan, false)],
          volumes: proxyVolumes(names),
        },
      },
    },
  }
}

export function proxyService(names: ProxyNames, type: string, port: number, portName: string | null): YamlValue {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: names.proxy, namespace: names.namespace },
    spec: {
      type,
      selector: { app: names.proxy },
      ports: [{ ...(portName ? { name: portName } : {}), port, targetPort: 'proxy' }],
    },
  }
}
