import type { SettingId } from './setting.ts'

/** What a server does when nobody set anything. */
export interface ServerDefaults {
  readonly id: string
  readonly title: string
  /** Half-open range of versions, `since <= version < before`; absent = any. */
  readonly since?: string
  readonly before?: string
  readonly values: Readonly<Partial<Record<SettingId, number>>>
  /** Idle connections are never reused, so there is no race. */
  readonly neverReuses?: boolean
  /** What an operator would otherwise get wrong. */
  readonly note?: string
  readonly source: string
}

/** `Infinity` = the server never closes an idle connection by itself. First matching row wins. */
export const servers: readonly ServerDefaults[] = [
  {
    id: 'uvicorn',
    title: 'uvicorn',
    values: { 'app.keepAliveSeconds': 5, 'app.backlog': 2048 },
    note: 'Waits for open requests without a limit at SIGTERM unless --timeout-graceful-shutdown is set.',
    source: 'https://www.uvicorn.org/settings/',
  },
  {
    id: 'gunicorn-sync',
    title: 'gunicorn, sync workers',
    values: { 'app.backlog': 2048, 'app.workerKillSeconds': 30, 'app.gracefulShutdownSeconds': 30 },
    neverReuses: true,
    note: 'Answers every request with Connection: close.',
    source: 'https://docs.gunicorn.org/en/stable/settings.html',
  },
  {
    id: 'gunicorn-gthread',
    title: 'gunicorn, gthread, gevent or eventlet workers',
    values: {
      'app.keepAliveSeconds': 2,
      'app.backlog': 2048,
      'app.workerKillSeconds': 30,
      'app.gracefulShutdownSeconds': 30,
    },
    source: 'https://docs.gunicorn.org/en/stable/settings.html',
  },
  {
    id: 'gunicorn-uvicorn',
    title: 'gunicorn with UvicornWorker',
    values: {
      'app.keepAliveSeconds': 2,
      'app.backlog': 2048,
      'app.workerKillSeconds': 30,
      'app.gracefulShutdownSeconds': 30,
    },
    note: "gunicorn's 2 s overrides uvicorn's 5 s.",
    source: 'https://github.com/encode/uvicorn/blob/master/uvicorn/workers.py',
  },
  {
    id: 'hypercorn',
    title: 'hypercorn',
    values: { 'app.keepAliveSeconds': 5, 'app.backlog': 100, 'app.gracefulShutdownSeconds': 3 },
    source: 'https://hypercorn.readthedocs.io/en/latest/how_to_guides/configuring.html',
  },
  {
    id: 'node',
    title: 'Node.js',
    before: '8.0.0',
    values: { 'app.keepAliveSeconds': 120, 'app.backlog': 511 },
    source: 'https://nodejs.org/api/http.html',
  },
  {
    id: 'node',
    title: 'Node.js',
    values: {
      'app.keepAliveSeconds': 5,
      'app.headersTimeoutSeconds': 60,
      'app.requestTimeoutSeconds': 300,
      'app.backlog': 511,
    },
    note: 'Set in code, so no file shows it. Announces 5 s; Node 20.20, 22.19 and 24.6 close after 6 s.',
    source: 'https://nodejs.org/api/http.html#serverkeepalivetimeout',
  },
  {
    id: 'httpd',
    title: 'Apache httpd',
    values: { 'app.keepAliveSeconds': 5, 'app.backlog': 511 },
    source: 'https://httpd.apache.org/docs/2.4/mod/core.html#keepalivetimeout',
  },
  {
    id: 'nginx',
    title: 'nginx',
    values: { 'app.keepAliveSeconds': 75, 'app.backlog': 511 },
    source: 'https://nginx.org/en/docs/http/ngx_http_core_module.html#keepalive_timeout',
  },
  {
    id: 'spring-boot',
    title: 'Spring Boot with embedded Tomcat',
    values: { 'app.keepAliveSeconds': 60, 'app.backlog': 100 },
    note: "Tomcat's connector takes connectionTimeout (60 s): equal to the idle timeout is not longer.",
    source: 'https://tomcat.apache.org/tomcat-10.1-doc/config/http.html',
  },
  {
    id: 'tomcat',
    title: 'Tomcat (shipped server.xml)',
    values: { 'app.keepAliveSeconds': 20, 'app.backlog': 100 },
    source: 'https://tomcat.apache.org/tomcat-10.1-doc/config/http.html',
  },
  {
    id: 'jetty',
    title: 'Jetty',
    values: { 'app.keepAliveSeconds': 30 },
    source: 'https://jetty.org/docs/jetty/12/operations-guide/modules/standard.html',
  },
  {
    id: 'undertow',
    title: 'Undertow',
    values: { 'app.keepAliveSeconds': 60 },
    source: 'https://undertow.io/undertow-docs/undertow-docs-2.1.0/listeners.html',
  },
  {
    id: 'reactor-netty',
    title: 'Reactor Netty (WebFlux)',
    values: { 'app.keepAliveSeconds': Number.POSITIVE_INFINITY },
    source: 'https://projectreactor.io/docs/netty/release/reference/http-server.html',
  },
  {
    id: 'go',
    title: 'Go net/http',
    values: { 'app.keepAliveSeconds': Number.POSITIVE_INFINITY },
    note: 'IdleTimeout 0 takes ReadTimeout: setting ReadTimeout alone makes a short keep-alive.',
    source: 'https://pkg.go.dev/net/http#Server',
  },
  {
    id: 'kestrel',
    title: 'Kestrel (.NET)',
    values: { 'app.keepAliveSeconds': 130, 'app.backlog': 512 },
    source:
      'https://learn.microsoft.com/dotnet/api/microsoft.aspnetcore.server.kestrel.core.kestrelserverlimits.keepalivetimeout',
  },
  {
    id: 'puma',
    title: 'Puma',
    before: '7.0.0',
    values: { 'app.keepAliveSeconds': 20, 'app.backlog': 1024 },
    source: 'https://github.com/puma/puma/blob/master/History.md',
  },
  {
    id: 'puma',
    title: 'Puma',
    since: '7.0.0',
    values: { 'app.keepAliveSeconds': 65, 'app.backlog': 1024 },
    source: 'https://github.com/puma/puma/blob/master/History.md',
  },
  {
    id: 'fastify',
    title: 'Fastify',
    values: { 'app.keepAliveSeconds': 72, 'app.backlog': 511 },
    source: 'https://fastify.dev/docs/latest/Reference/Server/#keepalivetimeout',
  },
  {
    id: 'aiohttp',
    title: 'aiohttp run_app',
    values: { 'app.keepAliveSeconds': 75, 'app.backlog': 128 },
    source: 'https://docs.aiohttp.org/en/stable/web_reference.html#aiohttp.web.run_app',
  },
  {
    id: 'sanic',
    title: 'Sanic',
    values: { 'app.keepAliveSeconds': 120, 'app.backlog': 100 },
    source: 'https://sanic.dev/en/guide/running/configuration.html',
  },
  {
    id: 'waitress',
    title: 'Waitress',
    values: { 'app.keepAliveSeconds': 120, 'app.backlog': 1024 },
    source: 'https://docs.pylonsproject.org/projects/waitress/en/stable/arguments.html',
  },
  {
    id: 'tornado',
    title: 'Tornado',
    values: { 'app.keepAliveSeconds': 3600, 'app.backlog': 128 },
    source: 'https://www.tornadoweb.org/en/stable/httpserver.html',
  },
  {
    id: 'cowboy',
    title: 'Cowboy',
    values: { 'app.keepAliveSeconds': 60, 'app.backlog': 1024 },
    source: 'https://ninenines.eu/docs/en/cowboy/2.12/manual/cowboy_http/',
  },
  {
    id: 'actix-web',
    title: 'actix-web',
    values: { 'app.keepAliveSeconds': 5, 'app.backlog': 1024 },
    source: 'https://actix.rs/docs/server/#keep-alive',
  },
  {
    id: 'caddy',
    title: 'Caddy',
    values: { 'app.keepAliveSeconds': 300 },
    source: 'https://caddyserver.com/docs/caddyfile/options#timeouts',
  },
  {
    id: 'traefik',
    title: 'Traefik',
    values: { 'app.keepAliveSeconds': 180 },
    source: 'https://doc.traefik.io/traefik/routing/entrypoints/#transport',
  },
]

