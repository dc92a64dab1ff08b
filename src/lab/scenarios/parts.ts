import type { PodTemplate } from '../cluster/pod.ts'
import type { Probe } from '../cluster/prober.ts'
import type { NginxServer, UvicornServer } from '../servers/server.ts'
import type { PoissonStream, RouteShare } from '../traffic/traffic.ts'
import { shopRoutes } from '../traffic/traffic.ts'

/** A readiness probe as most manifests have it, at half the usual period. */
export const readiness: Probe = {
  path: '/healthz',
  port: 8000,
  periodSeconds: 5,
  timeoutSeconds: 1,
  failureThreshold: 3,
  successThreshold: 1,
}

/** The shop on uvicorn, with a keep-alive above the load balancer's idle timeout unless a scenario is about that. */
export function shopPod(server: Partial<UvicornServer> = {}, rest: Partial<PodTemplate> = {}): PodTemplate {
  return {
    containers: [{ name: 'app', port: 8000, server: { kind: 'uvicorn', keepAliveSeconds: 75, ...server } }],
    port: 8000,
    readiness,
    ...rest,
  }
}

/** nginx in front of the shop in the same pod; the application listens on 9000. */
export function nginxPod(
  nginx: Partial<NginxServer>,
  app: Partial<UvicornServer> = {},
  rest: Partial<PodTemplate> = {},
): PodTemplate {
  return {
    containers: [
      {
        name: 'nginx',
        port: 8080,
        server: { kind: 'nginx', upstream: ['server 127.0.0.1:{port};'], location: [], ...nginx },
      },
      { name: 'app', port: 9000, server: { kind: 'uvicorn', keepAliveSeconds: 75, ...app } },
    ],
    port: 8080,
    readiness: { ...readiness, port: 8080 },
    ...rest,
  }
}

/** Ordinary visitors, with routes of the scenario mixed in. */
export function visitors(
  perSecond: number,
  more: readonly RouteShare[] = [],
  rest: Partial<PoissonStream> = {},
): PoissonStream {
  return { kind: 'poisson', name: 'visitors', perSecond, routes: [...shopRoutes, ...more], ...rest }
}
