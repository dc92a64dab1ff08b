import type { Hop } from '../core/vocabulary.ts'

/** One setting of one hop. `seconds` unless `unit` says otherwise. */
export interface SettingSpec {
  readonly hop: Hop | 'pod'
  /** How a sentence calls it: `the load balancer's idle timeout`. */
  readonly name: string
  readonly unit: 's' | 'count'
  /** The value when nobody says anything and no server is known; absent = unknown, rules that need it do not run. */
  readonly fallback?: number
  /** Where the fallback is documented. */
  readonly source?: string
}

const aws = 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/'
const k8s = 'https://kubernetes.io/docs/'

/** Every setting of every hop that an inequality or a fix speaks about. */
export const settings = {
  'client.poolIdleSeconds': { hop: 'client', name: 'how long the client keeps an idle connection', unit: 's' },
  'client.poolMaxAgeSeconds': { hop: 'client', name: 'how old a client connection may become', unit: 's' },
  'client.timeoutSeconds': { hop: 'client', name: "the client's timeout", unit: 's' },

  'alb.idleTimeoutSeconds': {
    hop: 'load-balancer',
    name: "the load balancer's idle timeout",
    unit: 's',
    fallback: 60,
    source: `${aws}edit-load-balancer-attributes.html`,
  },
  'alb.clientKeepAliveSeconds': {
    hop: 'load-balancer',
    name: "the load balancer's client keep-alive",
    unit: 's',
    fallback: 3600,
    source: `${aws}edit-load-balancer-attributes.html`,
  },
  'alb.connectTimeoutSeconds': {
    hop: 'load-balancer',
    name: "the load balancer's connect timeout (fixed)",
    unit: 's',
    fallback: 10,
    source: `${aws}load-balancer-troubleshooting.html`,
  },

  'targetGroup.deregistrationDelaySeconds': {
    hop: 'load-balancer',
    name: 'the deregistration delay',
    unit: 's',
    fallback: 300,
    source: `${aws}edit-target-group-attributes.html`,
  },
  'targetGroup.healthCheckIntervalSeconds': {
    hop: 'load-balancer',
    name: 'the health check interval',
    unit: 's',
    fallback: 30,
    source: `${aws}target-group-health-checks.html`,
  },
  'targetGroup.healthCheckTimeoutSeconds': {
    hop: 'load-balancer',
    name: 'the health check timeout',
    unit: 's',
    fallback: 5,
    source: `${aws}target-group-health-checks.html`,
  },
  'targetGroup.unhealthyThreshold': {
    hop: 'load-balancer',
    name: 'the unhealthy threshold',
    unit: 'count',
    fallback: 2,
    source: `${aws}target-group-health-checks.html`,
  },

  'node.connectionTrackingSeconds': {
    hop: 'network',
    name: 'how long a security group tracks an idle connection',
    unit: 's',
    fallback: 350,
    source: 'https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ConnectionTrackingConfiguration.html',
  },

  'proxy.keepAliveSeconds': { hop: 'proxy', name: "the proxy's keep-alive towards the load balancer", unit: 's' },
  'proxy.upstreamKeepAliveSeconds': {
    hop: 'proxy',
    name: "the proxy's idle time of a pooled app connection",
    unit: 's',
  },
  'proxy.connectTimeoutSeconds': { hop: 'proxy', name: "the proxy's connect timeout", unit: 's' },
  'proxy.readTimeoutSeconds': { hop: 'proxy', name: "the proxy's read timeout", unit: 's' },
  'proxy.tries': { hop: 'proxy', name: 'how often the proxy tries (0 = no limit)', unit: 'count' },
  'proxy.nextUpstreamTimeoutSeconds': {
    hop: 'proxy',
    name: 'the limit on all tries of the proxy (0 = none)',
    unit: 's',
  },
  'proxy.queueTimeoutSeconds': { hop: 'proxy', name: "the longest wait in the proxy's queue", unit: 's' },
  'proxy.preStopSeconds': { hop: 'proxy', name: "the proxy's preStop sleep", unit: 's' },
  'proxy.shutdownTimeoutSeconds': { hop: 'proxy', name: "the proxy's own shutdown limit", unit: 's' },
  'proxy.workerConnections': { hop: 'proxy', name: 'worker_connections', unit: 'count' },
  'proxy.openFiles': { hop: 'proxy', name: 'open files a worker may have', unit: 'count' },
  'proxy.headerBufferBytes': { hop: 'proxy', name: "the proxy's buffer for a response head, bytes", unit: 'count' },

  'app.keepAliveSeconds': { hop: 'application', name: "the app's keep-alive", unit: 's' },
  'app.headersTimeoutSeconds': { hop: 'application', name: "Node's headersTimeout", unit: 's' },
  'app.requestTimeoutSeconds': { hop: 'application', name: "Node's requestTimeout", unit: 's' },
  'app.dependencyTimeoutSeconds': { hop: 'application', name: "the app's timeout towards its dependencies", unit: 's' },
  'app.requestDeadlineSeconds': { hop: 'application', name: "the app's own deadline for a request", unit: 's' },
  'app.workerKillSeconds': { hop: 'application', name: 'when the arbiter kills a silent worker', unit: 's' },
  'app.gracefulShutdownSeconds': {
    hop: 'application',
    name: 'the time the app gives open requests at SIGTERM',
    unit: 's',
  },
  'app.backlog': { hop: 'application', name: "the app's listen backlog", unit: 'count' },
  'app.burstConnections': {
    hop: 'application',
    name: 'connections that arrive during a stall',
    unit: 'count',
    fallback: 64,
  },
  'app.longestStallSeconds': { hop: 'application', name: 'the longest stall of the app', unit: 's' },
  'app.longestSilenceSeconds': { hop: 'application', name: 'the longest silence within a response', unit: 's' },
  'app.slowestRequestSeconds': { hop: 'application', name: 'the slowest request (p99.9)', unit: 's' },
  'app.maxRequests': { hop: 'application', name: 'requests until a worker is recycled', unit: 'count' },
  'app.maxRequestsJitter': { hop: 'application', name: 'jitter of the recycling', unit: 'count' },

  'pod.preStopSeconds': { hop: 'pod', name: 'the preStop sleep', unit: 's' },
  'pod.gracePeriodSeconds': {
    hop: 'pod',
    name: 'terminationGracePeriodSeconds',
    unit: 's',
    fallback: 30,
    source: `${k8s}concepts/workloads/pods/pod-lifecycle/#pod-termination`,
  },
  'pod.propagationSeconds': {
    hop: 'pod',
    name: 'how long the load balancer still sends to a pod that is going',
    unit: 's',
    fallback: 30,
    source: 'https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/1065',
  },
  'pod.readinessTimeoutSeconds': {
    hop: 'pod',
    name: "the readiness probe's timeoutSeconds",
    unit: 's',
  },
  'pod.readinessPeriodSeconds': { hop: 'pod', name: "the readiness probe's periodSeconds", unit: 's' },
  'pod.readinessFailures': { hop: 'pod', name: "the readiness probe's failureThreshold", unit: 'count' },
  'pod.livenessTimeoutSeconds': { hop: 'pod', name: "the liveness probe's timeoutSeconds", unit: 's' },
  'pod.livenessPeriodSeconds': { hop: 'pod', name: "the liveness probe's periodSeconds", unit: 's' },
  'pod.livenessFailures': { hop: 'pod', name: "the liveness probe's failureThreshold", unit: 'count' },
  'pod.replicas': { hop: 'pod', name: 'replicas', unit: 'count' },
  'pod.survivableStallSeconds': { hop: 'pod', name: 'the longest stall a pod should survive', unit: 's', fallback: 30 },
  'pod.busyAnswerSeconds': {
    hop: 'pod',
    name: 'how slowly a busy app may answer its probe',
    unit: 's',
    fallback: 3,
  },
} as const satisfies Readonly<Record<string, SettingSpec>>

export type SettingId = keyof typeof settings

export function settingSpec(id: SettingId): SettingSpec {
  return settings[id]
}
