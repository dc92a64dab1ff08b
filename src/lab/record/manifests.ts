import { nodePort } from '../cluster/cluster.ts'
import type { Container } from '../cluster/pod.ts'
import type { Probe } from '../cluster/prober.ts'
import type { LoadBalancerSettings, Scenario } from '../scenarios/scenario.ts'
import { haproxyConfiguration, launchCommand, nginxConfiguration } from '../servers/launch.ts'
import { toYaml } from './yaml.ts'

/** The scenario's set-up as an operator would have it in a repository; file name to text. */
export function manifests(scenario: Scenario): Readonly<Record<string, string>> {
  const { workload } = scenario
  const files: Record<string, string> = {
    'deployment.yaml': toYaml(deployment(scenario)),
    'service.yaml': toYaml(service(scenario)),
    'ingress.yaml': toYaml(ingress(scenario)),
  }
  const proxy = workload.template.containers.find(isProxy)
  const app = workload.template.containers.find((container) => container !== proxy)
  if (scenario.behind) {
    const behind = { ...scenario, workload: scenario.behind }
    files['behind-deployment.yaml'] = toYaml(deployment(behind))
    files['behind-service.yaml'] = toYaml(service(behind))
  }
  if (proxy) {
    const name = proxy.server.kind === 'nginx' ? 'nginx.conf' : 'haproxy.cfg'
    files['configmap.yaml'] = toYaml({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: proxyMap(scenario), namespace: 'shop' },
      data: { [name]: proxyConfiguration(proxy, app?.port ?? proxy.port) },
    })
  }
  return files
}

function proxyMap({ workload }: Scenario): string {
  return `${workload.name}-proxy`
}

function proxyConfiguration(proxy: Container, appPort: number): string {
  const { server, port } = proxy
  if (server.kind === 'nginx')
    return nginxConfiguration(server, {
      port,
      appPort,
      folder: '/tmp',
      accessLog: '/dev/stdout',
      errorLog: 'stderr',
    }).replace('user root;\n', '')
  if (server.kind === 'haproxy') return haproxyConfiguration(server, { port, appPort })
  return ''
}

function deployment(scenario: Scenario): unknown {
  const { workload } = scenario
  const { template } = workload
  const { maxSurge = 1, maxUnavailable = 0, minReadySeconds } = workload.rollout ?? {}
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: workload.name, namespace: 'shop' },
    spec: {
      replicas: workload.replicas,
      minReadySeconds,
      selector: { matchLabels: { app: workload.name } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
      template: {
        metadata: { labels: { app: workload.name } },
        spec: {
          terminationGracePeriodSeconds: template.gracePeriodSeconds ?? 30,
          containers: template.containers.map((container) => ({
            name: container.name,
            image: `registry.shop.example/${container.server.kind}:1`,
            command: launchCommand(container.server, container.port),
            ports: [{ containerPort: container.port }],
            resources: container.cpuLimit && {
              requests: { cpu: quantity(container.cpuLimit) },
              limits: { cpu: quantity(container.cpuLimit) },
            },
            lifecycle: container.preStopSeconds && {
              preStop: { exec: { command: ['sleep', String(container.preStopSeconds)] } },
            },
            readinessProbe: probe(template.readiness, container.port),
            startupProbe: template.isReadyAtOnce
              ? undefined
              : { tcpSocket: { port: container.port }, periodSeconds: 1, failureThreshold: 60 },
            livenessProbe: probe(template.liveness, container.port),
            volumeMounts: isProxy(container)
              ? [{ name: 'proxy', mountPath: `/etc/${container.server.kind}` }]
              : undefined,
          })),
          volumes: template.containers.some(isProxy)
            ? [{ name: 'proxy', configMap: { name: proxyMap(scenario) } }]
            : undefined,
        },
      },
    },
  }
}

/** `150m` */
function quantity(cpus: number): string {
  return `${Math.round(cpus * 1000)}m`
}

function isProxy({ server }: Container): boolean {
  return server.kind === 'nginx' || server.kind === 'haproxy'
}

