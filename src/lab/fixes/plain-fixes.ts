import type { Probe } from '../cluster/prober.ts'
import type { Scenario, ScenarioFix } from '../scenarios/scenario.ts'
import type { HaproxyServer } from '../servers/server.ts'
import { addresses } from '../world/network.ts'
import { addSidecar } from './add-sidecar.ts'
import { changeServer } from './change-app.ts'

/** nginx in every pod. It answers the readiness probe itself, and keeps the load balancer's connections for 75 s. */
export const nginxSidecar: ScenarioFix = {
  title: 'nginx as a sidecar that also answers the readiness probe',
  changes: [
    'nginx sidecar: keepalive_timeout 75s, proxy_connect_timeout 5s, proxy_read_timeout 50s',
    'readinessProbe asks nginx',
    'uvicorn --backlog 2048',
  ],
  apply: (scenario) =>
    addSidecar(changeServer(scenario, 'uvicorn', { backlog: 2048 }), {
      kind: 'nginx',
      workerConnections: 4096,
      answersProbe: true,
      upstream: ['server 127.0.0.1:{port} max_fails=0;'],
      location: ['proxy_connect_timeout 5s;', 'proxy_read_timeout 50s;'],
    }),
}

/** HAProxy in every pod: few requests at once, the rest waits in a true queue with a limit. */
export const haproxyQueue: ScenarioFix = {
  title: 'HAProxy as a sidecar with a true queue',
  changes: [
    'HAProxy sidecar: maxconn 8 towards the application, timeout queue 20s, timeout server 50s',
    'readinessProbe asks HAProxy (monitor-uri)',
  ],
  apply: (scenario) =>
    addSidecar(scenario, {
      kind: 'haproxy',
      maxConnections: 8,
      queueSeconds: 20,
      serverSeconds: 50,
      answersProbe: true,
    }),
}

/** The cure where blocking code in `async def` is the disease. */
export const reportsInThreads: ScenarioFix = {
  title: 'the blocking report runs in a thread',
  changes: ['def instead of async def (or run_in_threadpool) around the blocking report'],
  apply: (scenario) => changeServer(scenario, 'uvicorn', { app: { isReportThreaded: true } }),
}

export const uvicornKeepAlive: ScenarioFix = {
  title: 'uvicorn keeps idle connections longer than the load balancer',
  changes: ['uvicorn --timeout-keep-alive 75'],
  apply: (scenario) => changeServer(scenario, 'uvicorn', { keepAliveSeconds: 75 }),
}

export const nodeKeepAlive: ScenarioFix = {
  title: 'Node keeps idle connections longer than the load balancer',
  changes: ['server.keepAliveTimeout = 75_000', 'server.headersTimeout = 80_000'],
  apply: (scenario) => changeServer(scenario, 'node', { keepAliveMs: 75_000 }),
}

export const gunicornKeepAlive: ScenarioFix = {
  title: 'gunicorn keeps idle connections longer than the load balancer',
  changes: ['gunicorn --keep-alive 75'],
  apply: (scenario) => changeServer(scenario, 'gunicorn', { keepAliveSeconds: 75 }),
}

export const nginxForKeepAlive: ScenarioFix = {
  title: 'nginx as a sidecar, with its keep-alive of 75 s towards the load balancer',
  changes: ['nginx sidecar: keepalive_timeout 75s; no keep-alive towards the application'],
  apply: (scenario) =>
    addSidecar(scenario, { kind: 'nginx', answersProbe: true, upstream: ['server 127.0.0.1:{port};'], location: [] }),
}

export const preStopSleep: ScenarioFix = {
  title: 'a preStop sleep until the load balancer has let go',
  changes: ['lifecycle.preStop: sleep 10', 'terminationGracePeriodSeconds: 30'],
  apply: (scenario) => {
    const { template } = scenario.workload
    const containers = template.containers.map((container) => ({ ...container, preStopSeconds: 10 }))
    return {
      ...scenario,
      workload: { ...scenario.workload, template: { ...template, containers, gracePeriodSeconds: 30 } },
    }
  },
}

/** Replaces nginx by HAProxy: what max_conns was meant to do. */
export const queueInsteadOfMaxConns: ScenarioFix = {
  title: 'HAProxy with a true queue instead of nginx with max_conns',
  changes: ['HAProxy instead of nginx: maxconn 3 towards the application, timeout queue 30s'],
  apply: (scenario) => replaceNginx(scenario, { maxConnections: 3, queueSeconds: 30 }),
}