/** The row for a server, and of a version when known; the newest row otherwise. */
export function serverDefaults(id: string, version?: string | null): ServerDefaults | undefined {
  const rows = servers.filter((row) => row.id === id)
  if (!version) return rows.at(-1)
  return rows.find(
    (row) =>
      (row.since === undefined || compareVersions(version, row.since) >= 0) &&
      (row.before === undefined || compareVersions(version, row.before) < 0),
  )
}

/** Numbers between dots, missing ones are 0: `1.22` equals `1.22.0`. */
export function compareVersions(left: string, right: string): number {
  const a = left.split('.').map((part) => Number.parseInt(part, 10) || 0)
  const b = right.split('.').map((part) => Number.parseInt(part, 10) || 0)
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0)
    if (difference !== 0) return Math.sign(difference)
  }
  return 0
}

/** How long gunicorn's threads let an idle connection live beyond its keep-alive: they look at it now and then. */
const SWEEP_MS = 500

/** The default keep-alives of all servers, each once, as a connection meets them. */
export function knownKeepAlives(): readonly { readonly ms: number; readonly sweepMs: number }[] {
  const sweeps = new Map<number, number>()
  for (const row of servers) {
    const seconds = row.values['app.keepAliveSeconds']
    if (seconds === undefined || !Number.isFinite(seconds) || seconds > 130) continue
    sweeps.set(seconds * 1000, Math.max(sweeps.get(seconds * 1000) ?? 0, row.id === 'gunicorn-gthread' ? SWEEP_MS : 0))
    // Node announces 5 s and closes after 6.
    if (row.id === 'node' && seconds < 60) sweeps.set(seconds * 1000 + 1_000, 0)
  }
  return [...sweeps].map(([ms, sweepMs]) => ({ ms, sweepMs })).sort((a, b) => a.ms - b.ms)
}

/** Servers whose effective idle timeout matches one that was measured from outside. */
export function serversWithKeepAlive(seconds: number, tolerance = 0.6): readonly ServerDefaults[] {
  return servers.filter((row) => {
    const value = row.values['app.keepAliveSeconds']
    if (value === undefined || !Number.isFinite(value)) return false
    // Node announces 5 s and closes after 6.
    const isNodeBuffer = row.id === 'node' && Math.abs(seconds - (value + 1)) <= tolerance
    return Math.abs(seconds - value) <= tolerance || isNodeBuffer
  })
}
