import type { Hop } from '../core/vocabulary.ts'
import type { ChangeId } from './setting-change.ts'

/** How one server or tool spells a setting. */
export interface Way {
  /** Id of `settings/servers.ts`, or `kubernetes`, `annotation`, `aws`, `terraform`, `nginx`, `haproxy`. */
  readonly server: string
  /** Heading above the text. */
  readonly where: string
  readonly write: (value: string) => string
}

export interface Knob {
  readonly hop: Hop
  readonly title: (value: string) => string
  readonly ways: readonly Way[]
  /** How to take it back when the old value is unknown. */
  readonly undo: string
}

const tg = 'aws elbv2 modify-target-group-attributes --target-group-arn "$TARGET_GROUP_ARN" --attributes'
const lb = 'aws elbv2 modify-load-balancer-attributes --load-balancer-arn "$LOAD_BALANCER_ARN" --attributes'
const annotation = 'alb.ingress.kubernetes.io'

function targetGroupAttribute(key: string): readonly Way[] {
  return [
    {
      server: 'annotation',
      where: 'Ingress annotation (AWS Load Balancer Controller; one comma-separated list)',
      write: (value) => `${annotation}/target-group-attributes: ${key}=${value}`,
    },
    { server: 'aws', where: 'AWS CLI', write: (value) => `${tg} Key=${key},Value=${value}` },
  ]
}

function loadBalancerAttribute(key: string): readonly Way[] {
  return [
    {
      server: 'annotation',
      where: 'Ingress annotation (AWS Load Balancer Controller; one comma-separated list)',
      write: (value) => `${annotation}/load-balancer-attributes: ${key}=${value}`,
    },
    { server: 'aws', where: 'AWS CLI', write: (value) => `${lb} Key=${key},Value=${value}` },
  ]
}

function healthCheck(annotationName: string, option: string): readonly Way[] {
  return [
    {
      server: 'annotation',
      where: 'Ingress or Service annotation',
      write: (value) => `${annotation}/${annotationName}: '${value}'`,
    },
    {
      server: 'aws',
      where: 'AWS CLI',
      write: (value) => `aws elbv2 modify-target-group --target-group-arn "$TARGET_GROUP_ARN" ${option} ${value}`,
    },
  ]
}

const pod = (write: (value: string) => string): readonly Way[] => [
  { server: 'kubernetes', where: 'Pod template (Deployment)', write },
]

function nginx(directive: string, unit = ''): Way {
  return { server: 'nginx', where: 'nginx.conf', write: (value) => `${directive} ${value}${unit};` }
}

const milliseconds = (value: string): string => String(Number(value) * 1000)