/** nginx closes idle connections at a reload; HAProxy can let each of them answer once more. */
export const haproxyInsteadOfNginx: ScenarioFix = {
  title: 'HAProxy instead of nginx, reloaded as often',
  changes: ['option idle-close-on-response: an old process closes an idle connection after its next answer'],
  apply: (scenario) => replaceNginx(scenario, { maxConnections: 500, queueSeconds: 5, isIdleKept: true }),
}

function replaceNginx(
  scenario: Scenario,
  haproxy: Pick<HaproxyServer, 'maxConnections' | 'queueSeconds' | 'isIdleKept'>,
): Scenario {
  const { template } = scenario.workload
  const containers = template.containers.map((container) =>
    container.server.kind === 'nginx'
      ? {
          ...container,
          name: 'haproxy',
          server: { kind: 'haproxy', serverSeconds: 50, answersProbe: true, ...haproxy } as const,
        }
      : container,
  )
  return { ...scenario, workload: { ...scenario.workload, template: { ...template, containers } } }
}

export const moreWorkerConnections: ScenarioFix = {
  title: 'enough worker_connections',
  changes: ['worker_connections 8192'],
  apply: (scenario) => changeServer(scenario, 'nginx', { workerConnections: 8192 }),
}

export const deeperBacklog: ScenarioFix = {
  title: 'a deeper accept queue',
  changes: ['gunicorn --backlog 2048'],
  apply: (scenario) => changeServer(scenario, 'gunicorn', { backlog: 2048 }),
}

export const longerDeregistrationDelay: ScenarioFix = {
  title: 'a deregistration delay longer than the longest request',
  changes: ['deregistration_delay.timeout_seconds=20'],
  apply: (scenario) => ({
    ...scenario,
    loadBalancer: { ...scenario.loadBalancer, deregistrationDelaySeconds: 20 },
  }),
}

/** The routes that answer late become jobs. */
export const historyAsJob: ScenarioFix = {
  title: 'the slow route starts a job and answers at once',
  changes: ['202 Accepted with the address of the result instead of an answer after half a minute'],
  apply: (scenario) => changeServer(scenario, 'uvicorn', { app: { isHistoryAJob: true } }),
}

export const smallerCookies: ScenarioFix = {
  title: 'preferences in one cookie’s id, not in forty cookies',
  changes: ['a response head of 2 KB instead of 40'],
  apply: (scenario) => changeServer(scenario, 'uvicorn', { app: { headerBytes: 2000 } }),
}

export const serverWritesHead: ScenarioFix = {
  title: 'the server writes the response head',
  changes: ['response.end() instead of a head written into the socket by hand'],
  apply: (scenario) => changeServer(scenario, 'node', { app: { isHeadTheServers: true } }),
}

/** Nothing inside the cluster mends a rule outside of it. */
export const securityGroupMended: ScenarioFix = {
  title: 'the security group lets the load balancer reach every pod',
  changes: ['aws ec2 authorize-security-group-ingress … --source-group "$LOAD_BALANCER_SG"'],
  apply: (scenario) => ({ ...scenario, faults: [] }),
}

export const shallowCheck: ScenarioFix = {
  title: 'a health check that depends on nothing else',
  changes: ['healthcheck-path: /healthz, which answers from the process alone'],
  apply: (scenario) => ({
    ...scenario,
    loadBalancer: {
      ...scenario.loadBalancer,
      healthCheck: { ...scenario.loadBalancer?.healthCheck, path: '/healthz' },
    },
  }),
}

export const reloadOnce: ScenarioFix = {
  title: 'changes are collected and nginx is reloaded once',
  changes: ['one reload a minute instead of one every 0.7 s'],
  apply: (scenario) => ({ ...scenario, faults: (scenario.faults ?? []).slice(0, 1) }),
}

/** What the load asks for: no queue adds capacity. */
export const twiceThePods: ScenarioFix = {
  title: 'pods for the load: 10 requests/s x 1 s / (0.65 x 4 threads) = 4',
  changes: ['replicas: 4'],
  apply: (scenario) => ({ ...scenario, workload: { ...scenario.workload, replicas: 4 } }),
}