function probe(given: Probe | undefined, port: number): unknown {
  if (!given || given.port !== port) return undefined
  const { path, scheme, periodSeconds, timeoutSeconds, failureThreshold, successThreshold } = given
  return { httpGet: { path, port, scheme }, periodSeconds, timeoutSeconds, failureThreshold, successThreshold }
}

function service({ workload, targetType }: Scenario): unknown {
  const isNodePort = targetType === 'instance' && !workload.isHeadless
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: workload.name, namespace: 'shop' },
    spec: {
      type: isNodePort ? 'NodePort' : 'ClusterIP',
      clusterIP: workload.isHeadless ? 'None' : undefined,
      externalTrafficPolicy: isNodePort ? (workload.externalTrafficPolicy ?? 'Cluster') : undefined,
      selector: { app: workload.name },
      ports: [
        { name: 'http', port: 80, targetPort: workload.template.port, nodePort: isNodePort ? nodePort : undefined },
      ],
    },
  }
}

function ingress({ workload, targetType, loadBalancer = {} }: Scenario): unknown {
  const check = loadBalancer.healthCheck ?? {}
  const prefix = 'alb.ingress.kubernetes.io'
  const group = [
    `deregistration_delay.timeout_seconds=${loadBalancer.deregistrationDelaySeconds ?? 300}`,
    `load_balancing.algorithm.type=${loadBalancer.algorithm ?? 'round_robin'}`,
    ...(loadBalancer.slowStartSeconds === undefined
      ? []
      : [`slow_start.duration_seconds=${loadBalancer.slowStartSeconds}`]),
  ]
  const attributes = [
    `idle_timeout.timeout_seconds=${loadBalancer.idleTimeoutSeconds ?? 60}`,
    ...(loadBalancer.waf ? [`waf.fail_open.enabled=${loadBalancer.waf.isFailOpen === true}`] : []),
    ...(loadBalancer.xffMode ? [`routing.http.xff_header_processing.mode=${loadBalancer.xffMode}`] : []),
  ]
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      name: workload.name,
      namespace: 'shop',
      annotations: {
        [`${prefix}/target-type`]: targetType,
        [`${prefix}/load-balancer-attributes`]: attributes.join(','),
        [`${prefix}/target-group-attributes`]: group.join(','),
        ...(loadBalancer.targetProtocol === 'https'
          ? { [`${prefix}/backend-protocol`]: 'HTTPS', [`${prefix}/healthcheck-protocol`]: 'HTTPS' }
          : {}),
        ...edgeAnnotations(loadBalancer, prefix),
        [`${prefix}/healthcheck-path`]: check.path ?? '/healthz',
        [`${prefix}/healthcheck-interval-seconds`]: String(check.intervalSeconds ?? 15),
        [`${prefix}/healthcheck-timeout-seconds`]: String(check.timeoutSeconds ?? 5),
        [`${prefix}/healthy-threshold-count`]: String(check.healthyCount ?? 2),
        [`${prefix}/unhealthy-threshold-count`]: String(check.unhealthyCount ?? 2),
      },
    },
    spec: {
      ingressClassName: 'alb',
      rules: [
        {
          host: 'www.shop.example',
          http: {
            paths: [
              { path: '/', pathType: 'Prefix', backend: { service: { name: workload.name, port: { name: 'http' } } } },
            ],
          },
        },
      ],
    },
  }
}

/** The web ACL and the login, as the load balancer controller takes them. */
function edgeAnnotations({ waf, oidc }: LoadBalancerSettings, prefix: string): Record<string, string> {
  const provider = 'https://login.shop.example'
  return {
    ...(waf
      ? { [`${prefix}/wafv2-acl-arn`]: 'arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/shop/3f1c2f0e' }
      : {}),
    ...(oidc
      ? {
          [`${prefix}/auth-type`]: 'oidc',
          [`${prefix}/auth-idp-oidc`]: JSON.stringify({
            issuer: provider,
            authorizationEndpoint: `${provider}/authorize`,
            tokenEndpoint: `${provider}/token`,
            userInfoEndpoint: `${provider}/userinfo`,
            secretName: 'oidc-client',
          }),
        }
      : {}),
  }
}