/** Every setting a fix may change, and every spelling. */
export const knobs: Readonly<Partial<Record<ChangeId, Knob>>> = {
  'app.keepAliveSeconds': {
    hop: 'application',
    title: (value) => `Keep idle connections ${value} s in the app`,
    undo: 'Take the flag out again; the server falls back to its default.',
    ways: [
      { server: 'uvicorn', where: 'uvicorn', write: (value) => `uvicorn … --timeout-keep-alive ${value}` },
      {
        server: 'gunicorn-uvicorn',
        where: "gunicorn with UvicornWorker (gunicorn's value counts, not uvicorn's)",
        write: (value) => `gunicorn … --keep-alive ${value}`,
      },
      {
        server: 'gunicorn-gthread',
        where: 'gunicorn, gthread, gevent or eventlet workers',
        write: (value) => `gunicorn … --keep-alive ${value}`,
      },
      { server: 'hypercorn', where: 'hypercorn', write: (value) => `hypercorn … --keep-alive ${value}` },
      {
        server: 'node',
        where: 'Node.js, on the http.Server (Express, Koa, Nest: what listen() returns)',
        write: (value) =>
          `server.keepAliveTimeout = ${milliseconds(value)}\nserver.headersTimeout = ${milliseconds(String(Number(value) + 5))}`,
      },
      { server: 'httpd', where: 'Apache httpd', write: (value) => `KeepAliveTimeout ${value}` },
      { server: 'spring-boot', where: 'Spring Boot', write: (value) => `server.tomcat.keep-alive-timeout=${value}s` },
      {
        server: 'tomcat',
        where: 'Tomcat server.xml, <Connector>',
        write: (value) => `keepAliveTimeout="${milliseconds(value)}"`,
      },
      {
        server: 'jetty',
        where: 'Jetty (also ends a stalled request)',
        write: (value) => `jetty.http.idleTimeout=${milliseconds(value)}`,
      },
      {
        server: 'undertow',
        where: 'Spring Boot with Undertow',
        write: (value) => `server.undertow.no-request-timeout=${value}s`,
      },
      {
        server: 'go',
        where: 'Go net/http (whenever ReadTimeout is set)',
        write: (value) => `http.Server{IdleTimeout: ${value} * time.Second}`,
      },
      { server: 'puma', where: 'Puma', write: (value) => `persistent_timeout ${value}` },
      {
        server: 'actix-web',
        where: 'actix-web',
        write: (value) => `HttpServer::new(…).keep_alive(Duration::from_secs(${value}))`,
      },
    ],
  },
  'app.headersTimeoutSeconds': {
    hop: 'application',
    title: (value) => `Node: headersTimeout ${value} s, above keepAliveTimeout`,
    undo: 'Take the line out again.',
    ways: [{ server: 'node', where: 'Node.js', write: (value) => `server.headersTimeout = ${milliseconds(value)}` }],
  },
  'app.backlog': {
    hop: 'application',
    title: (value) => `A listen backlog of ${value} in the app`,
    undo: 'Take the flag out again; the server falls back to its default.',
    ways: [
      { server: 'uvicorn', where: 'uvicorn', write: (value) => `uvicorn … --backlog ${value}` },
      { server: 'gunicorn-uvicorn', where: 'gunicorn', write: (value) => `gunicorn … --backlog ${value}` },
      { server: 'hypercorn', where: 'hypercorn', write: (value) => `hypercorn … --backlog ${value}` },
      { server: 'node', where: 'Node.js', write: (value) => `server.listen({ port, backlog: ${value} })` },
      { server: 'spring-boot', where: 'Spring Boot', write: (value) => `server.tomcat.accept-count=${value}` },
      { server: 'nginx', where: 'nginx.conf', write: (value) => `listen 8080 backlog=${value};` },
    ],
  },
  'app.gracefulShutdownSeconds': {
    hop: 'application',
    title: (value) => `Give open requests ${value} s at shutdown`,
    undo: 'Take the flag out again.',
    ways: [
      {
        server: 'uvicorn',
        where: 'uvicorn 0.22 or newer (without it uvicorn waits without a limit)',
        write: (value) => `uvicorn … --timeout-graceful-shutdown ${value}`,
      },
      { server: 'gunicorn-uvicorn', where: 'gunicorn', write: (value) => `gunicorn … --graceful-timeout ${value}` },
      { server: 'hypercorn', where: 'hypercorn', write: (value) => `hypercorn … --graceful-timeout ${value}` },
      {
        server: 'node',
        where: 'Node.js (without a handler SIGTERM drops everything)',
        write: (value) =>
          `process.on('SIGTERM', () => {\n  server.close(() => process.exit(0))\n  setTimeout(() => process.exit(1), ${milliseconds(value)}).unref()\n})`,
      },
      {
        server: 'spring-boot',
        where: 'Spring Boot',
        write: (value) => `server.shutdown=graceful\nspring.lifecycle.timeout-per-shutdown-phase=${value}s`,
      },
    ],
  },
  'app.workerKillSeconds': {
    hop: 'application',
    title: (value) => `Kill a silent worker after ${value} s`,
    undo: 'Take the flag out again; gunicorn falls back to 30 s.',
    ways: [{ server: 'gunicorn-uvicorn', where: 'gunicorn', write: (value) => `gunicorn … --timeout ${value}` }],
  },
  'app.maxRequestsJitter': {
    hop: 'application',
    title: (value) => `Recycle workers at different times (jitter ${value})`,
    undo: 'Take the flag out again.',
    ways: [
      { server: 'gunicorn-uvicorn', where: 'gunicorn', write: (value) => `gunicorn … --max-requests-jitter ${value}` },
      { server: 'uvicorn', where: 'uvicorn', write: (value) => `uvicorn … --limit-max-requests-jitter ${value}` },
    ],
  },
  'alb.idleTimeoutSeconds': {
    hop: 'load-balancer',
    title: (value) => `An idle timeout of ${value} s at the load balancer`,
    undo: 'Set idle_timeout.timeout_seconds back to 60, the default.',
    ways: loadBalancerAttribute('idle_timeout.timeout_seconds'),
  },
  'targetGroup.deregistrationDelaySeconds': {
    hop: 'load-balancer',
    title: (value) => `A deregistration delay of ${value} s`,
    undo: 'Set deregistration_delay.timeout_seconds back to 300, the default.',
    ways: targetGroupAttribute('deregistration_delay.timeout_seconds'),
  },
  'targetGroup.algorithm': {
    hop: 'load-balancer',
    title: () => 'Send to the target with the fewest open requests',
    undo: 'Set load_balancing.algorithm.type back to round_robin, the default.',
    ways: targetGroupAttribute('load_balancing.algorithm.type'),
  },
  'targetGroup.slowStartSeconds': {
    hop: 'load-balancer',
    title: (value) => `Let new targets warm up for ${value} s`,
    undo: 'Set slow_start.duration_seconds back to 0, the default.',
    ways: targetGroupAttribute('slow_start.duration_seconds'),
  },
  'targetGroup.healthCheckIntervalSeconds': {
    hop: 'load-balancer',
    title: (value) => `Check each target every ${value} s`,
    undo: 'Set the interval back (the controller writes 15 s, AWS 30 s).',
    ways: healthCheck('healthcheck-interval-seconds', '--health-check-interval-seconds'),
  },
  'targetGroup.healthCheckTimeoutSeconds': {
    hop: 'load-balancer',
    title: (value) => `Wait ${value} s for a health check`,
    undo: 'Set the timeout back to 5 s, the default.',
    ways: healthCheck('healthcheck-timeout-seconds', '--health-check-timeout-seconds'),
  },
  'targetGroup.unhealthyThreshold': {
    hop: 'load-balancer',
    title: (value) => `Take a target out after ${value} failed checks`,
    undo: 'Set the threshold back to 2, the default.',
    ways: healthCheck('unhealthy-threshold-count', '--unhealthy-threshold-count'),
  },
  'targetGroup.targetType': {
    hop: 'load-balancer',
    title: () => 'Send to pods, not to node ports',
    undo: 'Set the annotation back to instance; the controller makes new target groups either way.',
    ways: [
      { server: 'annotation', where: 'Ingress annotation', write: (value) => `${annotation}/target-type: ${value}` },
    ],
  },
  'targetGroup.readinessGate': {
    hop: 'load-balancer',
    title: () => 'Hold a rollout until the load balancer sees the new pod healthy',
    undo: 'kubectl label namespace "$NAMESPACE" elbv2.k8s.aws/pod-readiness-gate-inject-',
    ways: [
      {
        server: 'kubernetes',
        where: 'Namespace label (ip targets only; Service and Ingress before the pods)',
        write: () => 'kubectl label namespace "$NAMESPACE" elbv2.k8s.aws/pod-readiness-gate-inject=enabled',
      },
    ],
  },
  'service.externalTrafficPolicy': {
    hop: 'network',
    title: () => 'Let every node forward to every pod',
    undo: 'Set externalTrafficPolicy back to Local.',
    ways: [{ server: 'kubernetes', where: 'Service', write: (value) => `externalTrafficPolicy: ${value}` }],
  },
  'pod.preStopSeconds': {
    hop: 'application',
    title: (value) => `Keep a pod serving ${value} s after it is told to go`,
    undo: 'Take the lifecycle block out again.',
    ways: pod((value) => `lifecycle:\n  preStop:\n    exec:\n      command: ["sleep", "${value}"]`),
  },
  'pod.gracePeriodSeconds': {
    hop: 'application',
    title: (value) => `A grace period of ${value} s`,
    undo: 'Take the line out again; Kubernetes falls back to 30 s.',
    ways: pod((value) => `terminationGracePeriodSeconds: ${value}`),
  },
  'pod.readinessTimeoutSeconds': {
    hop: 'application',
    title: (value) => `Wait ${value} s for the readiness probe`,
    undo: 'Take the line out again; the kubelet falls back to 1 s.',
    ways: pod((value) => `readinessProbe:\n  timeoutSeconds: ${value}`),
  },
  'pod.livenessFailures': {
    hop: 'application',
    title: (value) => `Kill a pod only after ${value} failed liveness probes`,
    undo: 'Take the lines out again; the kubelet falls back to 3 failures and 1 s.',
    ways: pod((value) => `livenessProbe:\n  failureThreshold: ${value}\n  timeoutSeconds: 5`),
  },
  'deployment.maxUnavailable': {
    hop: 'application',
    title: () => 'Never take a pod away before its successor is ready',
    undo: 'Take the strategy out again; Kubernetes falls back to 25 %.',
    ways: [
      {
        server: 'kubernetes',
        where: 'Deployment',
        write: (value) =>
          `strategy:\n  rollingUpdate:\n    maxUnavailable: ${value}\n    maxSurge: 25%\nminReadySeconds: 15`,
      },
    ],
  },
  'deployment.replicas': {
    hop: 'application',
    title: (value) => `Run at least ${value} pods`,
    undo: 'Scale back.',
    ways: [{ server: 'kubernetes', where: 'Deployment', write: (value) => `replicas: ${value}` }],
  },
  'pod.cpuLimit': {
    hop: 'application',
    title: (value) => `Let the container use ${value} CPUs`,
    undo: 'Set the limit back.',
    ways: [
      {
        server: 'kubernetes',
        where: 'Deployment, containers[]',
        write: (value) => `resources:\n  limits: { cpu: ${value} }   # or none; requests.cpu as measured`,
      },
    ],
  },
  'proxy.keepAliveSeconds': {
    hop: 'proxy',
    title: (value) => `Keep idle connections of the load balancer ${value} s in the proxy`,
    undo: 'Take the line out again; nginx falls back to 75 s.',
    ways: [
      nginx('keepalive_timeout', 's'),
      { server: 'haproxy', where: 'haproxy.cfg', write: (value) => `timeout http-keep-alive ${value}s` },
    ],
  },
  'proxy.keepAliveMinSeconds': {
    hop: 'proxy',
    title: (value) => `Keep idle connections ${value} s through reloads and shedding`,
    undo: 'Take the line out again.',
    ways: [{ ...nginx('keepalive_min_timeout', 's'), where: 'nginx.conf (nginx 1.27.4 or newer)' }],
  },
  'proxy.upstreamKeepAliveSeconds': {
    hop: 'proxy',
    title: (value) => `Drop a pooled app connection after ${value} s`,
    undo: 'Take the line out again; nginx falls back to 60 s.',
    ways: [{ ...nginx('keepalive_timeout', 's'), where: 'nginx.conf, inside upstream { }' }],
  },
  'proxy.readTimeoutSeconds': {
    hop: 'proxy',
    title: (value) => `Wait at most ${value} s for the app`,
    undo: 'Take the line out again; nginx falls back to 60 s.',
    ways: [
      nginx('proxy_read_timeout', 's'),
      { server: 'haproxy', where: 'haproxy.cfg', write: (value) => `timeout server ${value}s` },
    ],
  },
  'proxy.connectTimeoutSeconds': {
    hop: 'proxy',
    title: (value) => `Wait at most ${value} s for a connection to the app`,
    undo: 'Take the line out again; nginx falls back to 60 s.',
    ways: [
      nginx('proxy_connect_timeout', 's'),
      { server: 'haproxy', where: 'haproxy.cfg', write: (value) => `timeout connect ${value}s` },
    ],
  },
  'proxy.nextUpstreamTimeoutSeconds': {
    hop: 'proxy',
    title: (value) => `Stop retrying after ${value} s`,
    undo: 'Take the lines out again; nginx then has no limit.',
    ways: [
      {
        server: 'nginx',
        where: 'nginx.conf',
        write: (value) => `proxy_next_upstream_tries 2;\nproxy_next_upstream_timeout ${value}s;`,
      },
    ],
  },
  'proxy.queueTimeoutSeconds': {
    hop: 'proxy',
    title: (value) => `A true queue: wait at most ${value} s for a free worker, then 503`,
    undo: 'Take maxconn and timeout queue out again.',
    ways: [{ server: 'haproxy', where: 'haproxy.cfg', write: (value) => `timeout queue ${value}s` }],
  },
  'proxy.workerConnections': {
    hop: 'proxy',
    title: (value) => `${value} slots per nginx worker`,
    undo: 'Take the lines out again; nginx falls back to 512.',
    ways: [
      {
        server: 'nginx',
        where: 'nginx.conf',
        write: (value) => `worker_rlimit_nofile ${Number(value) * 2};\nevents { worker_connections ${value}; }`,
      },
    ],
  },
  'proxy.headerBufferBytes': {
    hop: 'proxy',
    title: () => 'A larger buffer for response heads',
    undo: 'Take the lines out again; nginx falls back to one memory page.',
    ways: [
      {
        server: 'nginx',
        where: 'nginx.conf',
        write: (value) =>
          `proxy_buffer_size ${Number(value) / 1024}k;\nproxy_buffers 8 32k;\nproxy_busy_buffers_size 64k;`,
      },
    ],
  },
  'proxy.maxFails': {
    hop: 'proxy',
    title: () => 'Do not ban a server for one hiccup',
    undo: 'Take max_fails out again; nginx falls back to 1 failure in 10 s.',
    ways: [
      {
        server: 'nginx',
        where: 'nginx.conf, inside upstream { }',
        write: (value) => `server APP:PORT max_fails=${value};`,
      },
    ],
  },
  'proxy.bodyBytes': {
    hop: 'proxy',
    title: (value) => `Accept request bodies up to ${Number(value) / 1_048_576} MiB`,
    undo: 'Take the line out again; nginx falls back to 1 MiB.',
    ways: [
      {
        server: 'nginx',
        where: 'nginx.conf',
        write: (value) => `client_max_body_size ${Number(value) / 1_048_576}m;`,
      },
      {
        server: 'annotation',
        where: 'ingress-nginx annotation',
        write: (value) => `nginx.ingress.kubernetes.io/proxy-body-size: ${Number(value) / 1_048_576}m`,
      },
    ],
  },
}