export const moreMemory: ScenarioFix = {
  title: 'a memory limit for the exports that run at once',
  changes: ['limits.memory: 600Mi (20 MB an export x 20 at once, and the process itself) instead of 200Mi'],
  apply: (scenario) => changeServer(scenario, 'uvicorn', { app: { memoryLimitMb: 600 } }),
}

/** Below what the nodes remember (inequality 4). */
export const idleTimeoutBelowTracking: ScenarioFix = {
  title: 'an idle timeout below what the nodes remember',
  changes: ['idle_timeout.timeout_seconds=5, below the tracking timeout of 7 s (300 below 350 s)'],
  apply: (scenario) => ({ ...scenario, loadBalancer: { ...scenario.loadBalancer, idleTimeoutSeconds: 5 } }),
}

export const limitAboveThePool: ScenarioFix = {
  title: 'a limit above the connections that the load balancer keeps idle',
  changes: ['uvicorn --limit-concurrency 200'],
  apply: (scenario) => changeServer(scenario, 'uvicorn', { limitConcurrency: 200 }),
}

/** Requests for CPU still share it out under contention; nobody is stopped. */
export const noCpuLimit: ScenarioFix = {
  title: 'no CPU limit',
  changes: ['resources.requests.cpu as measured, no resources.limits.cpu'],
  apply: (scenario) => {
    const { template } = scenario.workload
    const containers = template.containers.map(({ cpuLimit: _, ...container }) => container)
    return { ...scenario, workload: { ...scenario.workload, template: { ...template, containers } } }
  },
}

/** What a route does without its dependency is the application's to say. */
export const dependencyTimeout: ScenarioFix = {
  title: 'the ledger waits a second for its database, then answers what it knew last',
  changes: ['a timeout of 1 s around each query; on timeout the last known ledger, marked as stale'],
  apply: (scenario) => changeServer(scenario, 'uvicorn', { app: { dependencySeconds: 1 } }),
}

export const uploadDrained: ScenarioFix = {
  title: 'a refused upload is read to its end, then answered',
  changes: ["request.resume(); request.on('end', () => response.writeHead(413).end())"],
  apply: (scenario) => changeServer(scenario, 'node', { app: { isUploadDrained: true } }),
}

/** What recycling was for goes with it. */
export const noRecycling: ScenarioFix = {
  title: 'workers live as long as their pod',
  changes: ['gunicorn without --max-requests, once the leak is mended'],
  apply: (scenario) => changeServer(scenario, 'gunicorn', { maxRequests: 0 }),
}

/** Nothing inside the cluster mends a rule outside of it. */
export const networkAclMended: ScenarioFix = {
  title: 'the network ACL of the subnet lets packets to the pods and back',
  changes: ['aws ec2 create-network-acl-entry … --rule-action allow, both ways'],
  apply: (scenario) => ({ ...scenario, faults: [] }),
}

/** A new target group, as its protocol cannot be changed; the pods are those of the incident. */
export const backendProtocol: ScenarioFix = {
  title: 'the target group speaks what the pods speak',
  changes: ['alb.ingress.kubernetes.io/backend-protocol: HTTP (and healthcheck-protocol)'],
  apply: (scenario) => {
    const { template } = scenario.workload
    const containers = template.containers.map(({ server, ...container }) => ({
      ...container,
      server: server.kind === 'uvicorn' ? { ...server, isTls: false } : server,
    }))
    const { readiness, ...rest } = template
    const { scheme: _, ...probe } = readiness ?? {}
    return {
      ...scenario,
      loadBalancer: { ...scenario.loadBalancer, targetProtocol: 'http' },
      workload: {
        ...scenario.workload,
        template: { ...rest, containers, ...(readiness === undefined ? {} : { readiness: probe as Probe }) },
      },
    }
  },
}

/** A variable makes nginx before 1.27.3 ask again; the lab's name server is the cluster's DNS. */
export const resolveAgain: ScenarioFix = {
  title: 'nginx asks for the name again, every five seconds',
  changes: [
    'resolver CLUSTER_DNS valid=5s;',
    'set $app catalog.shop.svc.cluster.local; proxy_pass http://$app:9000; instead of an upstream with that name',
  ],
  apply: (scenario) =>
    changeServer(scenario, 'nginx', {
      http: [`resolver ${addresses.controlPlane} valid=5s ipv6=off;`],
      location: ['set $app catalog.shop.svc.cluster.local;', 'proxy_connect_timeout 5s;'],
      passTo: 'http://$app:9000',
    }),
}
